"""What can go wrong with sessions."""

from __future__ import annotations


class SessionNotFound(Exception):
    """The caller has no live session with this id."""
