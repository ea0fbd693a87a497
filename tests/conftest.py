"""What holds for every test."""

import os

import pytest

# Every run tells which answers of the contract it has seen.
pytest_plugins = ["tests.contract.recorder"]


@pytest.fixture(scope="session", autouse=True)
def no_settings_of_the_machine() -> None:
    """What a developer has in the environment must not decide how tests end."""
    for name in [name for name in os.environ if name.startswith("APP_")]:
        del os.environ[name]
