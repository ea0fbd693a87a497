"""Items one by one: create, read, replace, change and delete, with versions and idempotency keys."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio

from app.kit.principal import Role
from tests.support.problems import assert_problem
from tests.support.world import ITEMS, USERS, Person, Thing, World

pytestmark = pytest.mark.asyncio(loop_scope="module")

MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}
WHOLE: dict[str, Any] = {
    "title": "Willow",
    "description": "Two lines\n\tof text",
    "status": "active",
    "priority": 1_000_000,
    "tags": ["b", "a"],
}
NO_BODY = b""


@pytest.fixture
def world(shared: World) -> World:
    """One application for all tests here: each has people of its own."""
    return shared


@pytest_asyncio.fixture(loop_scope="module")
async def ada(world: World) -> Person:
    return await world.person()


async def create(world: World, owner: Person, content: object, **headers: str) -> httpx.Response:
    return await world.client.post(ITEMS, json=content, headers=owner.auth | headers)


async def replace(world: World, who: Person, item: Thing, content: object, etag: str) -> httpx.Response:
    return await world.client.put(item.path, json=content, headers=who.auth | {"If-Match": etag})


async def patch(world: World, who: Person, item: Thing, content: object, etag: str) -> httpx.Response:
    return await world.client.patch(item.path, json=content, headers=who.auth | MERGE_PATCH | {"If-Match": etag})


async def delete(world: World, who: Person, item: Thing, etag: str) -> httpx.Response:
    return await world.client.delete(item.path, headers=who.auth | {"If-Match": etag})


async def read(world: World, who: Person, item: Thing, **headers: str) -> httpx.Response:
    return await world.client.get(item.path, headers=who.auth | headers)


# ---------------------------------------------------------------- create and read


async def test_a_title_is_enough(world: World, ada: Person) -> None:
    answer = await create(world, ada, {"title": "Hazel"})
    assert answer.status_code == 201
    body = answer.json()
    item_id = UUID(body.pop("id"))
    assert item_id.version == 7
    assert body.pop("created_at") == body.pop("updated_at")
    rest: dict[str, Any] = {"description": None, "status": "draft", "priority": 0, "tags": []}
    assert body == {"owner_id": ada.id, "title": "Hazel"} | rest
    assert answer.headers["Location"] == f"{ITEMS}/{item_id}"
    assert answer.headers["ETag"] == '"1"'


async def test_what_is_created_is_read_byte_by_byte(world: World, ada: Person) -> None:
    created = await create(world, ada, WHOLE)
    assert created.json() == created.json() | WHOLE
    answer = await world.client.get(created.headers["Location"], headers=ada.auth)
    assert answer.status_code == 200
    assert answer.content == created.content
    assert answer.headers["ETag"] == created.headers["ETag"]


@pytest.mark.parametrize(
    ("content", "pointers"),
    [
        ({}, ["/title"]),
        ({"title": None}, ["/title"]),
        ({"title": "x" * 201}, ["/title"]),
        ({"title": "a\nb"}, ["/title"]),
        ({"title": "a", "description": "a\u0000b"}, ["/description"]),
        ({"title": "a", "status": "lost"}, ["/status"]),
        ({"title": "a", "priority": -1}, ["/priority"]),
        ({"title": "a", "priority": 1_000_001}, ["/priority"]),
        ({"title": "a", "priority": 0.5}, ["/priority"]),
        ({"title": "a", "priority": "1"}, ["/priority"]),
        ({"title": "a", "tags": ["A", "", "b"]}, ["/tags/0", "/tags/1"]),
        ({"title": "a", "tags": ["a", "a"]}, ["/tags"]),
        ({"title": "a", "tags": [f"t{n}" for n in range(21)]}, ["/tags"]),
        ({"title": "a", "owner_id": str(uuid4())}, ["/owner_id"]),
        ({"titel": "a", "priority": True}, ["/priority", "/titel", "/title"]),
    ],
)
async def test_what_breaks_the_contract_is_told_whole(
    world: World, ada: Person, content: object, pointers: list[str]
) -> None:
    answer = await create(world, ada, content)
    problem = answer.json()
    assert problem["type"] == "/problems/validation-failed"
    assert sorted({error["pointer"] for error in problem["errors"]}) == pointers


async def test_an_owner_who_was_deleted_meanwhile_is_409(world: World) -> None:
    """The token is still good: nothing has ended a session that never was."""
    answer = await world.client.post(ITEMS, json={"title": "a"}, headers=world.stranger())
    assert_problem(answer, 409, "owner-gone", operation="createItem")


# ---------------------------------------------------------------- idempotency


async def test_a_repeated_key_is_answered_alike_and_creates_once(world: World, ada: Person) -> None:
    key = str(uuid4())
    first, second = [await create(world, ada, {"title": "a"}, **{"Idempotency-Key": key}) for _ in range(2)]
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    for name in ("Location", "ETag", "Content-Type"):
        assert first.headers[name] == second.headers[name]
    page = await world.client.get(ITEMS, params={"include_total": "true"}, headers=ada.auth)
    assert page.json()["total"] == 1


async def test_repetitions_at_once_create_once(world: World, ada: Person) -> None:
    key = str(uuid4())
    answers = await asyncio.gather(*(create(world, ada, {"title": "a"}, **{"Idempotency-Key": key}) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1


async def test_a_key_with_another_body_is_refused(world: World, ada: Person) -> None:
    key = str(uuid4())
    await create(world, ada, {"title": "a"}, **{"Idempotency-Key": key})
    answer = await create(world, ada, {"title": "b"}, **{"Idempotency-Key": key})
    assert_problem(answer, 422, "idempotency-key-reused", operation="createItem")


async def test_keys_belong_to_accounts(world: World, ada: Person) -> None:
    key, other = str(uuid4()), await world.person()
    first = await create(world, ada, {"title": "a"}, **{"Idempotency-Key": key})
    second = await create(world, other, {"title": "a"}, **{"Idempotency-Key": key})
    assert first.json()["id"] != second.json()["id"]
    assert second.json()["owner_id"] == other.id


async def test_a_key_is_forgotten_with_its_item(world: World, ada: Person) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    first = (await create(world, ada, {"title": "a"}, **key)).json()
    assert (await delete(world, ada, Thing(first["id"], ""), "*")).status_code == 204
    second = (await create(world, ada, {"title": "a"}, **key)).json()
    assert second["id"] != first["id"], "a replay would show an item that is gone"


async def test_a_refused_request_does_not_use_a_key_up(world: World, ada: Person) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    assert (await create(world, ada, {"titel": "a"}, **key)).status_code == 422
    assert (await create(world, ada, {"title": "a"}, **key)).status_code == 201


@pytest.mark.parametrize("key", ["short", "x" * 65, "under_score", ""])
async def test_a_malformed_key_is_422(world: World, ada: Person, key: str) -> None:
    answer = await create(world, ada, {"title": "a"}, **{"Idempotency-Key": key})
    found = ("header", "/Idempotency-Key")
    problem = answer.json()
    assert answer.status_code == 422
    assert {(error["location"], error["pointer"]) for error in problem["errors"]} == {found}


# ---------------------------------------------------------------- conditional reads


@pytest.mark.parametrize("condition", ["{}", "W/{}", '"ff", {}', "*", ' {} , "2"'])
async def test_a_current_version_costs_304(world: World, ada: Person, condition: str) -> None:
    item = await world.item(ada)
    answer = await read(world, ada, item, **{"If-None-Match": condition.format(item.etag)})
    assert (answer.status_code, answer.content) == (304, NO_BODY)
    assert answer.headers["ETag"] == item.etag
    assert "Content-Type" not in answer.headers


@pytest.mark.parametrize("condition", ['"2"', "", "1", '"zz"', "nonsense", '"' + "f" * 60 + '"'])
async def test_any_other_version_costs_a_whole_answer(world: World, ada: Person, condition: str) -> None:
    item = await world.item(ada)
    answer = await read(world, ada, item, **{"If-None-Match": condition})
    assert (answer.status_code, answer.json()["id"]) == (200, item.id)


async def test_a_foreign_item_is_no_304(world: World, ada: Person) -> None:
    item, other = await world.item(ada), await world.person()
    answer = await read(world, other, item, **{"If-None-Match": item.etag})
    assert_problem(answer, 404, "item-not-found", operation="getItem")


# ---------------------------------------------------------------- replace and change


async def test_replacing_sets_everything_and_counts_the_version_up(world: World, ada: Person) -> None:
    item = await world.item(ada, description="old", priority=7)
    answer = await replace(world, ada, item, WHOLE, item.etag)
    assert answer.status_code == 200
    body = answer.json()
    assert body == item.body | WHOLE | {"updated_at": body["updated_at"]}
    assert body["updated_at"] > item.body["updated_at"]
    assert answer.headers["ETag"] == '"2"'
    assert (await read(world, ada, item)).content == answer.content


@pytest.mark.parametrize("name", sorted(WHOLE))
async def test_a_replacement_has_to_be_whole(world: World, ada: Person, name: str) -> None:
    item = await world.item(ada)
    content = {key: value for key, value in WHOLE.items() if key != name}
    answer = await replace(world, ada, item, content, item.etag)
    assert_problem(answer, 422, "validation-failed", ("body", f"/{name}"), operation="replaceItem")


@pytest.mark.parametrize("name", sorted(WHOLE))
async def test_a_patch_changes_what_is_there_and_nothing_else(world: World, ada: Person, name: str) -> None:
    item = await world.item(ada, description="old", tags=["old"])
    answer = await patch(world, ada, item, {name: WHOLE[name]}, item.etag)
    assert answer.status_code == 200
    body = answer.json()
    assert body == item.body | {name: WHOLE[name], "updated_at": body["updated_at"]}
    assert answer.headers["ETag"] == '"2"'


async def test_null_empties_and_absent_keeps(world: World, ada: Person) -> None:
    item = await world.item(ada, description="old")
    kept = await patch(world, ada, item, {"title": "new"}, item.etag)
    assert kept.json()["description"] == "old"
    emptied = await patch(world, ada, item, {"description": None}, kept.headers["ETag"])
    assert emptied.json()["description"] is None


@pytest.mark.parametrize("name", ["title", "status", "priority", "tags"])
async def test_null_is_refused_where_nothing_can_be_emptied(world: World, ada: Person, name: str) -> None:
    item = await world.item(ada)
    answer = await patch(world, ada, item, {name: None}, item.etag)
    assert_problem(answer, 422, "validation-failed", ("body", f"/{name}"), operation="updateItem")


async def test_an_empty_patch_is_422(world: World, ada: Person) -> None:
    item = await world.item(ada)
    answer = await patch(world, ada, item, {}, item.etag)
    assert_problem(answer, 422, "validation-failed", ("body", ""), operation="updateItem")


# ---------------------------------------------------------------- conditional writes

WRITES = ["replaceItem", "updateItem", "deleteItem"]


async def write(world: World, operation: str, who: Person, item: Thing, etag: str) -> httpx.Response:
    if operation == "replaceItem":
        return await replace(world, who, item, WHOLE, etag)
    if operation == "updateItem":
        return await patch(world, who, item, {"priority": 2}, etag)
    return await delete(world, who, item, etag)


@pytest.mark.parametrize("operation", WRITES)
@pytest.mark.parametrize("condition", ['"2"', "W/{}", "", "1", "nonsense", '"' + "f" * 60 + '"'])
async def test_any_but_the_current_version_is_412_and_changes_nothing(
    world: World, ada: Person, operation: str, condition: str
) -> None:
    item = await world.item(ada)
    answer = await write(world, operation, ada, item, condition.format(item.etag))
    assert_problem(answer, 412, "precondition-failed", operation=operation)
    assert (await read(world, ada, item)).headers["ETag"] == item.etag


@pytest.mark.parametrize("operation", WRITES)
@pytest.mark.parametrize("condition", ["*", "{}", '"ff", {}'])
async def test_the_current_version_or_any_is_written(world: World, ada: Person, operation: str, condition: str) -> None:
    item = await world.item(ada)
    assert (await write(world, operation, ada, item, condition.format(item.etag))).status_code < 300


@pytest.mark.parametrize("operation", WRITES)
async def test_what_was_overtaken_is_412(world: World, ada: Person, operation: str) -> None:
    item = await world.item(ada)
    await patch(world, ada, item, {"title": "overtaken"}, item.etag)
    assert_problem(await write(world, operation, ada, item, item.etag), 412, "precondition-failed")


@pytest.mark.parametrize("operation", WRITES)
async def test_of_two_writers_at_once_one_wins(world: World, ada: Person, operation: str) -> None:
    item = await world.item(ada)
    answers = await asyncio.gather(*(write(world, operation, ada, item, item.etag) for _ in range(2)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses in ([200, 412], [204, 404]), "no update is lost"


@pytest.mark.parametrize("operation", WRITES)
@pytest.mark.parametrize("condition", ["*", '"1"', '"9"'])
async def test_what_is_not_there_is_404_whatever_the_condition(
    world: World, ada: Person, operation: str, condition: str
) -> None:
    answer = await write(world, operation, ada, Thing(str(uuid4()), ""), condition)
    assert_problem(answer, 404, "item-not-found", operation=operation)


async def test_a_deleted_item_is_gone(world: World, ada: Person) -> None:
    item = await world.item(ada)
    answer = await delete(world, ada, item, item.etag)
    assert (answer.status_code, answer.content) == (204, NO_BODY)
    assert "Content-Type" not in answer.headers
    assert_problem(await read(world, ada, item), 404, "item-not-found", operation="getItem")
    assert_problem(await delete(world, ada, item, "*"), 404, "item-not-found", operation="deleteItem")


# ---------------------------------------------------------------- whose items


@pytest.mark.parametrize("role", [Role.USER, Role.MODERATOR])
@pytest.mark.parametrize("operation", WRITES)
async def test_nobody_writes_the_items_of_others_but_administrators(
    world: World, ada: Person, operation: str, role: Role
) -> None:
    item, other = await world.item(ada), await world.person(role)
    for condition in (item.etag, "*", '"9"'):
        answer = await write(world, operation, other, item, condition)
        assert_problem(answer, 404, "item-not-found", operation=operation)
    assert (await read(world, ada, item)).json() == item.body


async def test_foreign_and_missing_items_look_alike(world: World, ada: Person) -> None:
    item, other = await world.item(ada), await world.person()
    foreign = (await read(world, other, item)).json()
    missing = (await read(world, other, Thing(str(uuid4()), ""))).json()
    for body in (foreign, missing):
        del body["instance"], body["request_id"]
    assert foreign == missing


async def test_administrators_write_the_items_of_others_and_the_owner_stays(world: World, ada: Person) -> None:
    item, admin = await world.item(ada), await world.person(Role.ADMIN)
    answer = await replace(world, admin, item, WHOLE, item.etag)
    assert (answer.status_code, answer.json()["owner_id"]) == (200, ada.id)


async def test_an_item_outlives_the_sign_in_but_not_the_account(world: World, ada: Person) -> None:
    item, admin = await world.item(ada), await world.person(Role.ADMIN)
    assert (await world.client.delete(f"{USERS}/{ada.id}", headers=admin.auth)).status_code == 204
    assert_problem(await read(world, admin, item), 404, "item-not-found")
