"""Callers that everybody knows, and verifiers that admit them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Caller:
    subject: str
    scopes: frozenset[str] = field(default_factory=frozenset)


# By token, key or password.
CALLERS = {
    "reader": Caller("reader", frozenset({"read"})),
    "writer": Caller("writer", frozenset({"read", "write"})),
}


class SecretVerifier:
    """Admits who knows a token."""

    def __init__(self, callers: Mapping[str, Caller]) -> None:
        self._callers = callers

    async def verify(self, token: str) -> Caller | None:
        return self._callers.get(token)


class PasswordVerifier:
    """Admits who gives the same word as name and password."""

    def __init__(self, callers: Mapping[str, Caller]) -> None:
        self._callers = callers

    async def verify(self, username: str, password: str) -> Caller | None:
        return self._callers.get(username) if username == password else None
