"""Counts requests against `x-rate-limit` in this process, where the product brings no limiter of its own."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address

from tallystick.runtime.operation import RateLimit
from tallystick.runtime.ports import RateDecision

# Whoever has one IPv6 address has 2^64 of them.
IPV6_SITE_BITS = 64
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_MOST_CLIENTS = 100_000

Bucket = tuple[str, str, RateLimit]


class MemoryRateLimiter:
    """A sliding window over two counters: of the window before, as much counts as the window still reaches into."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        # The number of the window, and the requests in it and in the one before.
        self._counts: dict[Bucket, tuple[int, int, int]] = {}

    async def hit(self, limit: RateLimit, operation_id: str, client: str) -> RateDecision:
        """See `RateLimiter`."""
        length = SECONDS[limit.per]
        window, elapsed = divmod(self._now(), length)
        bucket = (operation_id, site(client), limit)
        number, here, before = self._counts.pop(bucket, (int(window), 0, 0))
        if number != int(window):
            before, here = (here if number + 1 == int(window) else 0), 0
        reach = 1 - elapsed / length
        allowed = here + before * reach + 1 <= limit.requests
        # Put at the end: the first are those that were not seen for longest.
        self._counts[bucket] = (int(window), here + allowed, before)
        if len(self._counts) > _MOST_CLIENTS:
            del self._counts[next(iter(self._counts))]
        remaining = limit.requests - here - allowed - math.ceil(before * reach)
        return RateDecision(allowed, max(0, remaining), max(1, math.ceil(length - elapsed)))


class UnlimitedRateLimiter:
    """Lets everything pass: for mocks, fuzzing and load tests, where one client stands for all."""

    async def hit(self, limit: RateLimit, operation_id: str, client: str) -> RateDecision:
        """Say yes."""
        return RateDecision(allowed=True, remaining=limit.requests, reset_seconds=1)


def site(client: str) -> str:
    """Whom an address is counted for: all addresses of one IPv6 network are one client."""
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if not isinstance(address, IPv6Address):
        return client
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return f"{int(address) >> (128 - IPV6_SITE_BITS):x}::"
