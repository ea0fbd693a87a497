"""Readiness tells what is down, and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from app.domain.ops.errors import Dependency, NotReady
from app.domain.ops.service import HealthService
from app.kit.clock import ManualClock


async def up() -> None:
    return


async def down() -> None:
    raise OSError("connection to /secret/socket refused")


async def hanging() -> None:
    await asyncio.sleep(60)


async def test_everything_up_is_ready() -> None:
    health = HealthService(ManualClock(), version="1.0.0", probes={"database": up}, is_draining=lambda: False)
    assert await health.check() == [Dependency("database", is_up=True)]


async def test_what_fails_or_hangs_is_named_without_internals() -> None:
    probes = {"database": down, "queue": hanging, "cache": up}
    health = HealthService(ManualClock(), version="1.0.0", probes=probes, is_draining=lambda: False, timeout=0.01)
    with pytest.raises(NotReady) as refusal:
        await health.check()
    assert [(found.name, found.is_up) for found in refusal.value.dependencies] == [
        ("database", False),
        ("queue", False),
        ("cache", True),
    ]
    assert "secret" not in refusal.value.detail


async def test_a_draining_server_is_not_ready() -> None:
    health = HealthService(ManualClock(), version="1.0.0", probes={"database": up}, is_draining=lambda: True)
    with pytest.raises(NotReady):
        await health.check()


async def test_uptime_counts_from_the_start() -> None:
    clock = ManualClock()
    health = HealthService(clock, version="1.0.0", probes={}, is_draining=lambda: False)
    clock.advance(seconds=90)
    assert health.uptime_seconds() == 90
