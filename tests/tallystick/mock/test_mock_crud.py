"""A mock with a memory behaves like a small server: frontends create, read, list, replace, change and delete."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from tests.tallystick.mock.conftest import CONTRACTS, Mocked

STOCK = CONTRACTS / "stock.yaml"
ADA = {"name": "Ada", "password": "secret", "note": None}


@pytest.fixture
def stock(mocked: Mocked) -> httpx.AsyncClient:
    return mocked(contract=STOCK, stateful=True)


async def create(client: httpx.AsyncClient, body: dict[str, Any] | None = None) -> dict[str, Any]:
    answer = await client.post("/customers", json=ADA if body is None else body)
    assert answer.status_code == 201
    created: dict[str, Any] = answer.json()
    return created


async def test_what_the_server_makes_is_there_and_what_was_not_sent_is_not(stock: httpx.AsyncClient) -> None:
    """The example says gold and has a note: neither was asked for."""
    created = await create(stock)
    assert set(created) == {"id", "created", "name", "level", "note"}
    assert (created["name"], created["level"], created["note"]) == ("Ada", "basic", None)
    assert "note" not in await create(stock, {"name": "Bob"})


async def test_ids_keep_their_pattern_and_are_told_apart(stock: httpx.AsyncClient) -> None:
    made = [await create(stock, {"name": str(number)}) for number in range(1, 12)]
    assert len({one["id"] for one in made}) == 11
    assert all(re.fullmatch("cus_[0-9]{10}", one["id"]) for one in made)
    for one in made:
        assert (await stock.get(f"/customers/{one['id']}")).json() == one


async def test_a_list_shows_as_many_as_its_schema_allows_the_latest_first(stock: httpx.AsyncClient) -> None:
    made = [await create(stock, {"name": str(number)}) for number in range(1, 6)]
    assert (await stock.get("/customers")).json() == {"data": made[:1:-1], "has_more": False}


async def test_put_replaces(stock: httpx.AsyncClient) -> None:
    created = await create(stock, {"name": "Ada", "level": "gold", "note": "x"})
    path = f"/customers/{created['id']}"
    replaced = (await stock.put(path, json={"name": "Eve"})).json()
    assert replaced == {"id": created["id"], "created": created["created"], "name": "Eve", "level": "basic"}
    assert (await stock.get(path)).json() == replaced


async def test_a_merge_patch_takes_away_what_is_null_and_plain_json_sets_it(stock: httpx.AsyncClient) -> None:
    created = await create(stock, {"name": "Ada", "note": "x"})
    path = f"/customers/{created['id']}"
    assert (await stock.patch(path, json={"note": None, "unknown": 1})).json()["note"] is None
    merge = {"Content-Type": "application/merge-patch+json"}
    patched = (await stock.patch(path, content=b'{"note": null, "level": "gold", "name": ""}', headers=merge)).json()
    assert patched == {"id": created["id"], "created": created["created"], "name": "Ada", "level": "gold"}
    assert (await stock.get(path)).json() == patched


async def test_what_is_deleted_is_neither_read_nor_listed(stock: httpx.AsyncClient) -> None:
    created = await create(stock)
    path = f"/customers/{created['id']}"
    assert (await stock.delete(path)).status_code == 204
    assert (await stock.get(path)).status_code == 404
    assert (await stock.put(path, json={"name": "Eve"})).status_code == 404
    assert (await stock.delete(path)).status_code == 404
    assert (await stock.get("/customers")).json()["data"] == []


async def test_envelopes_are_taken_off_where_the_list_has_none(stock: httpx.AsyncClient) -> None:
    order = (await stock.post("/orders", json={"order": {"amount": 77}})).json()
    assert order["order"]["amount"] == 77
    assert (await stock.get(f"/orders/{order['order']['id']}")).json() == order
    assert (await stock.get("/orders")).json()["orders"][0] == order["order"]


async def test_a_preferred_example_is_answered_as_it_stands(stock: httpx.AsyncClient) -> None:
    created = await stock.post("/customers", json=ADA, headers={"Prefer": "example=other"})
    assert (created.json()["id"], created.headers["Preference-Applied"]) == ("cus_9999999999", 'example="other"')


async def test_numbers_keep_their_digits(mocked: Mocked) -> None:
    """A frontend that is tried with long prices must see them again, or looks for the fault on its own side."""
    client = mocked(contract=CONTRACTS / "measures.yaml", stateful=True)
    numbers = '"price":12345678901234567890.12345,"any":[9223372036854775809,3.141592653589793238462]'
    made = await client.post("/measures", content=f"{{{numbers}}}", headers={"Content-Type": "application/json"})
    assert made.status_code == 201, made.text
    assert numbers in made.text
    assert numbers in (await client.get(f"/measures/{made.json()['id']}")).text
