"""An answer ready to be sent: status, raw headers, bytes."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from enum import Enum
from typing import Any

from starlette.types import Send

Headers = list[tuple[bytes, bytes]]
HeaderScalar = str | int | float | bool | date | datetime
HeaderValue = HeaderScalar | Sequence[HeaderScalar]


# Statuses that HTTP gives no content, besides 1xx (RFC 9110, sections 15.3.5 and 15.4.5).
WITHOUT_CONTENT = (204, 304)


@dataclass(slots=True)
class Reply:
    """One complete answer. `headers` are lower-case names; `content-length` is added when it is sent."""

    status: int
    headers: Headers = field(default_factory=list)
    body: bytes = b""

    def header(self, name: bytes) -> bytes | None:
        """The first value under a lower-case name."""
        return next((value for key, value in self.headers if key == name), None)

    async def send(self, send: Send, *, head: bool = False) -> None:
        """Send it all; for HEAD the same headers without the body (RFC 9110, section 9.3.2)."""
        headers = self.headers
        if self.status not in WITHOUT_CONTENT and self.status >= 200:
            headers = [*headers, (b"content-length", b"%d" % len(self.body))]
        start: MutableMapping[str, Any] = {
            "type": "http.response.start",
            "status": self.status,
            "headers": headers,
        }
        await send(start)
        await send({"type": "http.response.body", "body": b"" if head else self.body})


def header_value(value: HeaderValue) -> bytes:
    """The bytes of a header field value (RFC 9110, section 5.5; times as RFC 3339 has them, lists with commas).

    Raises:
        ValueError: the text holds a control character or cannot be written in ISO 8859-1; a time without zone.
    """
    if isinstance(value, list | tuple):
        return b",".join(map(header_value, value))
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, Enum):
        value = value.value
    text = _rfc_3339(value) if isinstance(value, datetime) else _iso(value)
    if not text.isprintable():
        raise ValueError(f"header value holds a control character: {text!r}")
    return text.encode("latin-1")


def http_date(value: datetime) -> bytes:
    """A time as HTTP has them (RFC 9110, section 5.6.7).

    Raises:
        ValueError: a time without zone.
    """
    if value.tzinfo is None:
        raise ValueError("the time has no zone")
    return format_datetime(value.astimezone(UTC), usegmt=True).encode("ascii")


def _iso(value: Any) -> str:
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _rfc_3339(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError("the time has no zone")
    return value.isoformat().replace("+00:00", "Z")
