"""One request on its way through an operation: views on the ASGI scope, parsed when asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any

from starlette.requests import Request
from starlette.types import Receive, Scope

from tallystick.runtime.operation import Operation
from tallystick.runtime.problems import Kind, Refusal
from tallystick.runtime.wire import Fields, parse_cookies

MEDIA_SEPARATOR = ";"
# Where dependencies of operations with callbacks find the call in the scope.
CALL_KEY = "tallystick.call"


class Call:
    """A request matched to its operation.

    `path_values` are the percent-decoded values of the path template's parameters, by name; `raw_path_values` the
    same as they were sent.
    """

    __slots__ = (
        *("_body", "_cookies", "_headers", "_query", "deferred", "operation", "path_values", "raw_path_values"),
        *("receive", "scope"),
    )

    def __init__(
        self,
        scope: Scope,
        receive: Receive,
        operation: Operation,
        path_values: Mapping[str, str],
        raw_path_values: Mapping[str, str] | None = None,
    ) -> None:
        self.scope = scope
        self.receive = receive
        self.operation = operation
        self.path_values = path_values
        self.raw_path_values = path_values if raw_path_values is None else raw_path_values
        self._headers: dict[str, list[str]] | None = None
        self._query: Fields | None = None
        self._cookies: Mapping[str, Sequence[str]] | None = None
        self._body: bytes | None = None
        # What has to be left after a stream was sent, not before.
        self.deferred: AsyncExitStack | None = None

    @property
    def headers(self) -> Mapping[str, Sequence[str]]:
        """Header field values in order, by lower-case name, read as ISO 8859-1."""
        if self._headers is None:
            self._headers = {}
            for name, value in self.scope["headers"]:
                self._headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        return self._headers

    def header(self, name: str) -> str | None:
        """All values under a lower-case name joined by a comma (RFC 9110, section 5.3), or None."""
        values = self.headers.get(name)
        return None if values is None else ", ".join(values)

    @property
    def query_string(self) -> bytes:
        """The raw query, still percent-encoded."""
        query: bytes = self.scope["query_string"]
        return query

    @property
    def query(self) -> Fields:
        """The query's names and values."""
        if self._query is None:
            self._query = Fields(self.query_string)
        return self._query

    @property
    def cookies(self) -> Mapping[str, Sequence[str]]:
        """Cookie values in order, by name, as they were sent."""
        if self._cookies is None:
            # RFC 6265 allows one Cookie field; HTTP/2 may split it (RFC 9113, section 8.2.3).
            self._cookies = parse_cookies("; ".join(self.headers.get("cookie", ())))
        return self._cookies

    @property
    def media_type(self) -> str | None:
        """The request's media type without parameters, lower-case; None when no Content-Type was sent."""
        content_type = self.header("content-type")
        if content_type is None:
            return None
        return content_type.partition(MEDIA_SEPARATOR)[0].strip().lower()

    @property
    def has_body(self) -> bool:
        """Whether the request announces content (RFC 9112, section 6)."""
        return "transfer-encoding" in self.headers or self.header("content-length") not in (None, "0")

    @property
    def request_id(self) -> str | None:
        """The id given to this request by the middleware in front, if any."""
        state: dict[str, Any] = self.scope.get("state") or {}
        return state.get("request_id")

    @property
    def client_address(self) -> str:
        """The peer's address, after trusted proxies were taken into account; empty if unknown."""
        client = self.scope.get("client")
        return client[0] if client else ""

    def request(self) -> Request:
        """The same request as Starlette knows it, for dependencies that ask for one."""
        return Request(self.scope, self.receive)

    async def body(self) -> bytes:
        """The whole body, read once.

        Raises:
            Refusal: 413 as soon as more than the operation's limit has arrived; 400 if the client went away.
        """
        if self._body is None:
            self._body = await self._read()
        return self._body

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body in pieces as they arrive, to be read once; whole where something else needs it whole.

        Raises:
            Refusal: see `body`.
        """
        if self._body is not None or self.operation.idempotent:
            yield await self.body()
            return
        async for chunk in self._receive():
            yield chunk

    async def _read(self) -> bytes:
        return b"".join([chunk async for chunk in self._receive()])

    async def _receive(self) -> AsyncIterator[bytes]:
        size = 0
        more = True
        while more:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise Refusal(Kind.BAD_REQUEST, "The connection closed before the whole body arrived.")
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if size > self.operation.max_body_bytes:
                raise too_large(self.operation.max_body_bytes)
            yield chunk
            more = message.get("more_body", False)


def too_large(limit: int) -> Refusal:
    """The refusal of a body over the limit, in bytes."""
    return Refusal(Kind.CONTENT_TOO_LARGE, f"The body is larger than the {limit} bytes this operation takes.")
