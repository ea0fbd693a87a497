"""Every operation of the contract, called by everybody: what each gets follows from the contract and four rules.

The contract says which scopes an operation needs. What it cannot say is whose things a caller may touch: that is
`REACHES_ALL`. Nothing here is a list of expected answers.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from app.kit.principal import SCOPES_OF, Role, Scope
from generated.operations import OPERATIONS
from tallystick.runtime.operation import Operation
from tests.support.problems import assert_problem
from tests.support.requests import BY_ID, SECURED, good_request, places_for, success_of
from tests.support.world import ALL_SCOPES, API, USERS, Person, World, bearer

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Operations on a thing that belongs to somebody, and the scope that lets a caller reach the things of others.
REACHES_ALL: Mapping[str, Scope | None] = {
    "getItem": Scope.ITEMS_READ_ALL,
    "replaceItem": Scope.ITEMS_WRITE_ALL,
    "updateItem": Scope.ITEMS_WRITE_ALL,
    "deleteItem": Scope.ITEMS_WRITE_ALL,
    "revokeMySession": None,
}
IDS = [operation.id for operation in OPERATIONS]
PUBLIC = [operation for operation in IDS if operation not in SECURED]


@dataclass(frozen=True)
class Caller:
    """Who calls: a credential, what it is worth, and whether the things asked for are theirs."""

    headers: Mapping[str, str]
    scopes: frozenset[str] | None
    is_owner: bool = False


Cast = Callable[[World, Person, Operation], Awaitable[Caller]]


def expected_status(operation: Operation, caller: Caller) -> int:
    """What the contract and the rules make of a call."""
    if not operation.security:
        return success_of(operation.id)
    if caller.scopes is None:
        return 401
    if not any(all(set(need.scopes) <= caller.scopes for need in needs) for needs in operation.security):
        return 403
    if operation.id in REACHES_ALL and not caller.is_owner and REACHES_ALL[operation.id] not in caller.scopes:
        return 404
    return success_of(operation.id)


# ---------------------------------------------------------------- who calls


def needed(operation: Operation) -> frozenset[str]:
    """The scopes that an operation asks for."""
    return frozenset(scope for needs in operation.security for need in needs for scope in need.scopes)


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def signed(world: World, claims: dict[str, Any], key: Ed25519PrivateKey | None = None, **header: str) -> str:
    """A token with these claims and every other thing in order."""
    kid = world.services.tokens.jwks()[0]["kid"]
    return jwt.encode(claims, key or own_key(world), "EdDSA", {"kid": kid, "typ": "at+jwt"} | header)


def own_key(world: World) -> Ed25519PrivateKey:
    """The server's own key."""
    secret = world.services.settings.auth.private_keys
    assert secret is not None
    key = load_pem_private_key(secret.get_secret_value().encode(), None)
    assert isinstance(key, Ed25519PrivateKey)
    return key


def unsigned(token: str, algorithm: str) -> str:
    """The token under another algorithm, without signature."""
    _, claims, _ = token.split(".")
    header = json.dumps(jwt.get_unverified_header(token) | {"alg": algorithm}).encode()
    return f"{base64.urlsafe_b64encode(header).rstrip(b'=').decode()}.{claims}."


def signed_with_the_public_key(world: World, token: str) -> str:
    """HMAC with what everybody knows, for verifiers that let the token choose the algorithm."""
    public = own_key(world).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    header = jwt.get_unverified_header(token)
    return jwt.encode(claims_of(token), public, "HS256", {"kid": header["kid"], "typ": "at+jwt"})


def spoilt(**change: Any) -> Cast:
    """The owner's token with other claims, signed by the server itself."""

    async def cast(world: World, owner: Person, _: Operation) -> Caller:
        return Caller(bearer(signed(world, claims_of(owner.access) | change)), None)

    return cast


def without(claim: str) -> Cast:
    """The owner's token without a claim."""

    async def cast(world: World, owner: Person, _: Operation) -> Caller:
        claims = {name: value for name, value in claims_of(owner.access).items() if name != claim}
        return Caller(bearer(signed(world, claims)), None)

    return cast


