"""Why the server takes no traffic."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dependency:
    """One thing that the server needs, and whether it answers."""

    name: str
    is_up: bool


class NotReady(Exception):
    """Something that the server needs is down, or it is shutting down; `dependencies` says what answers."""

    def __init__(self, detail: str, dependencies: list[Dependency]) -> None:
        super().__init__(detail)
        self.detail = detail
        self.dependencies = dependencies
