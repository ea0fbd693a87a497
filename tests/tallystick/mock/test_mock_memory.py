"""What a mock remembers: deletions always, everything else when it is stateful."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tallystick.mock.memory import Memory
from tests.tallystick.mock.conftest import Mocked

DUNE = "/books/8d3a3f2e-1f52-4c44-9f0e-6b1f6f8f9f01"
OTHER = "/books/11111111-1111-4111-8111-111111111111"


async def test_a_deleted_thing_is_gone(shelf: httpx.AsyncClient) -> None:
    assert (await shelf.delete(DUNE)).status_code == 204
    assert (await shelf.get(DUNE)).status_code == 404
    assert (await shelf.get(DUNE)).json()["code"] == 404
    assert (await shelf.patch(DUNE, json={})).status_code == 410, "410 is declared there"
    assert (await shelf.delete(DUNE)).status_code == 404
    assert (await shelf.get(OTHER)).status_code == 200


async def test_what_was_deleted_is_back_once_it_is_created(shelf: httpx.AsyncClient, bearer: dict[str, str]) -> None:
    created = (await shelf.post("/books", json={"title": "Dune"}, headers=bearer)).json()
    await shelf.delete(f"/books/{created['id']}")
    assert (await shelf.get(f"/books/{created['id']}")).status_code == 404
    again = (await shelf.post("/books", json={"title": "Dune"}, headers=bearer)).json()
    assert again == created, "without a memory the answer to the same request is the same"
    assert (await shelf.get(f"/books/{created['id']}")).status_code == 200


@pytest.fixture
def lasting(mocked: Mocked) -> httpx.AsyncClient:
    return mocked(stateful=True)


async def create(client: httpx.AsyncClient, bearer: dict[str, str], title: str) -> dict[str, Any]:
    created: dict[str, Any] = (await client.post("/books", json={"title": title}, headers=bearer)).json()
    return created


async def test_what_was_created_can_be_read_and_listed(lasting: httpx.AsyncClient, bearer: dict[str, str]) -> None:
    first, second = await create(lasting, bearer, "Emma"), await create(lasting, bearer, "Ulysses")
    assert (first["title"], second["title"]) == ("Emma", "Ulysses")
    assert first["id"] != second["id"]
    assert (await lasting.get(f"/books/{first['id']}")).json() == first
    listed = (await lasting.get("/books")).json()
    assert listed[:2] == [second, first]


async def test_changes_stay(lasting: httpx.AsyncClient, bearer: dict[str, str]) -> None:
    book = await create(lasting, bearer, "Emma")
    path = f"/books/{book['id']}"
    changed = (await lasting.patch(path, json={"pages": 474})).json()
    assert changed == {**book, "pages": 474}
    assert (await lasting.get(path)).json() == changed


async def test_what_was_deleted_is_no_longer_listed(lasting: httpx.AsyncClient, bearer: dict[str, str]) -> None:
    book = await create(lasting, bearer, "Emma")
    await lasting.delete(f"/books/{book['id']}")
    await lasting.delete(DUNE)
    assert (await lasting.get("/books")).json() == []
    assert (await lasting.get(f"/books/{book['id']}")).status_code == 404


async def test_a_thing_nobody_created_answers_under_its_own_id(lasting: httpx.AsyncClient) -> None:
    assert (await lasting.get(OTHER)).json()["id"] == OTHER.rpartition("/")[2]


async def test_without_a_memory_nothing_created_is_listed(shelf: httpx.AsyncClient, bearer: dict[str, str]) -> None:
    await create(shelf, bearer, "Emma")
    assert [one["title"] for one in (await shelf.get("/books")).json()] == ["Dune"]


def test_a_creation_elsewhere_brings_nothing_back() -> None:
    """An order of the same number is no pet: what was deleted would seem alive."""
    memory = Memory()
    memory.delete("/pets/10", ["10"])
    memory.restore_named("/orders", {"id": 10})
    assert memory.is_deleted("/pets/10")
    memory.restore_named("/pets", {"id": 10})
    assert not memory.is_deleted("/pets/10")
