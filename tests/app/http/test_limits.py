"""429: the contract's `x-rate-limit`, per address or per account, and the bounded queue of password hashes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpx
import pytest
import pytest_asyncio

from app.kit.passwords import PasswordHasher
from app.kit.principal import Role
from app.settings import LimitsSettings, Settings
from generated.operations import OPERATIONS
from tests.support.problems import assert_problem
from tests.support.requests import BY_ID, Request, good_request, places_for
from tests.support.statuses import Recording
from tests.support.world import Person, World, world_on

pytestmark = pytest.mark.asyncio(loop_scope="module")

BY_ADDRESS = [one.id for one in OPERATIONS if one.rate_limit is not None and one.rate_limit.by == "address"]
BY_PRINCIPAL = [one.id for one in OPERATIONS if one.rate_limit is not None and one.rate_limit.by == "principal"]
HASHING = ["issueToken", "registerUser", "changePassword"]


@pytest_asyncio.fixture(loop_scope="module")
async def limited(shared_settings: Settings) -> AsyncIterator[World]:
    """An application that counts, from nought."""
    async with world_on(shared_settings.model_copy(update={"limits": LimitsSettings(enabled=True)})) as world:
        yield world


def allowance(operation: str) -> int:
    """How many requests fit the limit."""
    limit = BY_ID[operation].rate_limit
    assert limit is not None
    return limit.requests


async def use_up(client: httpx.AsyncClient, request: Request, count: int) -> None:
    """As many requests as are allowed; they count although they are refused later."""
    for _ in range(count):
        answer = await request.but(headers={"Content-Type": "text/plain"}).send(client)
        assert answer.status_code == 415, answer.text


async def test_every_429_of_the_contract_is_tested_here() -> None:
    declared = {one.id for one in OPERATIONS if 429 in one.statuses}
    assert declared == {*BY_ADDRESS, *BY_PRINCIPAL}
    assert declared > set(HASHING), "hashing sheds load by 429"


@pytest.mark.parametrize("operation", BY_ADDRESS)
async def test_one_address_is_held_to_the_limit_and_others_are_not(limited: World, operation: str) -> None:
    request = good_request(operation)
    await use_up(limited.client, request, allowance(operation))
    answer = await request.send(limited.client)
    assert_problem(answer, 429, "too-many-requests", operation=operation, error="temporarily_unavailable")
    transport = httpx.ASGITransport(Recording(limited.app), client=("198.51.100.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as other:
        assert (await request.send(other)).status_code != 429


async def test_an_address_cannot_be_made_up_by_a_header(limited: World) -> None:
    request = good_request("issueToken")
    await use_up(limited.client, request, allowance("issueToken"))
    answer = await request.but(headers={"X-Forwarded-For": "198.51.100.9"}).send(limited.client)
    assert answer.status_code == 429


@pytest.mark.parametrize("operation", BY_PRINCIPAL)
async def test_one_account_is_held_to_the_limit_and_others_are_not(limited: World, operation: str) -> None:
    one, other = await limited.person(Role.ADMIN), await limited.person(Role.ADMIN)
    request = good_request(operation).but(headers=one.auth)
    await use_up(limited.client, request, allowance(operation))
    answer = await request.send(limited.client)
    assert_problem(answer, 429, "too-many-requests", operation=operation)
    assert (await request.but(headers=other.auth).send(limited.client)).status_code < 300


async def test_who_is_not_admitted_does_not_use_up_somebody_elses_allowance(limited: World) -> None:
    person: Person = await limited.person()
    request = good_request("changePassword")
    for _ in range(allowance("changePassword") + 1):
        assert (await request.send(limited.client)).status_code == 401
    assert (await request.but(headers=person.auth).send(limited.client)).status_code == 204


@contextmanager
def no_room(hasher: PasswordHasher) -> Iterator[None]:
    """While this lasts, as many passwords wait to be hashed as may."""
    hasher._pending += hasher._capacity
    try:
        yield
    finally:
        hasher._pending -= hasher._capacity


@pytest.mark.parametrize("operation", HASHING)
async def test_when_too_many_passwords_wait_to_be_hashed_load_is_shed(shared: World, operation: str) -> None:
    admin = await shared.person(Role.ADMIN)
    request = good_request(operation, await places_for(operation, shared, admin)).but(headers=admin.auth)
    with no_room(shared.services.passwords):
        answer = await request.send(shared.client)
    assert_problem(answer, 429, "too-many-requests", operation=operation, error="temporarily_unavailable")
    assert (await request.send(shared.client)).status_code < 300


async def test_administrators_wait_for_their_turn_instead(shared: World) -> None:
    """What bounds them is the limit of the operation."""
    admin = await shared.person(Role.ADMIN)
    request = good_request("createUser").but(headers=admin.auth)
    with no_room(shared.services.passwords):
        assert (await request.send(shared.client)).status_code == 201
