"""Work that is repeated as long as the server runs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)


class Periodic:
    """Does `job` at once and then every `seconds`, until it is stopped.

    A job that fails is tried again at the next turn. A series of failures is logged once, and so is its end.
    """

    def __init__(self, name: str, seconds: float, job: Callable[[], Awaitable[object]]) -> None:
        self._name = name
        self._seconds = seconds
        self._job = job
        self._task: asyncio.Task[None] | None = None
        self._is_failing = False

    def start(self) -> None:
        """Begin; needs a running event loop."""
        if self._task is None:
            self._task = asyncio.create_task(self._repeat(), name=self._name)

    async def stop(self) -> None:
        """End, without waiting for a job that hangs."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _repeat(self) -> None:
        while True:
            await self._try()
            await asyncio.sleep(self._seconds)

    async def _try(self) -> None:
        try:
            await self._job()
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the next turn may go well
            if not self._is_failing:
                log.warning("periodic_failing", job=self._name, error=repr(error))
            self._is_failing = True
            return
        if self._is_failing:
            log.info("periodic_recovered", job=self._name)
        self._is_failing = False
