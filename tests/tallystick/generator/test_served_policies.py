"""Policies of the contract in generated code, over HTTP: a fault here makes a promise that nobody keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tallystick.runtime.operation import RateLimit
from tallystick.runtime.ports import IdempotencyMismatch, RateDecision
from tallystick.runtime.reply import Reply
from tests.support.contracts import Package

Made = Callable[[str], Package]


class Counter:
    """Counts every request of everybody together."""

    def __init__(self) -> None:
        self.hits = 0

    async def hit(self, limit: RateLimit, operation_id: str, client: str) -> RateDecision:
        self.hits += 1
        return RateDecision(self.hits <= limit.requests, max(0, limit.requests - self.hits), 9)


class Memory:
    """Remembers replies in a dictionary."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[bytes, Reply]] = {}
        self._open: tuple[tuple[str, str], bytes] | None = None

    async def begin(self, owner: str, operation_id: str, key: str, fingerprint: bytes) -> Reply | None:
        self._open = ((operation_id, key), fingerprint)
        known = self._known.get((operation_id, key))
        if known is None:
            return None
        if known[0] != fingerprint:
            raise IdempotencyMismatch
        return known[1]

    async def store(self, reply: Reply) -> None:
        assert self._open is not None
        self._known[self._open[0]] = (self._open[1], reply)


async def test_a_body_over_the_limit_is_refused_unread(package: Made) -> None:
    served = package("policies").serve(small=None)
    assert (await served.post("/small", json="12345678")).status_code == 204
    assert (await served.post("/small", json="123456789")).status_code == 413
    assert not served.given


async def test_a_handler_that_takes_too_long_is_stopped(package: Made) -> None:
    ended = []

    async def wait() -> None:
        try:
            await asyncio.sleep(5)
        finally:
            ended.append(True)

    answer = await package("policies").serve(slow=wait).get("/slow")
    assert answer.status_code == 503
    assert ended == [True]


async def test_requests_are_counted(package: Made) -> None:
    served = package("policies").serve(rare=None)
    served.limiter = Counter()
    answers = [await served.get("/rare") for _ in range(3)]
    assert [each.status_code for each in answers] == [204, 204, 429]
    assert answers[2].headers["retry-after"] == "9"
    assert (await served.get("/open")).status_code == 501, "others are not counted"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/closed?a=1", 204),
        ("/closed?deep[x]=1", 204),
        ("/closed?b=1", 422),
        ("/closed?deeper[x]=1", 422),
        ("/closed?A=1", 422),
        ("/open?b=1", 204),
    ],
)
async def test_unknown_query_keys_are_refused_where_the_contract_closes_them(
    package: Made, path: str, status: int
) -> None:
    served = package("policies").serve(closed=None, open=None)
    assert (await served.get(path)).status_code == status


async def test_a_missing_header_has_a_status_of_its_own(package: Made) -> None:
    served = package("policies").serve(conditional=None)
    assert (await served.request("PUT", "/conditional")).status_code == 428
    assert (await served.request("PUT", "/conditional", headers={"If-Match": '"1"'})).status_code == 204
    assert served.given == {"if_match": '"1"'}


async def test_a_key_answers_twice_and_works_once(package: Made) -> None:
    calls: list[int] = []

    def once(body: int) -> int:
        calls.append(body)
        return len(calls)

    served = package("policies").serve(once=once)
    memory = Memory()
    served.idempotency = lambda: memory
    key = {"Idempotency-Key": "k1"}
    first = await served.post("/once", json=5, headers=key)
    again = await served.post("/once", json=5, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert (first.content, again.content, calls) == (b"1", b"1", [5])
    assert (await served.post("/once", json=6, headers=key)).status_code == 422
    assert (await served.post("/once", json=5)).json() == 2, "without a key every request counts"
    assert (await served.post("/once", json=5, headers={"Idempotency-Key": "k"})).status_code == 422


async def test_policies_hold_without_anything_from_the_product(package: Made) -> None:
    """A contract that promises a limit or a key must not be served by a server that keeps neither."""
    calls: list[int] = []

    def once(body: int) -> int:
        calls.append(body)
        return len(calls)

    served = package("policies").serve(rare=None, once=once)
    assert [(await served.get("/rare")).status_code for _ in range(3)] == [204, 204, 429]
    key = {"Idempotency-Key": "k1"}
    answers = [await served.post("/once", json=5, headers=key) for _ in range(2)]
    assert [(each.status_code, each.json()) for each in answers] == [(201, 1), (201, 1)]
    assert (await served.post("/once", json=6, headers=key)).status_code == 422
    assert calls == [5]


def test_the_table_says_what_is_deprecated(package: Made) -> None:
    operations = package("policies").operations
    assert operations.OLD.deprecated
    assert not operations.OPEN.deprecated
