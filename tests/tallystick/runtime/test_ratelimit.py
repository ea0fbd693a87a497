"""The limiter of this process: too strict and clients are locked out, too lax and a limit is none."""

from __future__ import annotations

import pytest

from tallystick.runtime.operation import RateLimit
from tallystick.runtime.ratelimit import MemoryRateLimiter, site

LIMIT = RateLimit(requests=4, per="minute")


class Clock:
    def __init__(self) -> None:
        self.now = 6_000.0

    def __call__(self) -> float:
        return self.now


async def hits(limiter: MemoryRateLimiter, count: int, client: str = "a", operation: str = "op") -> list[bool]:
    return [(await limiter.hit(LIMIT, operation, client)).allowed for _ in range(count)]


async def test_a_window_takes_what_it_may() -> None:
    limiter = MemoryRateLimiter(Clock())
    assert await hits(limiter, 6) == [True] * 4 + [False] * 2
    assert await hits(limiter, 1, client="b") == [True]
    assert await hits(limiter, 1, operation="other") == [True]


async def test_the_window_slides() -> None:
    """Else twice as many would pass around the end of a window."""
    clock = Clock()
    limiter = MemoryRateLimiter(clock)
    clock.now += 59
    assert await hits(limiter, 4) == [True] * 4
    clock.now += 2
    assert await hits(limiter, 1) == [False]
    clock.now += 29
    assert await hits(limiter, 3) == [True, True, False], "half of the window before has left"
    clock.now += 120
    assert await hits(limiter, 5) == [True] * 4 + [False]


async def test_a_decision_says_what_is_left() -> None:
    clock = Clock()
    limiter = MemoryRateLimiter(clock)
    clock.now += 15
    decisions = [await limiter.hit(LIMIT, "op", "a") for _ in range(5)]
    assert [each.remaining for each in decisions] == [3, 2, 1, 0, 0]
    assert {each.reset_seconds for each in decisions} == {45}


@pytest.mark.parametrize(
    ("one", "same"),
    [("2001:db8::1", "2001:db8::ffff:1"), ("::ffff:192.0.2.9", "192.0.2.9"), ("user", "user"), ("", "")],
)
def test_one_network_is_one_client(one: str, same: str) -> None:
    assert site(one) == site(same)
    assert site("2001:db8:0:1::1") != site("2001:db8::1")
