"""Lists of items: pages, orders, filters, search, and whose items they show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from app.kit.principal import Role
from tests.support.problems import assert_problem
from tests.support.world import ITEMS, Person, Thing, World

pytestmark = pytest.mark.asyncio(loop_scope="module")

SORTS = ["created_at", "-created_at", "updated_at", "-updated_at", "priority", "-priority"]


@pytest.fixture
def world(shared: World) -> World:
    """One application for all tests here: each has people of its own."""
    return shared


@pytest_asyncio.fixture(loop_scope="module")
async def ada(world: World) -> Person:
    return await world.person()


async def page(world: World, who: Person, **query: Any) -> dict[str, Any]:
    answer = await world.client.get(ITEMS, params=query, headers=who.auth)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def titles(world: World, who: Person, **query: Any) -> list[str]:
    return [item["title"] for item in (await page(world, who, **query))["data"]]


async def walk(world: World, who: Person, **query: Any) -> list[dict[str, Any]]:
    """All pages of a list, one after the other."""
    walked: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        found = await page(world, who, **query, **({} if cursor is None else {"cursor": cursor}))
        assert len(found["data"]) <= query["limit"]
        walked += found["data"]
        cursor = found["next_cursor"]
        if cursor is None:
            return walked


async def several(world: World, owner: Person) -> Sequence[Thing]:
    """Seven items, some of the same priority, some changed later than they were created."""
    items = [await world.item(owner, title=f"n{number}", priority=number // 3) for number in range(7)]
    for item in (items[2], items[0]):
        headers = owner.auth | {"If-Match": item.etag, "Content-Type": "application/merge-patch+json"}
        answer = await world.client.patch(item.path, json={"status": "active"}, headers=headers)
        assert answer.status_code == 200
    return items


async def test_nobody_has_items_at_first(world: World, ada: Person) -> None:
    assert await page(world, ada, include_total="true") == {"data": [], "next_cursor": None, "total": 0}
    assert await page(world, ada) == {"data": [], "next_cursor": None}


async def test_the_newest_come_first_unless_asked_otherwise(world: World, ada: Person) -> None:
    await several(world, ada)
    newest = ["n6", "n5", "n4", "n3", "n2", "n1", "n0"]
    assert await titles(world, ada) == newest
    assert await titles(world, ada, sort="-created_at") == newest
    assert await titles(world, ada, sort="created_at") == newest[::-1]
    assert (await titles(world, ada, sort="-updated_at"))[:2] == ["n0", "n2"]
    assert (await titles(world, ada, sort="-priority"))[0] == "n6"


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("limit", [1, 3, 7, 100])
async def test_pages_together_are_the_list(world: World, ada: Person, sort: str, limit: int) -> None:
    await several(world, ada)
    walked = await walk(world, ada, sort=sort, limit=limit)
    key = sort.removeprefix("-")
    expected = sorted(walked, key=lambda item: (item[key], item["id"]), reverse=sort.startswith("-"))
    assert walked == expected
    assert len({item["id"] for item in walked}) == 7


async def test_pages_stay_stable_while_others_write(world: World, ada: Person) -> None:
    await several(world, ada)
    first = await page(world, ada, limit=3)
    await world.item(ada, title="newcomer")
    victim = Thing(first["data"][0]["id"], "")
    await world.client.delete(victim.path, headers=ada.auth | {"If-Match": "*"})
    rest = await walk_from(world, ada, first["next_cursor"])
    assert [item["title"] for item in (*first["data"], *rest)] == ["n6", "n5", "n4", "n3", "n2", "n1", "n0"]


async def walk_from(world: World, who: Person, cursor: str) -> list[dict[str, Any]]:
    found = await page(world, who, limit=100, cursor=cursor)
    data: list[dict[str, Any]] = found["data"]
    return data


async def test_filters_add_up(world: World, ada: Person) -> None:
    items = await several(world, ada)
    await world.item(ada, title="archived hazel", status="archived")
    assert await titles(world, ada, status="active", sort="created_at") == ["n0", "n2"]
    third = items[3].body["created_at"]
    assert await titles(world, ada, created_after=third, sort="created_at", status="draft") == ["n3", "n4", "n5", "n6"]
    assert await titles(world, ada, created_before=third, sort="created_at") == ["n0", "n1", "n2"]
    assert await titles(world, ada, created_before=third, status="active") == ["n2", "n0"]
    assert await titles(world, ada, q="hazel", status="draft") == []
    total = (await page(world, ada, status="active", include_total="true", limit=1))["total"]
    assert total == 2


async def test_times_are_compared_as_moments_whatever_the_offset(world: World, ada: Person) -> None:
    items = await several(world, ada)
    moment = datetime.fromisoformat(items[3].body["created_at"])
    elsewhere = (moment + timedelta(hours=2)).replace(tzinfo=None).isoformat(timespec="microseconds") + "+02:00"
    assert await titles(world, ada, created_before=elsewhere, sort="created_at") == ["n0", "n1", "n2"]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("hazel", ["Hazel stick"]),
        ("HAZEL stick", ["Hazel stick"]),
        ("notches", ["Willow"]),
        ('"forty notches"', ["Willow"]),
        ('"notches forty"', []),
        ("stick -hazel", ["Birch stick"]),
        ("hazel or birch", ["Birch stick", "Hazel stick"]),
        ("' OR 1=1 --", []),
        ("%", []),
        ("\N{SNOWMAN}", []),
    ],
)
async def test_search_looks_into_titles_and_descriptions(world: World, ada: Person, q: str, found: list[str]) -> None:
    await world.item(ada, title="Hazel stick")
    await world.item(ada, title="Willow", description="with forty notches")
    await world.item(ada, title="Birch stick")
    assert sorted(await titles(world, ada, q=q)) == found


async def test_users_see_their_own_items_only(world: World, ada: Person) -> None:
    bob = await world.person()
    await world.item(ada, title="of ada")
    await world.item(bob, title="of bob")
    assert await titles(world, bob) == ["of bob"]
    assert await titles(world, bob, owner_id=bob.id) == ["of bob"]
    assert await page(world, bob, owner_id=ada.id, include_total="true") == {
        "data": [],
        "next_cursor": None,
        "total": 0,
    }


@pytest.mark.parametrize("role", [Role.MODERATOR, Role.ADMIN])
async def test_moderators_and_administrators_see_everybodys(world: World, ada: Person, role: Role) -> None:
    other = await world.person(role)
    await world.item(ada, title="of ada")
    await world.item(other, title="own")
    assert await titles(world, other, limit=2) == ["own", "of ada"]
    assert await titles(world, other, owner_id=ada.id) == ["of ada"]


async def test_a_cursor_of_somebody_else_shows_nothing_of_theirs(world: World, ada: Person) -> None:
    await several(world, ada)
    bob = await world.person()
    cursor = (await page(world, ada, limit=2))["next_cursor"]
    assert (await page(world, bob, cursor=cursor))["data"] == []


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("cursor", ["0" * 48, "f" * 48, "7" + "f" * 47, "8" + "0" * 47])
async def test_every_cursor_is_a_place_in_every_order(world: World, ada: Person, sort: str, cursor: str) -> None:
    await world.item(ada)
    assert len((await page(world, ada, sort=sort, cursor=cursor))["data"]) in (0, 1)


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("sort=title", ["/sort"]),
        ("status=lost", ["/status"]),
        ("owner_id=me", ["/owner_id"]),
        ("created_after=yesterday", ["/created_after"]),
        ("created_before=2026-03-04T08:30:05", ["/created_before"]),
        ("q=", ["/q"]),
        ("q=" + "x" * 101, ["/q"]),
        ("limit=101", ["/limit"]),
        ("limit=1&limit=2", ["/limit"]),
        ("cursor=0", ["/cursor"]),
        ("include_total=1", ["/include_total"]),
        ("sort=title&status=lost&colour=red", ["/colour", "/sort", "/status"]),
    ],
)
async def test_bad_queries_are_422(world: World, ada: Person, query: str, pointers: list[str]) -> None:
    answer = await world.client.get(f"{ITEMS}?{query}", headers=ada.auth)
    assert answer.status_code == 422
    assert sorted({error["pointer"] for error in answer.json()["errors"]}) == pointers
    if len(pointers) == 1 and "cursor" not in query:
        assert_problem(answer, 422, "validation-failed", ("query", pointers[0]), operation="listItems")
