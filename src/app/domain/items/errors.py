"""What can go wrong with items."""

from __future__ import annotations


class ItemNotFound(Exception):
    """No item has this id, or it is not one that the caller may see (or change)."""


class VersionMismatch(Exception):
    """The item has changed since the caller read it."""


class OwnerGone(Exception):
    """The account that would own the item was deleted meanwhile."""
