"""JSON pointers (RFC 6901)."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote


def pointer_to(*segments: str | int) -> str:
    """The pointer that goes through these names and positions."""
    return "".join("/" + str(segment).replace("~", "~0").replace("/", "~1") for segment in segments)


def segments_of(reference: str) -> tuple[str, ...]:
    """The names and positions that a reference within a document, `#/...`, goes through."""
    parts = unquote(reference.removeprefix("#/")).split("/")
    return tuple(segment.replace("~1", "/").replace("~0", "~") for segment in parts)


def look_up(document: Any, reference: str) -> Any:
    """What a reference within a document leads to, or None."""
    node = document
    for segment in segments_of(reference):
        if isinstance(node, dict) and segment in node:
            node = node[segment]
        elif isinstance(node, list) and segment.isdecimal() and int(segment) < len(node):
            node = node[int(segment)]
        else:
            return None
    return node
