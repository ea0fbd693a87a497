"""Gzip for text of a certain size.

An answer with a strong ETag goes out as it is: the tag promises these very bytes, and clients send it back in
If-Match, where a changed or weakened tag would no longer match. What is to be cached and compressed has a weak tag.
"""

import zlib

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MINIMUM_BYTES = 1024
_LEVEL = 5
_GZIP_FORMAT = 16 + zlib.MAX_WBITS
_TEXT = (b"application/json", b"application/yaml", b"application/javascript", b"image/svg+xml", b"text/")
_TEXT_SUFFIXES = (b"+json", b"+yaml", b"+xml")
# Events must not wait for a full block.
_STREAMS = (b"text/event-stream",)


class Compression:
    """Compresses for clients that accept it; `Vary` tells caches wherever it could have been otherwise."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            send = _Sender(send, accepts=accepts_gzip(scope["headers"]), head=scope["method"] == "HEAD")
        await self._app(scope, receive, send)


class _Sender:
    """Holds the start of an answer back until its size is known."""

    def __init__(self, send: Send, *, accepts: bool, head: bool) -> None:
        self._send = send
        self._accepts = accepts
        self._head = head
        self._start: Message | None = None
        self._gzip: zlib._Compress | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            if _is_compressible(message):
                message["headers"] = [*message["headers"], (b"vary", b"Accept-Encoding")]
                if self._accepts and self._head:
                    _foretell(message)
                elif self._accepts:
                    self._start = message
                    return
        elif message["type"] == "http.response.body":
            await self._begin(message)
            if self._gzip is not None:
                message = self._compressed(self._gzip, message)
        await self._send(message)

    async def _begin(self, message: Message) -> None:
        start, self._start = self._start, None
        if start is None:
            return
        is_whole = not message.get("more_body", False)
        if not is_whole or len(message.get("body", b"")) >= MINIMUM_BYTES:
            self._gzip = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP_FORMAT)
            headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
            start["headers"] = [*headers, (b"content-encoding", b"gzip")]
            if is_whole:
                body = self._gzip.compress(message["body"]) + self._gzip.flush()
                message["body"] = body
                start["headers"].append((b"content-length", b"%d" % len(body)))
                self._gzip = None
        await self._send(start)

    def _compressed(self, gzip: "zlib._Compress", message: Message) -> Message:
        body = gzip.compress(message.get("body", b""))
        body += gzip.flush(zlib.Z_SYNC_FLUSH if message.get("more_body", False) else zlib.Z_FINISH)
        return {**message, "body": body}


def _foretell(start: Message) -> None:
    """Give the answer to HEAD the headers that GET would get; the length is not known without the body."""
    length = int(dict(start["headers"]).get(b"content-length", b"0"))
    if length >= MINIMUM_BYTES:
        headers = [pair for pair in start["headers"] if pair[0] != b"content-length"]
        start["headers"] = [*headers, (b"content-encoding", b"gzip")]


def _is_compressible(start: Message) -> bool:
    headers: dict[bytes, bytes] = dict(start["headers"])
    media_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    is_text = media_type.startswith(_TEXT) or media_type.endswith(_TEXT_SUFFIXES)
    etag = headers.get(b"etag", b"W/")
    return (
        is_text
        and media_type not in _STREAMS
        and start["status"] not in (204, 206, 304)
        and b"content-encoding" not in headers
        and etag.startswith(b"W/")
    )


def accepts_gzip(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether Accept-Encoding lets us send gzip (RFC 9110, section 12.5.3)."""
    weights: dict[str, float] = {}
    for name, value in headers:
        if name == b"accept-encoding":
            for part in value.decode("latin-1").lower().split(","):
                coding, _, parameters = part.partition(";")
                weights[coding.strip()] = _weight(parameters)
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
