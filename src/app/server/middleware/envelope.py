"""What every request gets: an id, a line in the log, its time measured, and headers that protect browsers."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_plus
from uuid import uuid4

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.server.logging import request_id_var

log = structlog.get_logger("access")

# As the contract describes X-Request-Id; anything else is replaced, not repeated.
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
_SECRET_NAME = re.compile(
    r"token|secret|password|passwd|authorization|api[-_]?key|signature|credential|^(code|key|sig|auth)$", re.IGNORECASE
)
_MASK = "***"
_MAX_LOGGED = 500
# Asked every few seconds by balancers: only worth a line when something is wrong.
_PROBES = frozenset({"/health", "/health/live", "/health/ready", "/metrics"})

# The documentation's pages bring a policy of their own.
_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_SECURITY = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_HSTS = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")


@dataclass(slots=True)
class _Exchange:
    """One request while it is answered."""

    started: float = field(default_factory=time.perf_counter)
    status: int = 0
    sent_bytes: int = 0


class Envelope:
    """One wrapper instead of four, because each costs every request something."""

    def __init__(self, app: ASGIApp, *, https_only: bool = False) -> None:
        """`https_only` tells browsers to come back by HTTPS only (HSTS)."""
        self._app = app
        self._security = (*_SECURITY, _HSTS) if https_only else _SECURITY

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        # A new mapping: the one that the server hands out is shared by all requests.
        scope["state"] = {**(scope.get("state") or {}), "request_id": request_id}
        exchange = _Exchange()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                exchange.status = message["status"]
                message["headers"] = [*message["headers"], *self._headers(message, request_id, exchange)]
            elif message["type"] == "http.response.body":
                exchange.sent_bytes += len(message.get("body", b""))
            await send(message)

        token = request_id_var.set(request_id)
        try:
            await self._app(scope, receive, sending)
        finally:
            _log(scope, exchange)
            request_id_var.reset(token)

    def _headers(self, message: Message, request_id: str, exchange: _Exchange) -> list[tuple[bytes, bytes]]:
        duration = (time.perf_counter() - exchange.started) * 1000
        headers = [
            (b"x-request-id", request_id.encode("ascii")),
            (b"server-timing", b"app;dur=%.1f" % duration),
            *self._security,
        ]
        if not any(name == b"content-security-policy" for name, _ in message["headers"]):
            headers.append(_POLICY)
        return headers


def _request_id(scope: Scope) -> str:
    sent = [value for name, value in scope["headers"] if name == b"x-request-id"]
    if len(sent) == 1 and _REQUEST_ID.fullmatch(sent[0]):
        accepted: bytes = sent[0]
        return accepted.decode("ascii")
    return str(uuid4())


def _log(scope: Scope, exchange: _Exchange) -> None:
    path: str = scope["path"]
    status = exchange.status
    write = log.error if status >= 500 or status == 0 else log.info
    if status < 400 and status and path.removeprefix(scope.get("root_path", "")) in _PROBES:
        write = log.debug
    client = scope.get("client")
    write(
        "request",
        method=scope["method"],
        path=path[:_MAX_LOGGED],
        query=masked(scope["query_string"]),
        status=status or None,
        duration_ms=round((time.perf_counter() - exchange.started) * 1000, 1),
        bytes=exchange.sent_bytes,
        client=client[0] if client else None,
        operation=_operation_id(scope),
    )


def _operation_id(scope: Mapping[str, object]) -> object:
    return getattr(scope.get("operation"), "id", None)


def masked(query: bytes) -> str | None:
    """A query string fit for a log: values of names that smell of secrets are left out."""
    if not query:
        return None
    parts = query.decode("latin-1")[:_MAX_LOGGED].split("&")
    return "&".join(_masked_part(part) for part in parts)


def _masked_part(part: str) -> str:
    name, equals, _ = part.partition("=")
    return name + equals + _MASK if equals and _SECRET_NAME.search(unquote_plus(name)) else part