def credential(make: Callable[[World, Person], Mapping[str, str]]) -> Cast:
    """Headers that admit nobody."""

    async def cast(world: World, owner: Person, _: Operation) -> Caller:
        return Caller(make(world, owner), None)

    return cast


def somebody_else(role: Role) -> Cast:
    """A good token of another account."""

    async def cast(world: World, _: Person, __: Operation) -> Caller:
        return Caller((await world.person(role)).auth, frozenset(SCOPES_OF[role]))

    return cast


async def the_owner(_: World, owner: Person, __: Operation) -> Caller:
    return Caller(owner.auth, frozenset(SCOPES_OF[owner.role]), is_owner=True)


async def the_owner_with_only_what_is_needed(world: World, owner: Person, operation: Operation) -> Caller:
    scopes = needed(operation) or frozenset({"me:read"})
    tokens = await world.sign_in(owner.email, scope=" ".join(sorted(scopes)))
    return Caller(bearer(tokens["access_token"]), scopes, is_owner=True)


async def the_owner_with_all_but_what_is_needed(world: World, owner: Person, operation: Operation) -> Caller:
    scopes = ALL_SCOPES - needed(operation)
    tokens = await world.sign_in(owner.email, scope=" ".join(sorted(scopes)))
    return Caller(bearer(tokens["access_token"]), scopes, is_owner=True)


async def a_deactivated_user(world: World, owner: Person, _: Operation) -> Caller:
    person = await world.person(Role.ADMIN)
    headers = owner.auth | {"Content-Type": "application/merge-patch+json"}
    answer = await world.client.patch(f"{USERS}/{person.id}", json={"is_active": False}, headers=headers)
    assert answer.status_code == 200
    return Caller(person.auth, None)


async def a_deleted_user(world: World, owner: Person, _: Operation) -> Caller:
    person = await world.person(Role.ADMIN)
    assert (await world.client.delete(f"{USERS}/{person.id}", headers=owner.auth)).status_code == 204
    return Caller(person.auth, None)


async def a_revoked_session(world: World, owner: Person, _: Operation) -> Caller:
    tokens = await world.sign_in(owner.email)
    assert (await world.client.post(f"{API}/auth/revoke", data={"token": tokens["refresh_token"]})).status_code == 200
    return Caller(bearer(tokens["access_token"]), None)


NOW = int(datetime.now(UTC).timestamp())
CALLERS: Mapping[str, Cast] = {
    "anonymous": credential(lambda *_: {}),
    "garbage": credential(lambda *_: bearer("garbage")),
    "empty": credential(lambda *_: {"Authorization": "Bearer "}),
    "another scheme": credential(lambda *_: {"Authorization": "Basic YWRhOmFkYQ=="}),
    "refresh token": credential(lambda _, owner: bearer(owner.refresh)),
    "signed by another key": credential(
        lambda world, owner: bearer(signed(world, claims_of(owner.access), Ed25519PrivateKey.generate()))
    ),
    "unknown key id": credential(lambda world, owner: bearer(signed(world, claims_of(owner.access), kid="other"))),
    "another header type": credential(lambda world, owner: bearer(signed(world, claims_of(owner.access), typ="JWT"))),
    "algorithm none": credential(lambda _, owner: bearer(unsigned(owner.access, "none"))),
    "no signature": credential(lambda _, owner: bearer(unsigned(owner.access, "EdDSA"))),
    "signed with the public key": credential(
        lambda world, owner: bearer(signed_with_the_public_key(world, owner.access))
    ),
    "changed after signing": credential(lambda _, owner: bearer(changed(owner.access))),
    "expired": spoilt(iat=NOW - 2000, nbf=NOW - 2000, exp=NOW - 1100),
    "not valid yet": spoilt(iat=NOW + 1000, nbf=NOW + 1000, exp=NOW + 1900),
    "lives too long": spoilt(exp=NOW + 10_000_000),
    "another audience": spoilt(aud="another-api"),
    "a list of audiences": spoilt(aud=["tallystick-api", "another-api"]),
    "another issuer": spoilt(iss="https://example.com"),
    "another type": spoilt(type="refresh"),
    "no session": without("sid"),
    "no expiry": without("exp"),
    "deactivated user": a_deactivated_user,
    "deleted user": a_deleted_user,
    "revoked session": a_revoked_session,
    "other user": somebody_else(Role.USER),
    "other moderator": somebody_else(Role.MODERATOR),
    "other administrator": somebody_else(Role.ADMIN),
    "owner": the_owner,
    "owner, narrowed to what is needed": the_owner_with_only_what_is_needed,
    "owner, narrowed to everything else": the_owner_with_all_but_what_is_needed,
}


