"""Mocks of small contracts, asked over HTTP in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import httpx
import pytest

from tallystick.mock.application import Generated, MockApplication, MockOptions, Workshop, assemble

CONTRACTS = Path(__file__).parent / "contracts"
SHELF = CONTRACTS / "shelf.yaml"

Mocked = Callable[..., httpx.AsyncClient]


@pytest.fixture(scope="session")
def workshop() -> Iterator[Workshop]:
    made = Workshop()
    yield made
    made.close()


@pytest.fixture(scope="session")
def generated(workshop: Workshop) -> Callable[[Path], Generated]:
    """Each contract's package is generated once."""
    return cache(workshop.generate)


@pytest.fixture
def application(generated: Callable[[Path], Generated]) -> MockApplication:
    return assemble(generated(SHELF), MockOptions())


@pytest.fixture
def mocked(generated: Callable[[Path], Generated]) -> Mocked:
    """A client of a fresh mock of the shelf."""

    def client(*, seed: int = 0, stateful: bool = False, contract: Path = SHELF) -> httpx.AsyncClient:
        made = assemble(generated(contract), MockOptions(seed=seed, stateful=stateful))
        return httpx.AsyncClient(transport=httpx.ASGITransport(made.app), base_url="http://mock")

    return client


@pytest.fixture
def shelf(mocked: Mocked) -> httpx.AsyncClient:
    return mocked()


@pytest.fixture
def bearer(application: MockApplication) -> dict[str, str]:
    """The credential of the shelf's books."""
    secrets = {one.scheme: one.secret for one in application.credentials}
    return {"Authorization": f"Bearer {secrets['bearer']}"}


@pytest.fixture
def credential(application: MockApplication) -> dict[str, str]:
    """The credential of the shelf's poster."""
    secrets = {one.scheme: one.secret for one in application.credentials}
    return {"X-Key": secrets["key"]}
