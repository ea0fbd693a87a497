"""One's own account, password and sessions."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.kit.principal import Role
from tests.support.problems import assert_problem
from tests.support.world import ITEMS, ME, PASSWORD, TOKEN, Person, World, bearer

pytestmark = pytest.mark.asyncio(loop_scope="module")

SESSIONS = f"{ME}/sessions"
NEW_PASSWORD = "fifty notches on willow"
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture
def world(shared: World) -> World:
    """One application for all tests here: each has people of its own."""
    return shared


async def patch_me(world: World, person: Person, content: object) -> httpx.Response:
    return await world.client.patch(ME, json=content, headers=person.auth | MERGE_PATCH)


async def change_password(world: World, person: Person, current: str, new: str) -> httpx.Response:
    body = {"current_password": current, "new_password": new}
    return await world.client.post(f"{ME}/password", json=body, headers=person.auth)


async def sessions(world: World, access: str, **query: Any) -> httpx.Response:
    return await world.client.get(SESSIONS, params=query, headers=bearer(access))


async def status_of(world: World, access: str) -> int:
    return (await world.client.get(ME, headers=bearer(access))).status_code


async def test_my_account_is_mine(world: World) -> None:
    person = await world.person(Role.MODERATOR)
    answer = await world.client.get(ME, headers=person.auth)
    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"id", "email", "display_name", "role", "is_active", "created_at", "updated_at"}
    assert (body["id"], body["email"], body["role"]) == (person.id, person.email, "moderator")
    assert datetime.fromisoformat(body["created_at"]).utcoffset() is not None


async def test_a_new_name_is_kept(world: World) -> None:
    person = await world.person()
    before = (await world.client.get(ME, headers=person.auth)).json()
    answer = await patch_me(world, person, {"display_name": "Ada L."})
    assert answer.status_code == 200
    after = answer.json()
    assert after == before | {"display_name": "Ada L.", "updated_at": after["updated_at"]}
    assert after["updated_at"] > before["updated_at"]
    assert (await world.client.get(ME, headers=person.auth)).json() == after


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({}, ""),
        ({"display_name": None}, "/display_name"),
        ({"display_name": ""}, "/display_name"),
        ({"display_name": "a\u0000b"}, "/display_name"),
        ({"display_name": "x" * 101}, "/display_name"),
        ({"display_name": 5}, "/display_name"),
        ([], ""),
    ],
)
async def test_what_breaks_the_contract_changes_nothing(world: World, content: object, pointer: str) -> None:
    person = await world.person()
    answer = await patch_me(world, person, content)
    assert_problem(answer, 422, "validation-failed", ("body", pointer), operation="updateMe")
    assert (await world.client.get(ME, headers=person.auth)).json()["display_name"] == "Ada"


@pytest.mark.parametrize("name", ["role", "is_active", "email", "id"])
async def test_nobody_promotes_themselves(world: World, name: str) -> None:
    person = await world.person()
    answer = await patch_me(world, person, {"display_name": "Ada", name: "admin"})
    assert_problem(answer, 422, "validation-failed", ("body", f"/{name}"), operation="updateMe")


async def test_a_deleted_account_takes_its_items_and_sessions_along(world: World) -> None:
    person, moderator = await world.person(), await world.person(Role.MODERATOR)
    item = await world.item(person)
    answer = await world.client.delete(ME, headers=person.auth)
    assert (answer.status_code, answer.content) == (204, b"")
    assert await status_of(world, person.access) == 401
    assert_problem(await world.client.get(item.path, headers=moderator.auth), 404, "item-not-found")


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("GET", ME, None),
        ("PATCH", ME, b'{"display_name": "x"}'),
        ("DELETE", ME, None),
        ("POST", f"{ME}/password", b'{"current_password": "a", "new_password": "forty notches on hazel"}'),
    ],
)
async def test_a_token_of_an_account_that_is_gone_is_401(
    world: World, method: str, path: str, content: bytes | None
) -> None:
    """The token is good and its session was never there to be revoked."""
    kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
    answer = await world.client.request(
        method, path, content=content, headers=world.stranger() | ({"Content-Type": kind} if content else {})
    )
    assert_problem(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


# ---------------------------------------------------------------- password


async def test_a_new_password_ends_the_other_sessions_and_keeps_this_one(world: World) -> None:
    person = await world.person()
    elsewhere = await world.sign_in(person.email)
    answer = await change_password(world, person, PASSWORD, NEW_PASSWORD)
    assert (answer.status_code, answer.content) == (204, b"")
    assert await status_of(world, person.access) == 200
    assert await status_of(world, elsewhere["access_token"]) == 401
    form = {"grant_type": "refresh_token", "refresh_token": elsewhere["refresh_token"]}
    assert (await world.client.post(TOKEN, data=form)).json()["error"] == "invalid_grant"
    form["refresh_token"] = person.refresh
    assert (await world.client.post(TOKEN, data=form)).status_code == 200
    old = {"grant_type": "password", "username": person.email, "password": PASSWORD}
    assert (await world.client.post(TOKEN, data=old)).json()["error"] == "invalid_grant"
    await world.sign_in(person.email, NEW_PASSWORD)


async def test_a_wrong_current_password_is_403_and_changes_nothing(world: World) -> None:
    person = await world.person()
    answer = await change_password(world, person, "another one", NEW_PASSWORD)
    found = ("body", "/current_password")
    problem = assert_problem(answer, 403, "wrong-password", found, operation="changePassword")
    assert problem["errors"][0]["code"] == "wrong"
    await world.sign_in(person.email, PASSWORD)


async def test_a_weak_new_password_is_refused(world: World) -> None:
    person = await world.person()
    answer = await change_password(world, person, PASSWORD, "short")
    assert_problem(answer, 422, "validation-failed", ("body", "/new_password"), operation="changePassword")


async def test_of_two_changes_at_once_one_wins(world: World) -> None:
    person = await world.person()
    new = [NEW_PASSWORD, "sixty notches on birch"]
    answers = await asyncio.gather(*(change_password(world, person, PASSWORD, one) for one in new))
    assert sorted(answer.status_code for answer in answers) == [204, 403]


# ---------------------------------------------------------------- sessions


async def test_my_sessions_are_listed_newest_first_with_the_current_one_marked(world: World) -> None:
    person, other = await world.person(), await world.person()
    form = {"grant_type": "password", "username": person.email, "password": PASSWORD}
    second = (await world.client.post(TOKEN, data=form, headers={"User-Agent": "Lynx/2.8\t(text)"})).json()
    answer = await sessions(world, second["access_token"], include_total="true")
    assert answer.status_code == 200
    page = answer.json()
    newest, oldest = page["data"]
    assert (page["next_cursor"], page["total"]) == (None, 2)
    assert set(newest) == {"id", "created_at", "last_used_at", "expires_at", "user_agent", "current"}
    assert (newest["current"], oldest["current"]) == (True, False)
    assert newest["user_agent"] == "Lynx/2.8(text)"
    assert newest["created_at"] > oldest["created_at"]
    assert newest["expires_at"] > newest["last_used_at"]
    theirs = (await sessions(world, other.access)).json()["data"]
    assert not {one["id"] for one in theirs} & {newest["id"], oldest["id"]}


async def test_a_total_is_given_only_where_asked(world: World) -> None:
    person = await world.person()
    assert set((await sessions(world, person.access)).json()) == {"data", "next_cursor"}


async def test_sessions_can_be_walked_page_by_page(world: World) -> None:
    person = await world.person()
    for _ in range(4):
        await world.sign_in(person.email)
    whole = (await sessions(world, person.access)).json()["data"]
    walked: list[Any] = []
    query: dict[str, Any] = {"limit": 2}
    while query.get("cursor", "first") is not None:
        page = (await sessions(world, person.access, **query)).json()
        walked += page["data"]
        query["cursor"] = page["next_cursor"]
    assert walked == whole
    assert len(whole) == 5


async def test_a_session_ended_is_gone_at_once_and_from_the_list(world: World) -> None:
    person = await world.person()
    elsewhere = await world.sign_in(person.email)
    listed = (await sessions(world, person.access)).json()["data"]
    target = next(one["id"] for one in listed if not one["current"])
    answer = await world.client.delete(f"{SESSIONS}/{target}", headers=person.auth)
    assert (answer.status_code, answer.content) == (204, b"")
    assert await status_of(world, elsewhere["access_token"]) == 401
    assert [one["id"] for one in (await sessions(world, person.access)).json()["data"]] != [target]
    again = await world.client.delete(f"{SESSIONS}/{target}", headers=person.auth)
    assert_problem(again, 404, "session-not-found", operation="revokeMySession")


async def test_ending_the_current_session_signs_out(world: World) -> None:
    person = await world.person()
    [current] = (await sessions(world, person.access)).json()["data"]
    assert (await world.client.delete(f"{SESSIONS}/{current['id']}", headers=person.auth)).status_code == 204
    assert await status_of(world, person.access) == 401


@pytest.mark.parametrize("role", list(Role))
async def test_nobody_ends_the_session_of_somebody_else(world: World, role: Role) -> None:
    owner, other = await world.person(), await world.person(role)
    [theirs] = (await sessions(world, owner.access)).json()["data"]
    answer = await world.client.delete(f"{SESSIONS}/{theirs['id']}", headers=other.auth)
    assert_problem(answer, 404, "session-not-found", operation="revokeMySession")
    assert await status_of(world, owner.access) == 200


async def test_an_unknown_session_is_404(world: World) -> None:
    person = await world.person()
    answer = await world.client.delete(f"{SESSIONS}/{uuid4()}", headers=person.auth)
    assert_problem(answer, 404, "session-not-found", operation="revokeMySession")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/limit"),
        ("limit=101", "/limit"),
        ("cursor=abc", "/cursor"),
        ("include_total=yes", "/include_total"),
    ],
)
async def test_bad_paging_is_422(world: World, query: str, pointer: str) -> None:
    person = await world.person()
    answer = await world.client.get(f"{SESSIONS}?{query}", headers=person.auth)
    assert_problem(answer, 422, "validation-failed", ("query", pointer), operation="listMySessions")


async def test_items_of_a_session_that_ended_stay(world: World) -> None:
    person = await world.person()
    item = await world.item(person)
    await world.client.post("/api/v1/auth/revoke", data={"token": person.refresh})
    again = await world.sign_in(person.email)
    page = await world.client.get(ITEMS, headers=bearer(again["access_token"]))
    assert [one["id"] for one in page.json()["data"]] == [item.id]
