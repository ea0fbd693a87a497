"""JSON pointers (RFC 6901)."""

from __future__ import annotations


def pointer_to(*segments: str | int) -> str:
    """The pointer that goes through these names and positions."""
    return "".join("/" + str(segment).replace("~", "~0").replace("/", "~1") for segment in segments)
