"""Rate limits in this process, by a sliding window over two counters."""

from __future__ import annotations

import math
import time
from functools import lru_cache

from limits import RateLimitItem, parse
from limits.aio.storage import Storage
from limits.aio.storage.memory import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from tallystick.runtime.operation import RateLimit
from tallystick.runtime.ports import RateDecision
from tallystick.runtime.ratelimit import UnlimitedRateLimiter, site

__all__ = ["UnlimitedRateLimiter", "WindowRateLimiter"]


class WindowRateLimiter:
    """Counts calls per operation and client; each process counts for itself unless the storage is shared."""

    def __init__(self, storage: Storage | None = None) -> None:
        self._strategy = SlidingWindowCounterRateLimiter(storage or MemoryStorage())

    async def hit(self, limit: RateLimit, operation_id: str, client: str) -> RateDecision:
        """Count one request of `client` and say whether it fits."""
        item = _item(limit)
        bucket = (operation_id, site(client))
        allowed = await self._strategy.hit(item, *bucket)
        stats = await self._strategy.get_window_stats(item, *bucket)
        reset = max(1, math.ceil(stats.reset_time - time.time()))
        return RateDecision(allowed, max(0, stats.remaining), reset)


@lru_cache(maxsize=256)
def _item(limit: RateLimit) -> RateLimitItem:
    return parse(f"{limit.requests}/{limit.per}")
