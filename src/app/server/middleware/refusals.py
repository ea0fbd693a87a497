"""Requests that are turned away before anything looks at them: too long, or for somebody else."""

from collections.abc import Iterable

from starlette.types import ASGIApp, Receive, Scope, Send

from tallystick.runtime.dispatch import plain_refusal
from tallystick.runtime.problems import Kind, Refusal

MAX_TARGET_BYTES = 8 * 1024
MAX_HEADER_BYTES = 16 * 1024


async def refuse(kind: Kind, detail: str, scope: Scope, send: Send) -> None:
    """Answer with the plain problem of this kind."""
    reply = plain_refusal(Refusal(kind, detail), scope)
    await reply.send(send, head=scope["method"] == "HEAD")


class SizeLimits:
    """414 for a target and 431 for header fields that are larger than any honest client's."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MAX_TARGET_BYTES:
            detail = f"Path and query are longer than {MAX_TARGET_BYTES} bytes."
            await refuse(Kind.URI_TOO_LONG, detail, scope, send)
        elif sum(len(name) + len(value) for name, value in scope["headers"]) > MAX_HEADER_BYTES:
            detail = f"The header fields are larger than {MAX_HEADER_BYTES} bytes."
            await refuse(Kind.HEADER_FIELDS_TOO_LARGE, detail, scope, send)
        else:
            await self._app(scope, receive, send)


class TrustedHosts:
    """400 for a Host that is not ours: no page of a stranger's name may speak to this server."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        """`*.example.com` stands for every name below it, `*` for everything."""
        self._app = app
        names = [host.lower() for host in hosts]
        self._exact = frozenset(name for name in names if not name.startswith("*"))
        self._suffixes = tuple(name[1:] for name in names if name.startswith("*."))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._knows(_host(scope)):
            await self._app(scope, receive, send)
        else:
            await refuse(Kind.BAD_REQUEST, "This server does not answer to that Host.", scope, send)

    def _knows(self, host: str) -> bool:
        return host in self._exact or host.endswith(self._suffixes)


def _host(scope: Scope) -> str:
    """The name in the Host header without its port; empty if there is not exactly one header."""
    found = [value for name, value in scope["headers"] if name == b"host"]
    if len(found) != 1:
        return ""
    text: str = found[0].decode("latin-1").lower()
    if text.startswith("["):
        return text.partition("]")[0] + "]"
    return text.partition(":")[0]
