"""Generated packages for every test of the generator; each contract is generated once per worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.contracts import Contracts, Package, importable

FOLDER = Path(__file__).parent / "contracts"


@pytest.fixture(scope="session")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contracts]:
    folder = tmp_path_factory.mktemp("contracts")
    with importable(folder):
        yield Contracts(folder)


@pytest.fixture
def package(contracts: Contracts) -> Callable[[str], Package]:
    """The package of a behaviour's contract in `contracts/`."""
    return lambda name: contracts.file(FOLDER / f"{name}.yaml")
