"""Why no token is given."""

from __future__ import annotations


class InvalidGrant(Exception):
    """The password or the refresh token is wrong, used up or expired, or the account was deactivated.

    The message is for the caller and tells no more than that.
    """


class InvalidScope(Exception):
    """More was asked for than the account or the session may do; `scopes` is what cannot be given."""

    def __init__(self, scopes: frozenset[str]) -> None:
        super().__init__(" ".join(sorted(scopes)))
        self.scopes = scopes
