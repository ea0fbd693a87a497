"""Keys remembered in this process: a fault here does twice what was asked for once, or answers for what never was."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tallystick.runtime.idempotency import MemoryIdempotency
from tallystick.runtime.ports import IdempotencyMismatch
from tallystick.runtime.reply import Reply


async def ask(memory: MemoryIdempotency, work: Callable[[], Reply], key: str = "k", print_: bytes = b"p") -> Reply:
    async with memory.claim("me", "op", key, print_) as claim:
        if claim.replay is not None:
            return claim.replay
        await asyncio.sleep(0)
        reply = work()
        await claim.store(reply)
        return reply


def counting() -> tuple[list[int], Callable[[], Reply]]:
    done: list[int] = []

    def work() -> Reply:
        done.append(1)
        return Reply(201, [(b"x-a", b"1")], b"%d" % len(done))

    return done, work


async def test_what_was_done_is_told_again() -> None:
    memory = MemoryIdempotency()
    done, work = counting()
    first = await ask(memory, work)
    first.headers.append((b"x-added-later", b"1"))
    assert await ask(memory, work) == Reply(201, [(b"x-a", b"1")], b"1")
    assert (await ask(memory, work, key="other")).body == b"2"
    with pytest.raises(IdempotencyMismatch):
        await ask(memory, work, print_=b"q")
    assert len(done) == 2


async def test_duplicates_at_the_same_time_wait_for_the_first() -> None:
    memory = MemoryIdempotency()
    done, work = counting()
    replies = await asyncio.gather(*(ask(memory, work) for _ in range(20)))
    assert {each.body for each in replies} == {b"1"}
    assert len(done) == 1


async def test_what_fails_can_be_tried_again() -> None:
    memory = MemoryIdempotency()

    def broken() -> Reply:
        raise ValueError("broken")

    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            await ask(memory, broken)
    _, work = counting()
    assert (await ask(memory, work, print_=b"another")).body == b"1"


async def test_an_answer_is_forgotten_in_time() -> None:
    now = [0.0]
    memory = MemoryIdempotency(lifetime=10, now=lambda: now[0])
    _, work = counting()
    assert (await ask(memory, work)).body == b"1"
    now[0] = 9.0
    assert (await ask(memory, work)).body == b"1"
    now[0] = 11.0
    assert (await ask(memory, work, print_=b"q")).body == b"2"
    assert (await ask(memory, work, print_=b"q")).body == b"2"


async def test_memory_is_bounded() -> None:
    memory = MemoryIdempotency(max_bytes=5_000)
    _, work = counting()
    bodies = [(await ask(memory, work, key=str(number))).body for number in range(10)]
    assert (await ask(memory, work, key="9")).body == bodies[9], "the latest are kept"
    assert (await ask(memory, work, key="0")).body == b"11", "the first are not"
    assert (await ask(memory, lambda: Reply(200, [], b"x" * 10_000), key="large")).status == 200
