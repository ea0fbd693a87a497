"""Accounts and sessions over HTTP, each answer judged against the contract by the response guard."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import delete

from app.domain.users.tables import UserTable
from app.kit.principal import Role
from app.server.services import Services
from tests.app.domain.conftest import MakeCaller
from tests.support.api import PASSWORD, Caller, problem, sign_in

ME = "/api/v1/users/me"
SESSIONS = f"{ME}/sessions"
USERS = "/api/v1/users"
NEW = {"email": "bob@example.com", "password": PASSWORD, "display_name": "Bob"}


async def create(admin: Caller, **changes: Any) -> dict[str, Any]:
    answer = await admin.post(USERS, json=NEW | changes)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"{USERS}/{answer.json()['id']}"
    created: dict[str, Any] = answer.json()
    return created


async def test_my_account_is_mine_to_read_and_rename(ada_calls: Caller) -> None:
    mine = (await ada_calls.get(ME)).json()
    assert (mine["id"], mine["email"], mine["role"]) == (ada_calls.id, ada_calls.email, "user")
    renamed = await ada_calls.patch(ME, json={"display_name": "Ada L."})
    assert renamed.status_code == 200
    assert renamed.json()["display_name"] == "Ada L."
    for refused in ({"email": "x@example.com"}, {"role": "admin"}, {}, {"display_name": None}):
        assert problem(await ada_calls.patch(ME, json=refused)) == (422, "validation-failed")


async def test_deleting_my_account_signs_me_out(client: httpx.AsyncClient, ada_calls: Caller) -> None:
    answer = await ada_calls.delete(ME)
    assert (answer.status_code, answer.content) == (204, b"")
    assert problem(await ada_calls.get(ME)) == (401, "unauthorized")
    assert problem(await sign_in(client, ada_calls.email)) == (400, "invalid-grant")


async def test_the_last_administrator_cannot_leave(admin_calls: Caller) -> None:
    assert problem(await admin_calls.delete(ME)) == (409, "last-administrator")
    me = f"{USERS}/{admin_calls.id}"
    assert problem(await admin_calls.delete(me)) == (409, "last-administrator")
    assert problem(await admin_calls.patch(me, json={"role": "user"})) == (409, "last-administrator")
    assert problem(await admin_calls.patch(me, json={"is_active": False})) == (409, "last-administrator")
    await create(admin_calls, role="admin")
    assert (await admin_calls.delete(ME)).status_code == 204


async def test_changing_my_password_needs_the_current_one(
    client: httpx.AsyncClient, ada_calls: Caller, app: FastAPI
) -> None:
    other = (await sign_in(client, ada_calls.email)).json()["access_token"]
    change = {"current_password": "wrong", "new_password": "fifty notches on willow"}
    refused = await ada_calls.post(f"{ME}/password", json=change)
    assert problem(refused) == (403, "wrong-password")
    assert refused.json()["errors"][0]["pointer"] == "/current_password"
    changed = await ada_calls.post(f"{ME}/password", json=change | {"current_password": PASSWORD})
    assert (changed.status_code, changed.content) == (204, b"")
    assert (await ada_calls.get(ME)).status_code == 200, "the session it was changed from goes on"
    assert (await client.get(ME, headers={"Authorization": f"Bearer {other}"})).status_code == 401
    assert (await sign_in(client, ada_calls.email)).status_code == 400
    assert (await sign_in(client, ada_calls.email, "fifty notches on willow")).status_code == 200


async def test_my_sessions_are_listed_and_ended(client: httpx.AsyncClient, ada_calls: Caller) -> None:
    other = (await sign_in(client, ada_calls.email)).json()
    page = (await ada_calls.get(SESSIONS, params={"include_total": "true"})).json()
    assert (page["total"], page["next_cursor"]) == (2, None)
    assert sorted(session["current"] for session in page["data"]) == [False, True]
    first = (await ada_calls.get(SESSIONS, params={"limit": 1})).json()
    rest = (await ada_calls.get(SESSIONS, params={"limit": 1, "cursor": first["next_cursor"]})).json()
    assert first["data"] + rest["data"] == page["data"]
    (ended,) = [session["id"] for session in page["data"] if not session["current"]]
    assert (await ada_calls.delete(f"{SESSIONS}/{ended}")).status_code == 204
    assert problem(await ada_calls.delete(f"{SESSIONS}/{ended}")) == (404, "session-not-found")
    assert problem(await ada_calls.delete(f"{SESSIONS}/{uuid4()}")) == (404, "session-not-found")
    headers = {"Authorization": f"Bearer {other['access_token']}"}
    assert problem(await client.get(ME, headers=headers)) == (401, "unauthorized")


async def test_sessions_of_others_are_not_found(ada_calls: Caller, admin_calls: Caller) -> None:
    (session,) = (await ada_calls.get(SESSIONS)).json()["data"]
    assert problem(await admin_calls.delete(f"{SESSIONS}/{session['id']}")) == (404, "session-not-found")
    assert (await ada_calls.get(ME)).status_code == 200


async def test_administrators_open_read_change_and_delete_accounts(
    client: httpx.AsyncClient, admin_calls: Caller
) -> None:
    created = await create(admin_calls, role="moderator", is_active=False)
    path = f"{USERS}/{created['id']}"
    assert (await admin_calls.get(path)).json() == created
    assert (created["role"], created["is_active"]) == ("moderator", False)
    assert (await sign_in(client, "bob@example.com")).status_code == 400, "not active yet"
    changed = await admin_calls.patch(path, json={"is_active": True, "email": "BOB@example.org"})
    assert (changed.json()["email"], changed.json()["is_active"]) == ("BOB@example.org", True)
    assert (await sign_in(client, "bob@EXAMPLE.org")).status_code == 200
    assert (await admin_calls.delete(path)).status_code == 204
    for answer in (
        await admin_calls.get(path),
        await admin_calls.patch(path, json={"display_name": "x"}),
        await admin_calls.delete(path),
    ):
        assert problem(answer) == (404, "user-not-found")


async def test_defaults_of_a_new_account(admin_calls: Caller) -> None:
    created = await create(admin_calls)
    assert (created["role"], created["is_active"]) == ("user", True)
    assert "password" not in str(created)


async def test_an_address_is_taken_once(admin_calls: Caller) -> None:
    bob = await create(admin_calls)
    taken = await admin_calls.post(USERS, json=NEW | {"email": "BOB@example.com"})
    assert problem(taken) == (409, "email-taken")
    assert taken.json()["errors"][0]["pointer"] == "/email"
    clash = await admin_calls.patch(f"{USERS}/{bob['id']}", json={"email": admin_calls.email})
    assert problem(clash) == (409, "email-taken")


async def test_lists_filter_and_page(admin_calls: Caller) -> None:
    for number in range(3):
        await create(admin_calls, email=f"b{number}@example.com", role="moderator" if number else "user")
    page = (await admin_calls.get(USERS, params={"q": "B", "include_total": "true", "limit": 2})).json()
    assert [user["email"] for user in page["data"]] == ["b2@example.com", "b1@example.com"]
    assert page["total"] == 3
    rest = (await admin_calls.get(USERS, params={"q": "B", "cursor": page["next_cursor"]})).json()
    assert [user["email"] for user in rest["data"]] == ["b0@example.com"]
    found = (await admin_calls.get(USERS, params={"role": "moderator", "is_active": "true"})).json()
    assert len(found["data"]) == 2
    assert (await admin_calls.get(USERS, params={"is_active": "false"})).json()["data"] == []


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "moderator"}])
async def test_what_an_administrator_takes_away_is_gone_at_once(
    ada_calls: Caller, admin_calls: Caller, change: dict[str, Any]
) -> None:
    assert (await admin_calls.patch(f"{USERS}/{ada_calls.id}", json=change)).status_code == 200
    assert problem(await ada_calls.get(ME)) == (401, "unauthorized")
    assert (await admin_calls.get(ME)).status_code == 200


@pytest.mark.parametrize("role", [Role.USER, Role.MODERATOR])
async def test_accounts_are_for_administrators(make_caller: MakeCaller, role: Role) -> None:
    caller = await make_caller("eve@example.com", role=role)
    path = f"{USERS}/{caller.id}"
    for answer in (
        await caller.get(USERS),
        await caller.post(USERS, json=NEW),
        await caller.get(path),
        await caller.patch(path, json={"role": "admin"}),
        await caller.delete(path),
    ):
        assert problem(answer) == (403, "forbidden")


async def test_an_account_deleted_elsewhere_is_unauthorized(app: FastAPI, ada_calls: Caller) -> None:
    """The token is good for a moment longer, but there is nobody it stands for."""
    services: Services = app.state.services
    async with services.database.unit_of_work() as work:
        await (await work.begin()).execute(delete(UserTable))
    change = {"current_password": PASSWORD, "new_password": PASSWORD}
    for answer in (
        await ada_calls.get(ME),
        await ada_calls.patch(ME, json={"display_name": "x"}),
        await ada_calls.post(f"{ME}/password", json=change),
        await ada_calls.delete(ME),
    ):
        assert problem(answer) == (401, "unauthorized")
        assert answer.headers["www-authenticate"].startswith("Bearer")
