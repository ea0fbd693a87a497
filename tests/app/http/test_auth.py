"""Registering, signing in, refreshing, signing out, public keys - and the shapes that OAuth clients rely on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest

from app.kit.principal import Role
from tests.support.problems import assert_problem
from tests.support.world import API, ME, PASSWORD, TOKEN, USERS, Person, World, bearer, new_email

pytestmark = pytest.mark.asyncio(loop_scope="module")

REGISTER = f"{API}/auth/register"
REVOKE = f"{API}/auth/revoke"
JWKS = "/.well-known/jwks.json"
USER_SCOPES = "items:read items:write me:read me:write"


@pytest.fixture
def world(shared: World) -> World:
    """One application for all tests here: each has people of its own."""
    return shared


async def refresh(world: World, token: str, **fields: str) -> httpx.Response:
    return await world.client.post(TOKEN, data={"grant_type": "refresh_token", "refresh_token": token} | fields)


async def grant(world: World, **fields: str) -> httpx.Response:
    return await world.client.post(TOKEN, data=fields)


def assert_token_error(answer: httpx.Response, error: str, *pointers: tuple[str, str]) -> dict[str, Any]:
    return assert_problem(answer, 400, error.replace("_", "-"), *pointers, operation="issueToken", error=error)


async def is_admitted(world: World, access: str) -> bool:
    status = (await world.client.get(ME, headers=bearer(access))).status_code
    assert status in (200, 401)
    return status == 200


# ---------------------------------------------------------------- registering


async def test_registering_opens_an_account_of_a_user(world: World) -> None:
    account = {"email": "Ada@Example.com", "password": PASSWORD, "display_name": "Ada \N{SNOWMAN}"}
    answer = await world.client.post(REGISTER, json=account)
    assert answer.status_code == 201
    body = answer.json()
    user_id = UUID(body.pop("id"))
    assert user_id.version == 7
    assert body.pop("created_at") == body.pop("updated_at")
    expected = {"email": "Ada@Example.com", "display_name": "Ada \N{SNOWMAN}", "role": "user", "is_active": True}
    assert body == expected
    assert answer.headers["Location"] == f"{USERS}/{user_id}"
    assert answer.headers["Content-Type"] == "application/json"
    tokens = await world.sign_in("ada@example.com")
    me = await world.client.get(ME, headers=bearer(tokens["access_token"]))
    assert me.json()["id"] == str(user_id)


@pytest.mark.parametrize("write", [str.lower, str.upper, str.title])
async def test_an_address_is_registered_once_however_it_is_written(world: World, write: Callable[[str], str]) -> None:
    email = new_email()
    account = {"email": email, "password": PASSWORD, "display_name": "Ada"}
    assert (await world.client.post(REGISTER, json=account)).status_code == 201
    answer = await world.client.post(REGISTER, json=account | {"email": write(email)})
    problem = assert_problem(answer, 409, "email-taken", ("body", "/email"), operation="registerUser")
    assert problem["errors"][0]["code"] == "taken"
    assert "Location" not in answer.headers


async def test_of_registrations_of_one_address_at_once_one_wins(world: World) -> None:
    account = {"email": new_email(), "password": PASSWORD, "display_name": "Ada"}
    answers = await asyncio.gather(*(world.client.post(REGISTER, json=account) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


async def test_everything_wrong_with_a_registration_is_told_at_once(world: World) -> None:
    account = {"email": "nobody", "password": "hush-hush", "role": "admin"}
    answer = await world.client.post(REGISTER, json=account)
    pointers = [("body", pointer) for pointer in ("/display_name", "/email", "/password", "/role")]
    assert_problem(answer, 422, "validation-failed", *pointers, operation="registerUser")
    assert "hush-hush" not in answer.text, "passwords are not repeated"


# ---------------------------------------------------------------- signing in


async def test_signing_in_gives_tokens_that_nobody_may_keep(world: World) -> None:
    person = await world.person()
    answer = await grant(world, grant_type="password", username=person.email.upper(), password=PASSWORD)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert set(body) == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 900, USER_SCOPES)
    assert await is_admitted(world, body["access_token"])


async def test_access_tokens_hold_what_others_need_to_verify_them(world: World) -> None:
    person = await world.person()
    [key] = (await world.client.get(JWKS)).json()["keys"]
    header = jwt.get_unverified_header(person.access)
    assert header == {"alg": "EdDSA", "kid": key["kid"], "typ": "at+jwt"}
    claims = jwt.decode(
        person.access, jwt.PyJWK(key).key, algorithms=["EdDSA"], audience="tallystick-api", issuer="tallystick"
    )
    assert claims["sub"] == person.id
    assert claims["type"] == "access"
    assert claims["scope"] == USER_SCOPES
    assert claims["exp"] - claims["iat"] == 900
    assert {"jti", "sid", "nbf"} <= set(claims)


@pytest.mark.parametrize("role", list(Role))
async def test_a_token_gets_the_scopes_of_the_role(world: World, role: Role) -> None:
    person = await world.person(role)
    claims = jwt.decode(person.access, options={"verify_signature": False})
    expected = {Role.USER: 4, Role.MODERATOR: 5, Role.ADMIN: 8}
    assert len(claims["scope"].split()) == expected[role]


async def test_a_token_can_be_narrowed(world: World) -> None:
    person = await world.person()
    tokens = await world.sign_in(person.email, scope="me:read")
    assert tokens["scope"] == "me:read"
    narrowed = bearer(tokens["access_token"])
    assert (await world.client.get(ME, headers=narrowed)).status_code == 200
    refused = await world.client.patch(
        ME, json={"display_name": "x"}, headers=narrowed | {"Content-Type": "application/merge-patch+json"}
    )
    assert_problem(refused, 403, "forbidden", operation="updateMe")


@pytest.mark.parametrize("scope", ["users:write", "me:read items:write:all", "no:such:scope"])
async def test_more_than_the_account_may_do_is_invalid_scope(world: World, scope: str) -> None:
    person = await world.person()
    form = {"grant_type": "password", "username": person.email, "password": PASSWORD, "scope": scope}
    assert_token_error(await grant(world, **form), "invalid_scope")


@pytest.mark.parametrize("scope", ["", " me:read", "me:read  me:write", "ME:READ"])
async def test_a_malformed_scope_is_an_invalid_request(world: World, scope: str) -> None:
    form = {"grant_type": "password", "username": "ada@example.com", "password": PASSWORD, "scope": scope}
    assert_token_error(await grant(world, **form), "invalid_request", ("body", "/scope"))


async def test_unknown_addresses_and_wrong_passwords_look_alike(world: World) -> None:
    person = await world.person()
    wrong = await grant(world, grant_type="password", username=person.email, password="not the password")
    unknown = await grant(world, grant_type="password", username="nobody@example.com", password=PASSWORD)
    told = [assert_token_error(answer, "invalid_grant") for answer in (wrong, unknown)]
    for body in told:
        del body["request_id"]
    assert told[0] == told[1]
    assert wrong.headers.keys() == unknown.headers.keys()


async def test_a_deactivated_account_cannot_sign_in(world: World) -> None:
    person, admin = await world.person(), await world.person(Role.ADMIN)
    await deactivate(world, admin, person)
    answer = await grant(world, grant_type="password", username=person.email, password=PASSWORD)
    assert_token_error(answer, "invalid_grant")


@pytest.mark.parametrize("grant_type", ["client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer"])
async def test_other_grants_are_unsupported(world: World, grant_type: str) -> None:
    assert_token_error(await grant(world, grant_type=grant_type), "unsupported_grant_type")


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({}, ["/grant_type"]),
        ({"grant_type": "password"}, ["/password", "/username"]),
        ({"grant_type": "password", "username": "ada@example.com"}, ["/password"]),
        ({"grant_type": "refresh_token"}, ["/refresh_token"]),
        ({"grant_type": "refresh_token", "colour": "red"}, ["/colour"]),
    ],
)
async def test_fields_that_are_missing_or_unknown_are_named(
    world: World, fields: dict[str, str], missing: list[str]
) -> None:
    answer = await world.client.post(TOKEN, data=fields, headers={"Content-Type": "application/x-www-form-urlencoded"})
    if not fields:
        assert answer.status_code == 400
        assert answer.json()["error"] == "invalid_request"
    else:
        assert_token_error(answer, "invalid_request", *(("body", pointer) for pointer in missing))


async def test_error_descriptions_keep_to_the_characters_of_rfc_6749(world: World) -> None:
    answer = await world.client.post(
        TOKEN,
        content=b'grant_type=password&n%C3%A4me="\\',
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 400
    description = answer.json()["error_description"]
    assert description.isascii()
    assert not {'"', "\\"} & set(description)


# ---------------------------------------------------------------- refreshing


async def test_a_refresh_token_buys_a_new_pair_once(world: World) -> None:
    person = await world.person()
    answer = await refresh(world, person.refresh)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    renewed = answer.json()
    assert renewed["refresh_token"] != person.refresh
    assert renewed["access_token"] != person.access
    assert await is_admitted(world, renewed["access_token"])
    sessions = await world.client.get(f"{ME}/sessions", headers=bearer(renewed["access_token"]))
    assert len(sessions.json()["data"]) == 1, "refreshing continues the session"


async def test_a_refresh_token_used_twice_ends_its_session_and_no_other(world: World) -> None:
    person = await world.person()
    other = await world.sign_in(person.email)
    renewed = (await refresh(world, person.refresh)).json()
    assert_token_error(await refresh(world, person.refresh), "invalid_grant")
    assert_token_error(await refresh(world, renewed["refresh_token"]), "invalid_grant")
    assert not await is_admitted(world, renewed["access_token"]), "the thief's access token ends with the session"
    assert not await is_admitted(world, person.access)
    assert await is_admitted(world, other["access_token"])


async def test_of_exchanges_of_one_token_at_once_one_wins_and_the_session_ends(world: World) -> None:
    person = await world.person()
    answers = await asyncio.gather(*(refresh(world, person.refresh) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 400, 400]
    assert not await is_admitted(world, person.access)


async def test_a_narrowed_session_stays_narrow(world: World) -> None:
    person = await world.person()
    narrow = await world.sign_in(person.email, scope="me:read items:read")
    renewed = (await refresh(world, narrow["refresh_token"])).json()
    assert renewed["scope"] == "items:read me:read"
    narrower = await refresh(world, renewed["refresh_token"], scope="me:read")
    assert narrower.json()["scope"] == "me:read"
    wider = await refresh(world, narrower.json()["refresh_token"], scope="me:write")
    assert_token_error(wider, "invalid_scope")


async def test_a_refused_scope_does_not_use_the_refresh_token_up(world: World) -> None:
    person = await world.person()
    assert_token_error(await refresh(world, person.refresh, scope="users:read"), "invalid_scope")
    assert (await refresh(world, person.refresh)).status_code == 200


@pytest.mark.parametrize("token", ["nonsense", "0" * 32 + "." + "a" * 43, "a.b.c"])
async def test_an_unknown_refresh_token_is_an_invalid_grant(world: World, token: str) -> None:
    assert_token_error(await refresh(world, token), "invalid_grant")


async def test_the_right_id_with_a_wrong_secret_neither_opens_nor_ends_anything(world: World) -> None:
    person = await world.person()
    guess = person.refresh.partition(".")[0] + "." + "a" * 43
    assert_token_error(await refresh(world, guess), "invalid_grant")
    assert await is_admitted(world, person.access)
    assert (await refresh(world, person.refresh)).status_code == 200


async def test_access_and_refresh_tokens_do_not_stand_for_each_other(world: World) -> None:
    person = await world.person()
    assert (await refresh(world, person.access)).status_code == 400
    assert not await is_admitted(world, person.refresh)


# ---------------------------------------------------------------- signing out


@pytest.mark.parametrize("which", ["access", "refresh"])
@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token"])
async def test_revoking_either_token_ends_the_session(world: World, which: str, hint: str | None) -> None:
    person = await world.person()
    form = {"token": getattr(person, which)} | ({} if hint is None else {"token_type_hint": hint})
    answer = await world.client.post(REVOKE, data=form)
    assert (answer.status_code, answer.content) == (200, b"")
    assert not await is_admitted(world, person.access)
    assert_token_error(await refresh(world, person.refresh), "invalid_grant")


@pytest.mark.parametrize("token", ["nonsense", "0" * 32 + "." + "a" * 43, "a.b.c"])
async def test_revoking_what_is_nothing_succeeds(world: World, token: str) -> None:
    answer = await world.client.post(REVOKE, data={"token": token})
    assert (answer.status_code, answer.content) == (200, b"")


async def test_revoking_twice_succeeds(world: World) -> None:
    person = await world.person()
    for _ in range(2):
        assert (await world.client.post(REVOKE, data={"token": person.refresh})).status_code == 200


async def test_a_guessed_secret_revokes_nothing(world: World) -> None:
    person = await world.person()
    guess = person.refresh.partition(".")[0] + "." + "a" * 43
    assert (await world.client.post(REVOKE, data={"token": guess})).status_code == 200
    assert await is_admitted(world, person.access)


@pytest.mark.parametrize(
    ("form", "pointer"),
    [
        ({"token_type_hint": "access_token"}, "/token"),
        ({"token": "a", "token_type_hint": "id_token"}, "/token_type_hint"),
        ({"token": "a", "colour": "red"}, "/colour"),
    ],
)
async def test_a_wrong_revocation_is_an_invalid_request(world: World, form: dict[str, str], pointer: str) -> None:
    answer = await world.client.post(REVOKE, data=form)
    found = ("body", pointer)
    assert_problem(answer, 400, "invalid-request", found, operation="revokeToken", error="invalid_request")


# ---------------------------------------------------------------- keys, and accounts that end


async def test_the_public_keys_are_public_and_only_that(world: World) -> None:
    answer = await world.client.get(JWKS)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    [key] = answer.json()["keys"]
    assert set(key) == {"kty", "crv", "use", "alg", "kid", "x"}, "no private part"


async def deactivate(world: World, admin: Person, person: Person) -> None:
    answer = await world.client.patch(
        f"{USERS}/{person.id}",
        json={"is_active": False},
        headers=admin.auth | {"Content-Type": "application/merge-patch+json"},
    )
    assert answer.status_code == 200, answer.text


async def test_deactivation_locks_out_everywhere_at_once(world: World) -> None:
    person, admin = await world.person(), await world.person(Role.ADMIN)
    second = await world.sign_in(person.email)
    await deactivate(world, admin, person)
    for access in (person.access, second["access_token"]):
        assert not await is_admitted(world, access)
    for token in (person.refresh, second["refresh_token"]):
        assert_token_error(await refresh(world, token), "invalid_grant")


async def test_reactivation_asks_for_a_new_sign_in(world: World) -> None:
    person, admin = await world.person(), await world.person(Role.ADMIN)
    await deactivate(world, admin, person)
    headers = admin.auth | {"Content-Type": "application/merge-patch+json"}
    await world.client.patch(f"{USERS}/{person.id}", json={"is_active": True}, headers=headers)
    assert not await is_admitted(world, person.access), "what was ended stays ended"
    assert await is_admitted(world, (await world.sign_in(person.email))["access_token"])


async def test_deletion_ends_everything_of_an_account(world: World) -> None:
    person = await world.person()
    assert (await world.client.delete(ME, headers=person.auth)).status_code == 204
    assert not await is_admitted(world, person.access)
    assert_token_error(await refresh(world, person.refresh), "invalid_grant")
    assert_token_error(
        await grant(world, grant_type="password", username=person.email, password=PASSWORD), "invalid_grant"
    )
    account = {"email": person.email, "password": PASSWORD, "display_name": "Ada"}
    assert (await world.client.post(REGISTER, json=account)).status_code == 201, "the address is free again"


async def test_an_address_is_not_taken_by_a_registration_that_failed(world: World) -> None:
    account = {"email": new_email(), "password": "short", "display_name": "Ada"}
    assert (await world.client.post(REGISTER, json=account)).status_code == 422
    assert (await world.client.post(REGISTER, json=account | {"password": PASSWORD})).status_code == 201
