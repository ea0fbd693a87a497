"""A registry with one operation implemented, one missing and one mistyped."""

from __future__ import annotations

from abc import ABC, abstractmethod

from tallystick.runtime.implementation import Implementation
from tallystick.runtime.operation import Operation


class Interface(ABC):
    @abstractmethod
    async def good(self, name: str) -> None: ...

    @abstractmethod
    async def missing(self) -> None: ...

    @abstractmethod
    async def mistyped(self, name: str) -> None: ...


class StandIn(Interface):
    """Answers whatever nobody wrote."""


class Handlers:
    async def good(self, name: str) -> None:
        """As the interface wants it."""

    def mistyped(self, name: str) -> None:
        """Not async."""


class Registry:
    def implementations(self) -> tuple[Implementation, ...]:
        operations = {
            name: Operation(name, "GET", f"/{name}", "tag", (200,)) for name in ("good", "missing", "mistyped")
        }
        return (Implementation("tag", Handlers, Interface, StandIn, operations),)


registry = Registry()
