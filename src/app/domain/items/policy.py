"""Whose items a caller may see and change. A foreign item looks as if it were not there.

Each function gives the owner that items must have, or None for any: it goes into the statement itself, so that what
may not be touched is never fetched.
"""

from __future__ import annotations

from uuid import UUID

from app.kit.principal import Principal, Scope


def readable_owner(principal: Principal) -> UUID | None:
    """Whose items this caller may read."""
    return None if principal.may(Scope.ITEMS_READ_ALL) else principal.user_id


def writable_owner(principal: Principal) -> UUID | None:
    """Whose items this caller may change and delete."""
    return None if principal.may(Scope.ITEMS_WRITE_ALL) else principal.user_id
