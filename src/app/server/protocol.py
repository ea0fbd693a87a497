"""HTTP/1.1 as uvicorn speaks it, with an end to request heads and problem+json where a request cannot even be read."""

from http import HTTPStatus
from uuid import uuid4

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tallystick.runtime.problems import Kind, default_spec, render

# Far above what the application takes (it answers 414 and 431 itself), far below what would hurt.
MAX_HEAD_BYTES = 64 * 1024

log = structlog.get_logger("access")


class BoundedProtocol(HttpToolsProtocol):
    """Refuses a head that goes on and on: the parser would keep all of it."""

    _in_head = True
    _head_bytes = 0
    _messages = 0

    def data_received(self, data: bytes) -> None:
        messages = self._messages
        super().data_received(data)
        # What ended a request with its body is no head, however large it is.
        if self._in_head and messages == self._messages and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self._refuse(Kind.HEADER_FIELDS_TOO_LARGE, "The head of the request does not end.")

    def on_headers_complete(self) -> None:
        self._in_head = False
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
        # There is no cycle before the first request, whatever its annotation says.
        if getattr(self.cycle, "response_complete", True):
            self.transport.write(_answer(kind, detail, self.server_state.default_headers))
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
