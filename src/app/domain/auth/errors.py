"""Why no token is given."""

from __future__ import annotations

from collections.abc import Sequence


class InvalidGrant(Exception):
    """The password or the refresh token is wrong, used up or expired, or the account was deactivated.

    The message is for the caller and tells no more than that.
    """


class UnsupportedGrantType(Exception):
    """The grant is neither `password` nor `refresh_token`."""


class IncompleteGrant(Exception):
    """The grant needs form fields that are missing; `pointers` tells which."""

    def __init__(self, grant_type: str, pointers: Sequence[str]) -> None:
        super().__init__(f"The grant {grant_type} needs more fields.")
        self.pointers = tuple(pointers)


class InvalidScope(Exception):
    """More was asked for than the account or the session may do; `scopes` is what cannot be given."""

    def __init__(self, scopes: frozenset[str]) -> None:
        super().__init__(" ".join(sorted(scopes)))
        self.scopes = scopes
