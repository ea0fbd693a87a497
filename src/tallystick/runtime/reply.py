"""An answer ready to be sent: status, raw headers, bytes."""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import Any

from starlette.types import Send

Headers = list[tuple[bytes, bytes]]
HeaderScalar = str | int | float | bool | date | datetime
HeaderValue = HeaderScalar | Sequence[HeaderScalar]


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
        if self.status >= 200 and self.status not in (204, 304):
            headers = [*headers, (b"content-length", b"%d" % len(self.body))]
        start: MutableMapping[str, Any] = {
            "type": "http.response.start",
            "status": self.status,
            "headers": headers,
        }
        await send(start)
        await send({"type": "http.response.body", "body": b"" if head else self.body})


def header_value(value: HeaderValue) -> bytes:
    """The bytes of a header field value (RFC 9110, section 5.5; times as HTTP-date, lists with commas).

    Raises:
        ValueError: the text holds a control character or cannot be written in ISO 8859-1.
    """
    if isinstance(value, list | tuple):
        return b",".join(map(header_value, value))
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, datetime):
        return format_datetime(value.astimezone(UTC), usegmt=True).encode("ascii")
    text = value.isoformat() if isinstance(value, date) else str(value)
    if not text.isprintable():
        raise ValueError(f"header value holds a control character: {text!r}")
    return text.encode("latin-1")
