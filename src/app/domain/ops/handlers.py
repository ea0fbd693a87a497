"""Answers the operations tagged `ops`."""

from __future__ import annotations

from app.domain.ops.errors import Dependency
from app.kit.principal import Principal
from app.server.dependencies import Health
from generated import models
from generated.handlers import ops as contract


class OpsHandlers(contract.OpsHandlers[Principal]):
    """Translates between the contract and the service."""

    def __init__(self, health: Health) -> None:
        self._health = health

    async def get_health(self) -> models.Health:
        """Which server this is."""
        uptime = self._health.uptime_seconds()
        return models.Health(status="ok", version=self._health.version, uptime_seconds=uptime)

    async def get_liveness(self) -> models.Liveness:
        """That it answers."""
        return models.Liveness(status="alive")

    async def get_readiness(self) -> models.Readiness:
        """That everything it needs is there."""
        return models.Readiness(status="ready", dependencies=to_dependencies(await self._health.check()))


def to_dependencies(found: list[Dependency]) -> list[models.Dependency]:
    """What the server needs, as the contract shows it."""
    up, down = models.DependencyStatus.UP, models.DependencyStatus.DOWN
    return [models.Dependency(name=one.name, status=up if one.is_up else down) for one in found]
