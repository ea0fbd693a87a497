"""Background work goes on whatever happens, and ends when it is told to."""

from __future__ import annotations

import asyncio

from structlog.testing import capture_logs

from app.kit.periodic import Periodic


async def test_failures_are_survived_and_logged_once_per_series() -> None:
    turns = 0

    async def job() -> None:
        nonlocal turns
        turns += 1
        if turns in (2, 3, 4, 6):
            raise OSError("away")

    with capture_logs() as logs:
        periodic = Periodic("poll", 0.001, job)
        periodic.start()
        periodic.start()
        await asyncio.sleep(0.1)
        await periodic.stop()
    assert turns > 6
    assert [entry["event"] for entry in logs] == ["periodic_failing", "periodic_recovered"] * 2


async def test_stopping_does_not_wait_for_a_job_that_hangs() -> None:
    async def job() -> None:
        await asyncio.sleep(60)

    periodic = Periodic("hang", 1, job)
    periodic.start()
    await asyncio.sleep(0)
    async with asyncio.timeout(1):
        await periodic.stop()
        await periodic.stop()
