"""What a media type means for a body: JSON, a form, text or bytes."""

from __future__ import annotations

FORM = "application/x-www-form-urlencoded"

_BINARY_KINDS = ("application/octet-stream", "application/pdf", "application/zip", "application/gzip")


def base_name(media_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def is_json(name: str) -> bool:
    """Whether a body of this media type is JSON."""
    return name == "application/json" or name.endswith("+json")


def is_binary(name: str) -> bool:
    """Whether handlers take a body of this media type as bytes."""
    kind = name.partition("/")[0]
    return name in _BINARY_KINDS or name == "*/*" or (kind in ("image", "audio", "video", "font") and "+" not in name)


def is_range(name: str) -> bool:
    """Whether it stands for several media types, such as `image/*`."""
    return "*" in name
