"""HTTP/1.1 as uvicorn speaks it, but with an end to heads, and answers that arrive: as problem+json, before closing."""

import asyncio
from http import HTTPStatus
from typing import Any, cast
from uuid import uuid4

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tallystick.runtime.problems import Kind, default_spec, render

# Far above what the application takes (it answers 414 and 431 itself), far below what would hurt.
MAX_HEAD_BYTES = 64 * 1024
LINGER_SECONDS = 2.0

log = structlog.get_logger("access")


class _GentleTransport:
    """A transport whose `close` lets the client read the answer.

    Closing a socket while the client is still sending resets the connection, and the answer (413, say) is lost on its
    way. So the sending half is closed first, and what still comes is thrown away for a moment.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        # The one method that every answer calls.
        self.write = transport.write
        self.is_lingering = False
        self.may_close_at_once = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        return self.is_lingering or self._transport.is_closing()

    def close(self) -> None:
        if self.may_close_at_once or self._transport.is_closing() or not self._transport.can_write_eof():
            self._transport.close()
        elif not self.is_lingering:
            self.is_lingering = True
            self._transport.write_eof()
            self._transport.resume_reading()
            asyncio.get_running_loop().call_later(LINGER_SECONDS, self._transport.close)


class BoundedProtocol(HttpToolsProtocol):
    """Refuses a head that goes on and on: the parser would keep all of it."""

    _in_head = True
    _head_bytes = 0
    _messages = 0
    _gentle: _GentleTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._gentle = _GentleTransport(cast("asyncio.Transport", transport))
        super().connection_made(cast("asyncio.Transport", self._gentle))

    def data_received(self, data: bytes) -> None:
        if self._gentle.is_lingering:
            return
        messages = self._messages
        super().data_received(data)
        # What ended a request with its body is no head, however large it is.
        if self._in_head and messages == self._messages and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(Kind.HEADER_FIELDS_TOO_LARGE, "The head of the request does not end.")

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._gentle.may_close_at_once = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head = True
        self._head_bytes = 0
        self._messages += 1
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        self._refuse(Kind.BAD_REQUEST, msg)

    def _refuse(self, kind: Kind, detail: str) -> None:
        """Answer without the application, and close: what follows on this connection cannot be read."""
        # There is no cycle before the first request, whatever its annotation says. An answer that has begun, or that
        # another request on this connection still waits for, must not be mixed up with this one.
        is_waited_for = getattr(self.cycle, "response_complete", True) or not self.cycle.response_started
        if is_waited_for and not self.pipeline:
            self.transport.write(_answer(kind, detail, self.server_state.default_headers))
        self._gentle.may_close_at_once = False
        self.transport.close()
        log.info("request", status=kind.status, client=self.client[0] if self.client else None, detail=detail)


def _answer(kind: Kind, detail: str, default_headers: list[tuple[bytes, bytes]]) -> bytes:
    request_id = str(uuid4())
    reply = render(default_spec(kind), detail=detail, request_id=request_id)
    headers = [
        *default_headers,
        *reply.headers,
        (b"x-request-id", request_id.encode("ascii")),
        (b"content-length", b"%d" % len(reply.body)),
        (b"connection", b"close"),
    ]
    lines = [b"HTTP/1.1 %d %s" % (kind.status, HTTPStatus(kind.status).phrase.encode("ascii"))]
    lines += [name + b": " + value for name, value in headers]
    return b"\r\n".join([*lines, b"", reply.body])
