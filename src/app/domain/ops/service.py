"""Is the server up, and is it ready for traffic?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from datetime import datetime
from typing import Any

import structlog

from app.domain.ops.errors import Dependency, NotReady
from app.kit.clock import Clock

log = structlog.get_logger(__name__)

Probe = Callable[[], Coroutine[Any, Any, None]]


class HealthService:
    """Answers those who run the server. A probe raises when what it asks is down; why is for the log alone."""

    def __init__(
        self,
        clock: Clock,
        *,
        version: str,
        probes: Mapping[str, Probe],
        is_draining: Callable[[], bool],
        timeout: float = 2.0,
    ) -> None:
        self.version = version
        self._clock = clock
        self._started_at: datetime = clock.now()
        self._probes = probes
        self._is_draining = is_draining
        self._timeout = timeout

    def uptime_seconds(self) -> int:
        """For how long this process has been running."""
        return max(0, int((self._clock.now() - self._started_at).total_seconds()))

    async def check(self) -> list[Dependency]:
        """Everything the server needs, all of it up.

        Raises:
            NotReady: something is down, or the server is shutting down.
        """
        found = list(await asyncio.gather(*(self._ask(name, probe) for name, probe in self._probes.items())))
        down = [dependency.name for dependency in found if not dependency.is_up]
        if self._is_draining():
            raise NotReady("The server is shutting down.", found)
        if down:
            raise NotReady(f"Not answering: {', '.join(down)}.", found)
        return found

    async def _ask(self, name: str, probe: Probe) -> Dependency:
        try:
            async with asyncio.timeout(self._timeout):
                await probe()
        except Exception as error:  # noqa: BLE001 - whatever the reason, it is down
            log.warning("dependency_down", dependency=name, error=repr(error))
            return Dependency(name, is_up=False)
        return Dependency(name, is_up=True)
