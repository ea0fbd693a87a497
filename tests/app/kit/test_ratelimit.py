"""Rate limits of one process."""

from __future__ import annotations

import pytest

from app.kit.ratelimit import UnlimitedRateLimiter, WindowRateLimiter
from tallystick.runtime.operation import RateLimit
from tallystick.runtime.ports import RateLimiter

LIMIT = RateLimit(requests=2, per="minute")


async def allowed(limiter: RateLimiter, client: str, operation: str = "issueToken", limit: RateLimit = LIMIT) -> bool:
    return (await limiter.hit(limit, operation, client)).allowed


async def test_what_is_over_the_limit_is_refused_and_told_when_to_come_back() -> None:
    limiter = WindowRateLimiter()
    first, second, third = [await limiter.hit(LIMIT, "issueToken", "192.0.2.1") for _ in range(3)]
    assert [first.allowed, second.allowed, third.allowed] == [True, True, False]
    assert [first.remaining, second.remaining, third.remaining] == [1, 0, 0]
    assert 1 <= third.reset_seconds <= 120


async def test_clients_and_operations_are_counted_apart() -> None:
    limiter = WindowRateLimiter()
    for _ in range(2):
        assert await allowed(limiter, "192.0.2.1")
    assert not await allowed(limiter, "192.0.2.1")
    assert await allowed(limiter, "192.0.2.2")
    assert await allowed(limiter, "192.0.2.1", "revokeToken")
    assert await allowed(limiter, "192.0.2.1", limit=RateLimit(requests=2, per="hour"))


@pytest.mark.parametrize(
    ("one", "same"),
    [("2001:db8::1", "2001:db8::ffff:1"), ("192.0.2.9", "::ffff:192.0.2.9"), ("user-id", "user-id"), ("", "")],
)
async def test_a_client_cannot_escape_by_another_address_of_its_own(one: str, same: str) -> None:
    limiter = WindowRateLimiter()
    for _ in range(2):
        assert await allowed(limiter, one)
    assert not await allowed(limiter, same)


async def test_switched_off_it_lets_everything_pass() -> None:
    limiter = UnlimitedRateLimiter()
    assert all([await allowed(limiter, "192.0.2.1") for _ in range(10)])
