"""What a media type means for a body: JSON, a form, XML, text or bytes."""

from __future__ import annotations

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"

_LINES = frozenset(
    {"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonl", "application/jsonlines"}
)


EVENTS = "text/event-stream"


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
    is_read = is_json(name) or is_xml(name) or is_lines(name) or is_multipart(name)
    return not (is_read or name.startswith("text/") or name == FORM)


def is_lines(name: str) -> bool:
    """Whether a body of this media type is one JSON value after another."""
    return name in _LINES or is_sequence(name)


def is_sequence(name: str) -> bool:
    """Whether its values begin with a record separator (RFC 7464 and 8091)."""
    return name == "application/json-seq" or name.endswith("+json-seq")


def is_streamed(name: str) -> bool:
    """Whether handlers may answer in this media type while they make the content."""
    return name == EVENTS or not (is_json(name) or name.startswith("text/"))


def is_range(name: str) -> bool:
    """Whether it stands for several media types, such as `image/*`."""
    return "*" in name


def charset_of(media_type: str) -> str:
    """The charset that a media type names, in lower case; `utf-8` where it names none."""
    for parameter in media_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip('"').lower()
    return "utf-8"
