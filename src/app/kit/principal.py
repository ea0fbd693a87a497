"""Who calls, and the words for what a caller may do: roles are given to people, scopes to tokens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID


class Role(StrEnum):
    """What a user is."""

    USER = "user"
    MODERATOR = "moderator"
    ADMIN = "admin"


class Scope(StrEnum):
    """What a token opens."""

    ME_READ = "me:read"
    ME_WRITE = "me:write"
    ITEMS_READ = "items:read"
    ITEMS_WRITE = "items:write"
    ITEMS_READ_ALL = "items:read:all"
    ITEMS_WRITE_ALL = "items:write:all"
    USERS_READ = "users:read"
    USERS_WRITE = "users:write"


_USER = frozenset({Scope.ME_READ, Scope.ME_WRITE, Scope.ITEMS_READ, Scope.ITEMS_WRITE})
_MODERATOR = _USER | {Scope.ITEMS_READ_ALL}
_ADMIN = _MODERATOR | {Scope.ITEMS_WRITE_ALL, Scope.USERS_READ, Scope.USERS_WRITE}

SCOPES_OF: Mapping[Role, frozenset[Scope]] = MappingProxyType(
    {Role.USER: _USER, Role.MODERATOR: _MODERATOR, Role.ADMIN: _ADMIN}
)


@dataclass(frozen=True, slots=True)
class Principal:
    """The bearer of a verified access token: known from the token alone, without asking the database."""

    user_id: UUID
    session_id: UUID
    scopes: frozenset[str]

    @property
    def subject(self) -> str:
        """The user's id as text: what rate limits and idempotency keys are counted by."""
        return str(self.user_id)

    def may(self, scope: Scope) -> bool:
        """Whether the token opens this."""
        return scope in self.scopes


def format_scopes(scopes: Iterable[str]) -> str:
    """The scopes as OAuth writes them: separated by spaces, in a stable order."""
    return " ".join(sorted(scopes))
