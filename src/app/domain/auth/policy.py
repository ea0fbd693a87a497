"""What a token may open."""

from __future__ import annotations

from app.domain.auth.errors import InvalidScope
from app.kit.principal import SCOPES_OF, Role


def granted(role: Role, requested: str | None, *, within: frozenset[str] | None = None) -> frozenset[str]:
    """The scopes of a token: all that the role has (and `within`, what the session was given), or what was asked for.

    Raises:
        InvalidScope: something else was asked for.
    """
    allowed: frozenset[str] = frozenset(SCOPES_OF[role])
    if within is not None:
        allowed &= within
    if requested is None:
        return allowed
    wanted = frozenset(requested.split())
    if not wanted <= allowed:
        raise InvalidScope(wanted - allowed)
    return wanted
