"""The order in which a request that is wrong in several ways is refused, as the README's table has it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pytest

from app.settings import LimitsSettings, Settings
from tests.support.requests import BY_ID, Request, good_request, places_for
from tests.support.world import ALL_SCOPES, Person, World, world_on

pytestmark = pytest.mark.asyncio(loop_scope="module")

README = Path(__file__).resolve().parents[2] / "README.md"
ADDRESS = "192.0.2.1"
NOWHERE = "01a1f927-9131-7f91-a9a7-2baa179fd0a2"
Spoil = Callable[[World, Request], Request]


@dataclass(frozen=True)
class Fault:
    """One way to be wrong; `rank` is its row in the README's table."""

    status: int
    rank: int
    spoil: Spoil
    operations: tuple[str, ...] = ()

    def __str__(self) -> str:
        return str(self.status)


def too_large(_: World, request: Request) -> Request:
    return request.but(body=(request.body or b"") + b" " * 100_000)


def another_media_type(_: World, request: Request) -> Request:
    return request.but(headers={"Content-Type": "text/plain"})


def no_json(_: World, request: Request) -> Request:
    return request.but(body=b"{" + (request.body or b""))


def another_parameter(_: World, request: Request) -> Request:
    return request.but(query="&".join(part for part in (request.query, "colour=red") if part))


def lacking_a_scope(world: World, request: Request) -> Request:
    [[need]] = next(one.security for one in BY_ID.values() if one.path == _template(request) and one.security)
    return request.but(headers=world.stranger(ALL_SCOPES - set(need.scopes) - {"me:write", "items:write"}))


def _template(request: Request) -> str:
    return "/api/v1/items/{item_id}" if "/items/" in request.path else request.path


# In the order of the README's table.
FAULTS: Sequence[Fault] = (
    Fault(414, 1, lambda _, request: request.but(query="q=" + "x" * 9_000)),
    Fault(431, 1, lambda _, request: request.but(headers={"X-Large": "x" * 17_000})),
    Fault(404, 2, lambda _, request: request.but(path=request.path + "/nothing")),
    Fault(405, 2, lambda _, request: request.but(method="TRACE")),
    Fault(413, 3, too_large),
    Fault(401, 4, lambda _, request: request.but(headers={"Authorization": "Bearer garbage"}), ("secured",)),
    Fault(403, 4, lacking_a_scope, ("secured",)),
    Fault(429, 5, lambda _, request: request, ("limited",)),
    Fault(415, 6, another_media_type),
    Fault(406, 6, lambda _, request: request.but(headers={"Accept": "text/csv"}), ("answering",)),
    Fault(428, 7, lambda _, request: request.but(headers={"If-Match": None}), ("conditional",)),
    Fault(400, 8, no_json),
    Fault(422, 8, another_parameter),
)
# What is only found out by looking, on the operation that looks.
NOT_THERE = Fault(404, 9, lambda _, request: request.but(path=f"/api/v1/items/{NOWHERE}"))
OUTDATED = Fault(412, 9, lambda _, request: request.but(headers={"If-Match": '"9"'}))
TAKEN = Fault(409, 9, lambda _, request: request)
WRONG_PASSWORD = Fault(
    403,
    9,
    lambda _, request: request.but(body=json.dumps({"current_password": "x", "new_password": "y" * 12}).encode()),
)

KINDS = {
    "updateItem": ("secured", "answering", "conditional"),
    "registerUser": ("limited", "answering"),
    "changePassword": ("secured", "limited"),
}
LAST = {
    "updateItem": (NOT_THERE, OUTDATED),
    "registerUser": (TAKEN,),
    "changePassword": (WRONG_PASSWORD,),
}


def faults_of(operation: str) -> list[Fault]:
    """What can be wrong with a request of this operation, the first to be refused first."""
    return [fault for fault in FAULTS if set(fault.operations) <= set(KINDS[operation])] + list(LAST[operation])


def cases() -> Iterator[object]:
    """Every two faults, and each fault with all that come after it."""
    for operation in KINDS:
        faults = faults_of(operation)
        for one, other in combinations(faults, 2):
            yield pytest.param(operation, (one, other), id=f"{operation}-{one} before {other}")
        for number, fault in enumerate(faults[:-2]):
            yield pytest.param(operation, tuple(faults[number:]), id=f"{operation}-{fault} before all the rest")


async def request_of(operation: str, world: World, owner: Person) -> Request:
    """A request that nothing is wrong with, except that registration takes an address that is taken."""
    places = await places_for(operation, world, owner)
    request = good_request(operation, places)
    if operation == "registerUser":
        body = {"email": owner.email, "password": "forty notches on hazel", "display_name": "Ada"}
        return request.but(body=json.dumps(body).encode())
    return request.but(headers=owner.auth)


async def send(world: World, operation: str, faults: Sequence[Fault]) -> int:
    """The status that a request with these faults gets."""
    owner = await world.person()
    request = await request_of(operation, world, owner)
    if any(fault.status == 429 for fault in faults):
        limit = BY_ID[operation].rate_limit
        assert limit is not None
        for _ in range(limit.requests):
            await request.but(headers={"Content-Type": "text/plain"}).send(world.client)
    # The last fault first: what comes earlier in the order has the last word about a part of the request.
    for fault in reversed(faults):
        request = fault.spoil(world, request)
    return (await request.send(world.client)).status_code


@pytest.mark.parametrize(("operation", "faults"), list(cases()))
async def test_the_earlier_fault_is_told(
    shared: World, shared_settings: Settings, operation: str, faults: Sequence[Fault]
) -> None:
    if any(fault.status == 429 for fault in faults):
        counting = shared_settings.model_copy(update={"limits": LimitsSettings(enabled=True)})
        async with world_on(counting, ADDRESS) as world:
            assert await send(world, operation, faults) == faults[0].status
    else:
        assert await send(shared, operation, faults) == faults[0].status


@pytest.mark.parametrize("operation", KINDS)
async def test_each_fault_alone_gets_its_status(shared: World, operation: str) -> None:
    """Otherwise the order above would be proved with requests that are wrong in fewer ways than they say."""
    for fault in faults_of(operation):
        if fault.status != 429:
            assert await send(shared, operation, [fault]) == fault.status


async def test_the_readme_has_the_same_order() -> None:
    rows = re.findall(r"^\| (\d) \| ([\d, ]+) \|", README.read_text(), re.MULTILINE)
    table = {int(rank): {int(status) for status in statuses.split(",")} for rank, statuses in rows}
    ranks = [fault.rank for fault in FAULTS]
    assert ranks == sorted(ranks)
    assert {rank: {fault.status for fault in FAULTS if fault.rank == rank} for rank in set(ranks)} == {
        rank: statuses for rank, statuses in table.items() if rank < 9
    }
    assert table[9] >= {404, 409, 412}


async def test_everything_wrong_at_one_stage_is_told_at_once(shared: World) -> None:
    """400 and 422 are one stage: what cannot be read does not hide what breaks the contract."""
    owner = await shared.person()
    request = await request_of("updateItem", shared, owner)
    broken = request.but(path="/api/v1/items/1", query="colour=red", body=b"{")
    answer = await broken.send(shared.client)
    assert answer.status_code == 400
    found = {(error["location"], error["pointer"]) for error in answer.json()["errors"]}
    assert found == {("path", "/item_id"), ("query", "/colour"), ("body", "")}
