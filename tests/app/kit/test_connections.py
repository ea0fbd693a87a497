"""Connections are shared out fairly, never more than allowed, and none is used after it went bad."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import asyncpg
import pytest

from app.kit.connections import ConnectionPool, Line
from app.settings import Settings

Connect = Callable[[], Awaitable[asyncpg.Connection]]


@pytest.fixture
def connect(settings: Settings) -> Connect:
    assert settings.database.url is not None
    url = settings.database.url.get_secret_value().replace("postgresql+asyncpg", "postgresql")
    return partial(asyncpg.connect, url)


@pytest.fixture
async def pool(connect: Connect) -> AsyncIterator[ConnectionPool]:
    pool = ConnectionPool(connect, size=2, wait=0.2)
    yield pool
    pool.terminate()


async def ask(pool: ConnectionPool, sql: str) -> object:
    line = await pool.take()
    try:
        return (await line.fetch(sql, []))[0][0]
    finally:
        pool.give(line)


async def test_no_more_connections_are_opened_than_allowed(pool: ConnectionPool) -> None:
    found = await asyncio.gather(*(ask(pool, "select pg_backend_pid()") for _ in range(20)))
    assert 1 <= len(set(found)) <= 2


async def test_the_connection_used_last_is_taken_first(pool: ConnectionPool) -> None:
    first, second = await pool.take(), await pool.take()
    pool.give(first)
    pool.give(second)
    assert await pool.take() is second


async def test_whoever_waits_gets_the_next_free_one_in_turn(pool: ConnectionPool) -> None:
    lines = [await pool.take(), await pool.take()]
    order: list[int] = []

    async def wait(number: int) -> Line:
        line = await pool.take()
        order.append(number)
        return line

    tasks = [asyncio.create_task(wait(number)) for number in range(2)]
    await asyncio.sleep(0)
    for line in lines:
        pool.give(line)
    assert [await task for task in tasks] == lines
    assert order == [0, 1]


async def test_a_wait_has_an_end_and_loses_nothing(pool: ConnectionPool) -> None:
    lines = [await pool.take(), await pool.take()]
    with pytest.raises(TimeoutError):
        await pool.take()
    pool.give(lines[0])
    assert await pool.take() is lines[0], "it was handed to the one that had given up"


async def test_a_waiter_cancelled_in_the_moment_of_handing_over_passes_it_on(pool: ConnectionPool) -> None:
    lines = [await pool.take(), await pool.take()]
    waiting = asyncio.create_task(pool.take())
    await asyncio.sleep(0)
    pool.give(lines[0])
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await pool.take() is lines[0]


async def test_a_dropped_connection_makes_room_for_a_waiter(pool: ConnectionPool) -> None:
    lines = [await pool.take(), await pool.take()]
    waiting = asyncio.create_task(pool.take())
    await asyncio.sleep(0)
    pool.drop(lines[0])
    fresh = await waiting
    assert fresh not in lines
    assert (await fresh.fetch("select 1", []))[0][0] == 1


async def test_a_connection_the_server_ended_is_not_handed_out(pool: ConnectionPool) -> None:
    victim = await pool.take()
    pool.give(victim)
    other = await pool.take()
    assert other is victim
    killer = await pool.take()
    closed = asyncio.Event()
    victim.connection.add_termination_listener(lambda _: closed.set())
    pid = victim.connection.get_server_pid()
    await killer.fetch(f"select pg_terminate_backend({pid})", [])
    pool.give(victim)
    await asyncio.wait_for(closed.wait(), 10)
    assert await pool.take() is not victim


async def test_what_cannot_be_opened_frees_its_place() -> None:
    async def fail() -> asyncpg.Connection:
        raise ConnectionRefusedError

    pool = ConnectionPool(fail, size=1, wait=0.2)
    for _ in range(3):
        with pytest.raises(ConnectionRefusedError):
            await pool.take()


async def test_every_statement_stays_itself_beside_others(pool: ConnectionPool) -> None:
    """Two prepared statements of one connection must not take each other's place."""
    line = await pool.take()
    for _ in range(2):
        assert [(await line.fetch(f"select {n}", []))[0][0] for n in range(3)] == [0, 1, 2]
