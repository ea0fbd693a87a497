"""Requests as an operation sees them, made without a server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from starlette.types import Message

from tallystick.runtime.call import Call
from tallystick.runtime.operation import Operation
from tallystick.runtime.problems import Violations

OPERATION = Operation(id="test", method="POST", path="/test", tag="tests", statuses=(200,))


def make_call(
    query: bytes = b"",
    *,
    headers: Iterable[tuple[bytes, bytes]] = (),
    body: bytes | Iterable[bytes] = b"",
    path: Mapping[str, str] | None = None,
    operation: Operation = OPERATION,
) -> Call:
    """A call with these parts; a body given in several pieces arrives in as many messages."""
    pieces = [body] if isinstance(body, bytes) else list(body)
    messages: list[Message] = [
        {"type": "http.request", "body": piece, "more_body": place < len(pieces) - 1}
        for place, piece in enumerate(pieces)
    ]

    async def receive() -> Message:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    scope = {"type": "http", "method": "POST", "path": "/test", "query_string": query, "headers": list(headers)}
    return Call(scope, receive, operation, path or {})


def codes(found: Violations) -> list[tuple[str, str]]:
    """Pointer and code of every violation."""
    return [(violation.pointer, violation.code) for violation in found.found]
