"""Why the server takes no traffic."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class NotReady(Exception):
    """Something that the server needs is down, or it is shutting down; `dependencies` says what answers."""

    def __init__(self, detail: str, dependencies: Sequence[Any]) -> None:
        super().__init__(detail)
        self.detail = detail
        self.dependencies = dependencies
