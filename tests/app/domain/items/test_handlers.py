"""Items over HTTP, each answer judged against the contract by the response guard."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import delete

from app.domain.users.tables import UserTable
from app.kit.principal import Role
from app.server.services import Services
from tests.app.domain.conftest import MakeCaller
from tests.support.api import Caller, problem

ITEMS = "/api/v1/items"
WHOLE = {"title": "stick", "description": "d", "status": "active", "priority": 40, "tags": ["hazel", "miller"]}


async def create(caller: Caller, **changes: Any) -> httpx.Response:
    answer = await caller.post(ITEMS, json=WHOLE | changes)
    assert answer.status_code == 201, answer.text
    return answer


async def test_what_is_created_can_be_read_where_it_says(ada_calls: Caller) -> None:
    created = await create(ada_calls)
    body = created.json()
    assert {name: body[name] for name in WHOLE} == WHOLE
    assert body["owner_id"] == ada_calls.id
    read = await ada_calls.get(created.headers["location"])
    assert (read.status_code, read.json(), read.headers["etag"]) == (200, body, created.headers["etag"])


async def test_only_the_title_is_needed(ada_calls: Caller) -> None:
    body = (await ada_calls.post(ITEMS, json={"title": "stick"})).json()
    assert (body["description"], body["status"], body["priority"], body["tags"]) == (None, "draft", 0, [])


async def test_an_unchanged_item_costs_no_body(ada_calls: Caller) -> None:
    created = await create(ada_calls)
    location, tag = created.headers["location"], created.headers["etag"]
    for sent in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        answer = await ada_calls.get(location, headers={"If-None-Match": sent})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    for sent in ('"2"', "nonsense"):
        assert (await ada_calls.get(location, headers={"If-None-Match": sent})).status_code == 200


async def test_replacing_sets_everything(ada_calls: Caller) -> None:
    created = await create(ada_calls)
    new: dict[str, Any] = {"title": "t", "description": None, "status": "archived", "priority": 0, "tags": []}
    replaced = await ada_calls.put(created.headers["location"], json=new, headers={"If-Match": created.headers["etag"]})
    assert replaced.status_code == 200
    assert {name: replaced.json()[name] for name in new} == new
    assert replaced.headers["etag"] != created.headers["etag"]


async def test_patching_tells_null_from_absent(ada_calls: Caller) -> None:
    created = await create(ada_calls)
    location = created.headers["location"]
    patched = await ada_calls.patch(
        location, json={"description": None, "status": "draft"}, headers={"If-Match": created.headers["etag"]}
    )
    expected = WHOLE | {"description": None, "status": "draft"}
    assert {name: patched.json()[name] for name in WHOLE} == expected
    refused = await ada_calls.patch(location, json={"title": None}, headers={"If-Match": "*"})
    assert problem(refused) == (422, "validation-failed")
    assert refused.json()["errors"][0]["pointer"] == "/title"
    assert problem(await ada_calls.patch(location, json={}, headers={"If-Match": "*"})) == (422, "validation-failed")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_changes_need_the_current_version(ada_calls: Caller, method: str) -> None:
    location = (await create(ada_calls)).headers["location"]

    async def attempt(**headers: str) -> httpx.Response:
        if method == "DELETE":
            return await ada_calls.delete(location, headers=headers)
        if method == "PATCH":
            return await ada_calls.patch(location, json=WHOLE, headers=headers)
        return await ada_calls.put(location, json=WHOLE, headers=headers)

    assert problem(await attempt()) == (428, "precondition-required")
    for stale in ('"2"', 'W/"1"', "", "nonsense"):
        assert problem(await attempt(**{"If-Match": stale})) == (412, "precondition-failed")
    assert (await attempt(**{"If-Match": '"9", "1"'})).status_code in (200, 204)


async def test_what_is_deleted_is_gone(ada_calls: Caller) -> None:
    location = (await create(ada_calls)).headers["location"]
    deleted = await ada_calls.delete(location, headers={"If-Match": "*"})
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert problem(await ada_calls.get(location)) == (404, "item-not-found")
    assert problem(await ada_calls.delete(location, headers={"If-Match": "*"})) == (404, "item-not-found")


async def test_others_find_nothing_and_moderators_read(
    ada_calls: Caller, admin_calls: Caller, make_caller: MakeCaller
) -> None:
    created = await create(ada_calls)
    location = created.headers["location"]
    match = {"If-Match": "*"}
    bob = await make_caller("bob@example.com")
    moderator = await make_caller("mod@example.com", role=Role.MODERATOR)
    assert problem(await bob.get(location)) == (404, "item-not-found")
    assert (await moderator.get(location)).json() == created.json()
    for caller in (bob, moderator):
        assert problem(await caller.put(location, json=WHOLE, headers=match)) == (404, "item-not-found")
        assert problem(await caller.patch(location, json=WHOLE, headers=match)) == (404, "item-not-found")
        assert problem(await caller.delete(location, headers=match)) == (404, "item-not-found")
    assert (await admin_calls.patch(location, json={"title": "by root"}, headers=match)).status_code == 200


async def test_lists_page_sort_and_filter(ada_calls: Caller) -> None:
    for priority in (1, 2, 3):
        await create(ada_calls, priority=priority, title=f"stick {priority}")
    seen: list[int] = []
    query: dict[str, Any] = {"sort": "priority", "limit": 2, "include_total": "true"}
    while True:
        page = (await ada_calls.get(ITEMS, params=query)).json()
        assert page["total"] == 3
        seen += [item["priority"] for item in page["data"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == [1, 2, 3]
    newest = (await ada_calls.get(ITEMS)).json()
    assert [item["priority"] for item in newest["data"]] == [3, 2, 1]
    assert "total" not in newest
    found = (await ada_calls.get(ITEMS, params={"q": '"stick 2"', "status": "active"})).json()
    assert [item["priority"] for item in found["data"]] == [2]
    since = newest["data"][0]["created_at"]
    found = (await ada_calls.get(ITEMS, params={"created_after": since, "owner_id": ada_calls.id})).json()
    assert [item["priority"] for item in found["data"]] == [3]
    found = (await ada_calls.get(ITEMS, params={"created_before": "0001-01-01T00:00:00+14:00"})).json()
    assert found["data"] == []


@pytest.mark.parametrize("cursor", ["0" * 48, "f" * 48, "8" + "0" * 47, "7" + "f" * 47])
@pytest.mark.parametrize("sort", ["priority", "-priority", "created_at", "-updated_at"])
async def test_every_cursor_of_the_pattern_gives_a_page(ada_calls: Caller, cursor: str, sort: str) -> None:
    await create(ada_calls)
    assert (await ada_calls.get(ITEMS, params={"cursor": cursor, "sort": sort})).status_code == 200


async def test_repeating_a_creation_creates_once(ada_calls: Caller, make_caller: MakeCaller) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    first = await ada_calls.post(ITEMS, json=WHOLE, headers=key)
    answers = await asyncio.gather(*(ada_calls.post(ITEMS, json=WHOLE, headers=key) for _ in range(3)))
    for again in answers:
        assert (again.status_code, again.content) == (201, first.content)
        assert again.headers["location"] == first.headers["location"]
        assert again.headers["etag"] == first.headers["etag"]
        assert again.headers["x-request-id"] != first.headers["x-request-id"], "of this request, not of the first"
    other = await ada_calls.post(ITEMS, json=WHOLE | {"title": "other"}, headers=key)
    assert problem(other) == (422, "idempotency-key-reused")
    bob = await make_caller("bob@example.com")
    assert (await bob.post(ITEMS, json=WHOLE, headers=key)).json()["id"] != first.json()["id"]
    await ada_calls.delete(first.headers["location"], headers={"If-Match": "*"})
    fresh = await ada_calls.post(ITEMS, json=WHOLE, headers=key)
    assert fresh.json()["id"] != first.json()["id"], "a key does not promise what was deleted"


async def test_creating_at_once_under_one_key_creates_once(ada_calls: Caller) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    answers = await asyncio.gather(*(ada_calls.post(ITEMS, json=WHOLE, headers=key) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_an_owner_deleted_meanwhile_is_a_declared_problem(app: FastAPI, ada_calls: Caller) -> None:
    """The token is still good for a moment when an account is deleted by another process."""
    services: Services = app.state.services
    async with services.database.unit_of_work() as work:
        await (await work.begin()).execute(delete(UserTable).where(UserTable.id == UUID(ada_calls.id)))
    assert problem(await ada_calls.post(ITEMS, json=WHOLE)) == (409, "owner-gone")