def changed(token: str) -> str:
    """A signature of other claims."""
    header, _, signature = token.split(".")
    claims = json.dumps(claims_of(token) | {"scope": " ".join(ALL_SCOPES)}).encode()
    return f"{header}.{base64.urlsafe_b64encode(claims).rstrip(b'=').decode()}.{signature}"


# ---------------------------------------------------------------- the matrix


@pytest.fixture
def world(shared: World) -> World:
    """One application for all: everybody is made anew for each case."""
    return shared


@pytest.mark.parametrize("who", CALLERS)
@pytest.mark.parametrize("operation_id", IDS)
async def test_each_gets_what_the_contract_says(world: World, operation_id: str, who: str) -> None:
    operation = BY_ID[operation_id]
    owner = await world.person(Role.ADMIN)
    caller = await CALLERS[who](world, owner, operation)
    places = await places_for(operation_id, world, owner)
    answer = await good_request(operation_id, places).but(headers=caller.headers).send(world.client)
    expected = expected_status(operation, caller)
    assert answer.status_code == expected, answer.text
    assert expected in operation.statuses
    if expected == 401:
        assert_challenge(answer, presented=who not in ("anonymous", "another scheme"))
    elif expected == 403:
        assert_problem(answer, 403, "forbidden", operation=operation_id)
    elif expected == 404:
        assert answer.json()["type"].endswith("-not-found")


def assert_challenge(answer: httpx.Response, *, presented: bool) -> None:
    """RFC 6750, section 3: who sent a token learns that it is not good, others only how to sign in."""
    assert_problem(answer, 401, "unauthorized")
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("Bearer")
    assert ('error="invalid_token"' in challenge) is presented


@pytest.mark.parametrize("operation_id", [one for one in SECURED if BY_ID[one].method == "GET"])
async def test_head_asks_for_the_same_as_get(world: World, operation_id: str) -> None:
    request = good_request(operation_id).but(method="HEAD")
    assert (await request.send(world.client)).status_code == 401
    lacking = world.stranger(ALL_SCOPES - needed(BY_ID[operation_id]))
    assert (await request.but(headers=lacking).send(world.client)).status_code == 403


async def test_the_contract_decides_who_is_asked(world: World) -> None:
    """The matrix is empty talk if the operation table has no security, or scopes that nobody has."""
    assert len(SECURED) == 17
    assert set(PUBLIC) >= {"issueToken", "registerUser", "getHealth"}
    for operation_id in SECURED:
        assert needed(BY_ID[operation_id]) <= ALL_SCOPES
    assert set(REACHES_ALL) <= set(SECURED)


async def test_two_credentials_are_not_one(world: World) -> None:
    person = await world.person()
    headers = [("Authorization", f"Bearer {person.access}"), ("Authorization", "Bearer garbage")]
    assert (await world.client.get(f"{USERS}/me", headers=headers)).status_code == 401


@pytest.mark.parametrize("form", ["access_token={}", "token={}"])
async def test_a_token_in_the_query_admits_nobody(world: World, form: str) -> None:
    person = await world.person()
    answer = await world.client.get(f"{USERS}/me?{form.format(person.access)}")
    assert_problem(answer, 401, "unauthorized")
    assert person.access not in answer.text
