"""What holds for every test."""

import os

import pytest
from hypothesis import HealthCheck, settings

# How fast a machine makes examples says nothing of the code. In CI the examples are the same every time; developers
# look at new ones with each run.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("default"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")

# Every run tells which answers of the contract it has seen.
pytest_plugins = ["tests.contract.recorder"]


@pytest.fixture(scope="session", autouse=True)
def no_settings_of_the_machine() -> None:
    """What a developer has in the environment must not decide how tests end."""
    for name in [name for name in os.environ if name.startswith("APP_")]:
        del os.environ[name]
