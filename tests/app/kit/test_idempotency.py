"""Replies remembered under a key, in the transaction of what they report."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from app.kit.clock import ManualClock
from app.kit.db import Database
from app.kit.idempotency import (
    IdempotencyKeyTable,
    PostgresIdempotencyStore,
    forget_expired,
    forget_owner,
    forget_resource,
)
from tallystick.runtime.ports import IdempotencyMismatch
from tallystick.runtime.reply import Reply

CLOCK = ManualClock()


def reply_of(resource: UUID) -> Reply:
    location = f"/api/v1/items/{resource}".encode()
    return Reply(201, [(b"location", location), (b"x-text", "é".encode("latin-1"))], b'{"\xc3\xa9": 1}')


async def perform(
    database: Database, reply: Reply, *, owner: str = "ada", key: str = "key-0001", fingerprint: bytes = b"f"
) -> Reply | None:
    """One request: the remembered reply, or None after `reply` was stored."""
    async with database.unit_of_work() as work:
        store = PostgresIdempotencyStore(work, CLOCK)
        known = await store.begin(owner, "createItem", key, fingerprint)
        if known is None:
            await store.store(reply)
        return known


async def count(database: Database) -> int | None:
    return await database.reader.scalar(select(func.count()).select_from(IdempotencyKeyTable))


async def test_a_repetition_gets_the_first_reply(database: Database) -> None:
    first = reply_of(uuid4())
    assert await perform(database, first) is None
    assert await perform(database, reply_of(uuid4())) == first
    assert await perform(database, first, owner="bob") is None, "keys of others are others"


async def test_another_request_under_the_key_is_refused(database: Database) -> None:
    await perform(database, reply_of(uuid4()))
    with pytest.raises(IdempotencyMismatch):
        await perform(database, reply_of(uuid4()), fingerprint=b"g")


async def test_of_two_at_once_the_second_waits_for_the_first_reply(database: Database) -> None:
    replies = [reply_of(uuid4()) for _ in range(3)]
    results = await asyncio.gather(*(perform(database, reply) for reply in replies))
    (winner,) = [reply for reply, known in zip(replies, results, strict=True) if known is None]
    assert [known for known in results if known is not None] == [winner, winner]


async def test_a_request_that_fails_leaves_its_key_free(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.unit_of_work() as work:
            await PostgresIdempotencyStore(work, CLOCK).begin("ada", "createItem", "key-0001", b"f")
            raise RuntimeError
    assert await perform(database, reply_of(uuid4()), fingerprint=b"g") is None


async def test_keys_are_forgotten_with_what_they_announce(database: Database) -> None:
    """A repetition must not promise what was deleted."""
    resource = uuid4()
    await perform(database, reply_of(resource))
    await perform(database, reply_of(uuid4()), key="key-0002")
    async with database.unit_of_work() as work:
        await forget_resource(await work.begin(), resource)
    assert await count(database) == 1
    assert await perform(database, reply_of(uuid4())) is None


async def test_keys_are_forgotten_with_their_owner(database: Database) -> None:
    await perform(database, reply_of(uuid4()))
    await perform(database, reply_of(uuid4()), owner="bob")
    async with database.unit_of_work() as work:
        await forget_owner(await work.begin(), "ada")
    assert await count(database) == 1


async def test_keys_expire_after_a_day(database: Database) -> None:
    await perform(database, reply_of(uuid4()))
    CLOCK.advance(hours=23)
    assert await perform(database, reply_of(uuid4())) is not None
    CLOCK.advance(hours=2)
    second = reply_of(uuid4())
    assert await perform(database, second, fingerprint=b"g") is None, "free again before anybody tidied up"
    assert await perform(database, second, fingerprint=b"g") == second
    CLOCK.advance(hours=25)
    async with database.unit_of_work() as work:
        assert await forget_expired(await work.begin(), CLOCK.now()) == 1


@pytest.mark.parametrize("location", [b"", b"/x/", b"/x/not-an-id", b"/x/\xff"])
async def test_replies_that_announce_nothing_are_remembered_too(database: Database, location: bytes) -> None:
    reply = Reply(200, [(b"location", location)], b"")
    await perform(database, reply)
    assert await perform(database, reply) == reply
