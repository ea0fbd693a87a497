"""Administration of accounts."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.kit.principal import Role
from tests.support.problems import assert_problem
from tests.support.world import ME, PASSWORD, USERS, Person, World, bearer, new_email

MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture
async def admin(world: World) -> Person:
    return await world.person(Role.ADMIN)


async def create(world: World, admin: Person, **content: Any) -> httpx.Response:
    account = {"email": new_email(), "password": PASSWORD, "display_name": "Grace"} | content
    return await world.client.post(USERS, json=account, headers=admin.auth)


async def patch(world: World, admin: Person, user_id: str, content: object) -> httpx.Response:
    return await world.client.patch(f"{USERS}/{user_id}", json=content, headers=admin.auth | MERGE_PATCH)


async def page(world: World, admin: Person, **query: Any) -> dict[str, Any]:
    answer = await world.client.get(USERS, params=query, headers=admin.auth)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


# ---------------------------------------------------------------- create and read


async def test_an_account_is_opened_with_any_role(world: World, admin: Person) -> None:
    answer = await create(world, admin, email="grace@example.com", role="moderator", is_active=False)
    assert answer.status_code == 201
    body = answer.json()
    assert answer.headers["Location"] == f"{USERS}/{body['id']}"
    assert (body["email"], body["role"], body["is_active"]) == ("grace@example.com", "moderator", False)
    assert "password" not in body
    read = await world.client.get(answer.headers["Location"], headers=admin.auth)
    assert (read.status_code, read.json()) == (200, body)


async def test_left_out_means_an_active_user(world: World, admin: Person) -> None:
    body = (await create(world, admin)).json()
    assert (body["role"], body["is_active"]) == ("user", True)
    await world.sign_in(body["email"])


async def test_a_taken_address_is_409(world: World, admin: Person) -> None:
    answer = await create(world, admin, email=admin.email.upper())
    assert_problem(answer, 409, "email-taken", ("body", "/email"), operation="createUser")


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({"role": "root"}, "/role"),
        ({"role": None}, "/role"),
        ({"is_active": "true"}, "/is_active"),
        ({"is_active": 1}, "/is_active"),
        ({"email": "a@b"}, "/email"),
        ({"email": "ada@example.com\n"}, "/email"),
        ({"password": "x" * 129}, "/password"),
        ({"display_name": ""}, "/display_name"),
        ({"id": "1"}, "/id"),
    ],
)
async def test_what_breaks_the_contract_is_told(
    world: World, admin: Person, content: dict[str, Any], pointer: str
) -> None:
    answer = await create(world, admin, **content)
    assert_problem(answer, 422, "validation-failed", ("body", pointer), operation="createUser")


@pytest.mark.parametrize("operation", ["getUser", "updateUser", "deleteUser"])
async def test_an_unknown_account_is_404(world: World, admin: Person, operation: str) -> None:
    user_id = str(uuid4())
    match operation:
        case "getUser":
            answer = await world.client.get(f"{USERS}/{user_id}", headers=admin.auth)
        case "updateUser":
            answer = await patch(world, admin, user_id, {"display_name": "x"})
        case _:
            answer = await world.client.delete(f"{USERS}/{user_id}", headers=admin.auth)
    assert_problem(answer, 404, "user-not-found", operation=operation)


# ---------------------------------------------------------------- change


async def test_what_is_absent_stays_as_it_is(world: World, admin: Person) -> None:
    before = (await create(world, admin, role="moderator")).json()
    answer = await patch(world, admin, before["id"], {"display_name": "Grace H."})
    assert answer.status_code == 200
    after = answer.json()
    assert after == before | {"display_name": "Grace H.", "updated_at": after["updated_at"]}
    assert after["updated_at"] > before["updated_at"]


@pytest.mark.parametrize("name", ["email", "display_name", "role", "is_active"])
async def test_null_is_not_absent(world: World, admin: Person, name: str) -> None:
    before = (await create(world, admin)).json()
    answer = await patch(world, admin, before["id"], {name: None})
    assert_problem(answer, 422, "validation-failed", ("body", f"/{name}"), operation="updateUser")
    read = await world.client.get(f"{USERS}/{before['id']}", headers=admin.auth)
    assert read.json() == before


async def test_an_empty_change_is_422(world: World, admin: Person) -> None:
    answer = await patch(world, admin, admin.id, {})
    assert_problem(answer, 422, "validation-failed", ("body", ""), operation="updateUser")


async def test_a_taken_address_cannot_be_moved_to(world: World, admin: Person) -> None:
    body = (await create(world, admin)).json()
    answer = await patch(world, admin, body["id"], {"email": admin.email.capitalize()})
    assert_problem(answer, 409, "email-taken", ("body", "/email"), operation="updateUser")


async def test_the_own_address_in_other_letters_is_no_conflict(world: World, admin: Person) -> None:
    answer = await patch(world, admin, admin.id, {"email": admin.email.upper()})
    assert (answer.status_code, answer.json()["email"]) == (200, admin.email.upper())


@pytest.mark.parametrize("content", [{"role": "moderator"}, {"is_active": False}])
async def test_another_role_or_deactivation_ends_the_sessions(
    world: World, admin: Person, content: dict[str, Any]
) -> None:
    person = await world.person()
    assert (await patch(world, admin, person.id, content)).status_code == 200
    assert (await world.client.get(ME, headers=person.auth)).status_code == 401


@pytest.mark.parametrize("content", [{"role": "user"}, {"is_active": True}, {"display_name": "x"}])
async def test_what_changes_no_right_ends_no_session(world: World, admin: Person, content: dict[str, Any]) -> None:
    person = await world.person()
    assert (await patch(world, admin, person.id, content)).status_code == 200
    assert (await world.client.get(ME, headers=person.auth)).status_code == 200


async def test_a_promoted_user_gets_the_new_scopes_with_the_next_sign_in(world: World, admin: Person) -> None:
    person = await world.person()
    await patch(world, admin, person.id, {"role": "admin"})
    tokens = await world.sign_in(person.email)
    assert (await world.client.get(USERS, headers=bearer(tokens["access_token"]))).status_code == 200


@pytest.mark.parametrize("content", [{"role": "user"}, {"role": "moderator"}, {"is_active": False}])
async def test_the_last_active_administrator_stays_one(world: World, admin: Person, content: dict[str, Any]) -> None:
    await create(world, admin, role="admin", is_active=False)
    answer = await patch(world, admin, admin.id, content)
    assert_problem(answer, 409, "last-administrator", operation="updateUser")
    read = (await world.client.get(ME, headers=admin.auth)).json()
    assert (read["role"], read["is_active"]) == ("admin", True)


async def test_of_two_administrators_who_demote_each_other_one_stays(world: World, admin: Person) -> None:
    other = await world.person(Role.ADMIN)
    answers = await asyncio.gather(
        patch(world, admin, other.id, {"role": "user"}), patch(world, other, admin.id, {"role": "user"})
    )
    # Whoever is second is refused: as the last one, or because the session has ended meanwhile.
    assert sorted(answer.status_code for answer in answers) in ([200, 401], [200, 409])


# ---------------------------------------------------------------- delete


async def test_a_deleted_account_is_gone_with_items_and_sessions(world: World, admin: Person) -> None:
    person = await world.person()
    item = await world.item(person)
    answer = await world.client.delete(f"{USERS}/{person.id}", headers=admin.auth)
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await world.client.get(ME, headers=person.auth)).status_code == 401
    for path, slug in ((f"{USERS}/{person.id}", "user-not-found"), (item.path, "item-not-found")):
        assert_problem(await world.client.get(path, headers=admin.auth), 404, slug)
    again = await world.client.delete(f"{USERS}/{person.id}", headers=admin.auth)
    assert_problem(again, 404, "user-not-found", operation="deleteUser")


async def test_the_last_active_administrator_is_not_deleted(world: World, admin: Person) -> None:
    answer = await world.client.delete(f"{USERS}/{admin.id}", headers=admin.auth)
    assert_problem(answer, 409, "last-administrator", operation="deleteUser")


async def test_the_last_administrator_has_to_stay(world: World) -> None:
    only = await world.person(Role.ADMIN)
    answer = await world.client.delete(ME, headers=only.auth)
    assert_problem(answer, 409, "last-administrator", operation="deleteMe")
    assert (await world.client.get(ME, headers=only.auth)).status_code == 200
    await world.person(Role.ADMIN)
    assert (await world.client.delete(ME, headers=only.auth)).status_code == 204


async def test_of_two_administrators_who_leave_at_once_one_stays(world: World) -> None:
    both = [await world.person(Role.ADMIN), await world.person(Role.ADMIN)]
    answers = await asyncio.gather(*(world.client.delete(ME, headers=one.auth) for one in both))
    assert sorted(answer.status_code for answer in answers) == [204, 409]


# ---------------------------------------------------------------- list


async def test_accounts_are_listed_newest_first(world: World, admin: Person) -> None:
    created = [(await create(world, admin)).json()["id"] for _ in range(3)]
    found = await page(world, admin)
    assert [one["id"] for one in found["data"]] == [*reversed(created), admin.id]
    assert found["next_cursor"] is None
    assert "total" not in found


async def test_pages_hold_everybody_once_while_others_arrive(world: World, admin: Person) -> None:
    created = {(await create(world, admin)).json()["id"] for _ in range(5)}
    walked: list[str] = []
    query: dict[str, Any] = {"limit": 2, "include_total": "true"}
    while query.get("cursor", "first") is not None:
        found = await page(world, admin, **query)
        assert found["total"] >= 6
        walked += [one["id"] for one in found["data"]]
        query["cursor"] = found["next_cursor"]
        await create(world, admin)
    assert len(walked) == len(set(walked))
    assert set(walked) == created | {admin.id}, "newcomers stand before the first page"


async def test_filters_add_up(world: World, admin: Person) -> None:
    await create(world, admin, email="grace@example.com", role="moderator")
    await create(world, admin, email="Gracious@example.com", role="moderator", is_active=False)
    await create(world, admin, email="a.grace@example.com")

    async def emails(**query: Any) -> set[str]:
        return {one["email"] for one in (await page(world, admin, **query))["data"]}

    assert await emails(role="moderator") == {"grace@example.com", "Gracious@example.com"}
    assert await emails(is_active="false") == {"Gracious@example.com"}
    assert await emails(q="GRAC") == {"grace@example.com", "Gracious@example.com"}
    assert await emails(q="grac", role="moderator", is_active="true") == {"grace@example.com"}
    assert await emails(q="%") == set(), "a wildcard of the database is only a character"
    assert (await page(world, admin, role="moderator", include_total="true", limit=1))["total"] == 2


@pytest.mark.parametrize(
    ("query", "pointers"),
    [
        ("role=root", ["/role"]),
        ("is_active=1", ["/is_active"]),
        ("q=", ["/q"]),
        ("limit=0&cursor=x&colour=red", ["/colour", "/cursor", "/limit"]),
        ("limit=1&limit=2", ["/limit"]),
        ("cursor=" + "F" * 48, ["/cursor"]),
    ],
)
async def test_bad_filters_are_422(world: World, admin: Person, query: str, pointers: list[str]) -> None:
    answer = await world.client.get(f"{USERS}?{query}", headers=admin.auth)
    found = [("query", pointer) for pointer in pointers]
    assert_problem(answer, 422, "validation-failed", *found, operation="listUsers")


@pytest.mark.parametrize("cursor", ["0" * 48, "f" * 48, "7" + "f" * 47, "8" + "0" * 47])
async def test_every_cursor_is_a_place(world: World, admin: Person, cursor: str) -> None:
    assert set(await page(world, admin, cursor=cursor)) == {"data", "next_cursor"}
