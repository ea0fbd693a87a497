"""Header fields of answers that are more than one plain value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic_core import from_json

from tallystick.runtime.reply import Headers, header_value, http_date
from tallystick.runtime.responses import JsonType


def date_header(name: bytes, value: datetime | str | None) -> Headers:
    """A time as HTTP has them; text as it is (`Retry-After` may be seconds)."""
    if value is None:
        return []
    return [(name, http_date(value) if isinstance(value, datetime) else header_value(value))]


def json_header(name: bytes, type_: JsonType, value: Any) -> Headers:
    """A value in JSON, for headers that the contract declares by `content`; what is not ASCII is escaped."""
    if value is None:
        return []
    text = type_.dump(value).decode()
    return [(name, "".join(c if c.isascii() else _escaped(c) for c in text).encode("ascii"))]


def _escaped(char: str) -> str:
    units = char.encode("utf-16-be")
    return "".join(f"\\u{units[place]:02x}{units[place + 1]:02x}" for place in range(0, len(units), 2))


def styled_header(name: bytes, type_: JsonType, value: Any, *, explode: bool = False) -> Headers:
    """A list or an object in style `simple` (OpenAPI 3.1, section 4.8.12.4)."""
    if value is None:
        return []
    plain = from_json(type_.dump(value))
    if isinstance(plain, Mapping):
        between = "=" if explode else ","
        plain = [f"{key}{between}{_text(one)}" for key, one in plain.items()]
    return [(name, header_value([_text(one) for one in plain] if isinstance(plain, list) else _text(plain)))]


def _text(value: Any) -> str:
    if value is None:
        return "null"
    return header_value(value).decode("latin-1")
