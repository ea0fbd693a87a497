"""What a media type means for a body: JSON, a form, XML, text or bytes."""

from __future__ import annotations

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


def base_name(media_type: str) -> str:
    """A media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


def is_json(name: str) -> bool:
    """Whether a body of this media type is JSON."""
    return name == "application/json" or name.endswith("+json")


def is_xml(name: str) -> bool:
    """Whether a body of this media type is XML (RFC 7303)."""
    return name in ("application/xml", "text/xml") or name.endswith("+xml")


def is_range(name: str) -> bool:
    """Whether it stands for several media types, such as `image/*`."""
    return "*" in name
