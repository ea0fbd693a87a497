"""What a media type means for a body: JSON, a form, XML, text or bytes."""

from __future__ import annotations

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

_LINES = frozenset(
    {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonl", "application/jsonlines"}
)


def base_name(media_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def is_json(name: str) -> bool:
    """Whether a body of this media type is JSON."""
    return name == "application/json" or name.endswith("+json")


def is_xml(name: str) -> bool:
    """Whether a body of this media type is XML (RFC 7303)."""
    return name in ("application/xml", "text/xml") or name.endswith("+xml")


def is_multipart(name: str) -> bool:
    """Whether a body of this media type has parts."""
    return name.startswith("multipart/")


def is_bytes(name: str) -> bool:
    """Whether handlers take a body of this media type as bytes."""
    return not (is_json(name) or is_xml(name) or name.startswith("text/") or name == FORM or is_multipart(name))


def is_lines(name: str) -> bool:
    """Whether a body of this media type is one JSON value per line."""
    return name in _LINES


def is_streamed(name: str) -> bool:
    """Whether handlers may answer in this media type while they make the content."""
    return not (is_json(name) or name.startswith("text/"))


def is_range(name: str) -> bool:
    """Whether it stands for several media types, such as `image/*`."""
    return "*" in name
