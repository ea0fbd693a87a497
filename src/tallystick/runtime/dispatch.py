"""From an ASGI request to its operation and back: the one place where errors become answers."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, Protocol
from urllib.parse import quote

from starlette.routing import BaseRoute
from starlette.routing import Match as RouteMatch
from starlette.types import Receive, Scope, Send

from tallystick.runtime.call import CALL_KEY, Call
from tallystick.runtime.operation import Operation
from tallystick.runtime.problems import Kind, Problem, Refusal, default_spec, render
from tallystick.runtime.reply import Reply
from tallystick.runtime.routing import Endpoint, Match, RouteTree, raw_path_of
from tallystick.runtime.streams import StreamReply

log = logging.getLogger(__name__)

Translate = Callable[[Exception], Problem | Refusal | None]

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
# What RFC 3986 allows in a path, and the escapes that are there already.
_URI_SAFE = "%/:@!$&'()*+,;=-._~"
MAX_INSTANCE = 8192
_MATCH_KEY = "tallystick.match"
_ERROR_KEY = "tallystick.error"


class Guard(Protocol):
    """Judges a reply by the contract; on in tests and development."""

    def check(self, operation: Operation, reply: Reply) -> Sequence[str]:
        """Every way in which the reply breaks the contract."""
        ...


class ContractBreach(Exception):
    """The server was about to answer what its contract does not declare."""


class ContractRoute(BaseRoute):
    """All operations of the contract as one route of a FastAPI application."""

    def __init__(
        self,
        endpoints: Iterable[Endpoint],
        *,
        translate: Translate,
        guard: Guard | None = None,
        also_below: Iterable[str] = (),
    ) -> None:
        self.tree = RouteTree(endpoints, also_below)
        self._translate = translate
        self._guard = guard

    def claim(self, scope: Scope) -> bool:
        """Whether an HTTP request is for a path of the contract, whatever its method; what matched is noted in it."""
        raw_path = raw_path_of(scope)
        if "%" in raw_path and _BAD_ESCAPE.search(raw_path):
            scope[_MATCH_KEY] = None
            return True
        try:
            found = self.tree.find(raw_path)
        except UnicodeDecodeError:
            scope[_MATCH_KEY] = None
            return True
        if found is None:
            return False
        scope[_MATCH_KEY] = found
        return True

    def leave_to_handlers(self, scope: Scope, error: Exception) -> None:
        """Let the application's exception handlers answer: the route raises the error when its turn comes."""
        scope[_ERROR_KEY] = error

    def matches(self, scope: Scope) -> tuple[RouteMatch, Scope]:
        """Full for every path of the contract, whatever the method: 405 and OPTIONS are answered here."""
        if _ERROR_KEY in scope or (scope["type"] == "http" and self.claim(scope)):
            return RouteMatch.FULL, {}
        return RouteMatch.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that `matches` has matched.

        Raises:
            Exception: an error that the application has a handler of its own for.
        """
        error = scope.get(_ERROR_KEY) or await self.answer(scope, receive, send)
        if error is not None:
            raise error

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> Exception | None:
        """Answer a request that was claimed; nothing was sent if an error is returned."""
        method: str = scope["method"]
        match: Match | None = scope[_MATCH_KEY]
        if match is None:
            refusal = Refusal(Kind.BAD_REQUEST, "The path is not percent-encoded UTF-8.")
            reply = plain_refusal(refusal, scope)
        elif (endpoint := match.resource.endpoint(method)) is not None:
            call = Call(scope, receive, endpoint.operation, match.path_values, match.raw_path_values)
            carried = await self._carry(endpoint, call)
            if isinstance(carried, Exception):
                return carried
            reply = carried
            if call.deferred is not None:
                await _send_deferred(call.deferred, reply, receive, send, head=method == "HEAD")
                return None
        else:
            reply = _no_such_method(match, method, scope)
        await reply.send(send, head=method == "HEAD")
        return None

    async def _carry(self, endpoint: Endpoint, call: Call) -> Reply | Exception:
        """The reply, or the error that the application has a handler for."""
        operation = call.operation
        call.scope["operation"] = operation
        if operation.callbacks:
            call.scope[CALL_KEY] = call
        try:
            if operation.timeout is None:
                reply = await endpoint.carry(call)
            else:
                async with asyncio.timeout(operation.timeout):
                    reply = await endpoint.carry(call)
            if call.deferred is not None and not isinstance(reply, StreamReply):
                # Commit before answering, as always.
                await call.deferred.aclose()
        except Exception as error:  # noqa: BLE001 - the one place where every error becomes an answer
            found = self._error_reply(call, error)
            if isinstance(found, Exception):
                return found
            reply = found
        if operation.lifecycle:
            names = {name for name, _ in operation.lifecycle}
            reply.headers = [*(pair for pair in reply.headers if pair[0] not in names), *operation.lifecycle]
        if self._guard is not None:
            reply = self._guarded(self._guard, call, reply)
        return reply

    def _error_reply(self, call: Call, error: Exception) -> Reply | Exception:
        known = error if isinstance(error, Problem | Refusal) else self._translate(error)
        if known is None and isinstance(error, TimeoutError) and call.operation.timeout is not None:
            detail = f"The operation took longer than {call.operation.timeout:g} s."
            known = Refusal(Kind.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "1"})
        if known is None:
            if _has_own_handler(call.scope, error):
                return error
            log.error("unexpected error in %s", call.operation.id, exc_info=error)
            return plain_refusal(unexpected(), call.scope)
        if isinstance(known, Problem) and known.spec.name not in call.operation.problems:
            log.error("%s does not declare the problem %s", call.operation.id, known.spec.name, exc_info=error)
            if self._guard is not None:
                breach = ContractBreach(f"{call.operation.id} does not declare {known.spec.name}")
                breach.__cause__ = error
                return breach
            return plain_refusal(unexpected(), call.scope)
        return _declared(call, known)

    def _guarded(self, guard: Guard, call: Call, reply: Reply) -> Reply:
        breaches = guard.check(call.operation, reply)
        if not breaches or reply.status >= 500:
            return reply
        text = "; ".join(breaches)
        log.error("%s answered %d against the contract: %s", call.operation.id, reply.status, text)
        return plain_refusal(Refusal(Kind.INTERNAL_ERROR, f"Contract breach: {text}"), call.scope)


async def _send_deferred(stack: AsyncExitStack, reply: Reply, receive: Receive, send: Send, *, head: bool) -> None:
    async with stack:
        if isinstance(reply, StreamReply):
            await reply.stream(receive, send, head=head)
        else:
            await reply.send(send, head=head)


def _declared(call: Call, error: Problem | Refusal) -> Reply:
    spec = error.spec if isinstance(error, Problem) else call.operation.refusal(error.kind)
    return render(
        spec,
        detail=error.detail,
        errors=error.errors,
        headers=error.headers,
        members=error.members if isinstance(error, Problem) else None,
        request_id=call.request_id,
        instance=_instance(call.scope),
    )


def plain_refusal(refusal: Refusal, scope: Scope) -> Reply:
    """A refusal outside any operation, by the default problems."""
    state: Mapping[str, Any] = scope.get("state") or {}
    return render(
        default_spec(refusal.kind),
        detail=refusal.detail,
        errors=refusal.errors,
        headers=refusal.headers,
        request_id=state.get("request_id"),
        instance=_instance(scope),
    )


def _instance(scope: Scope) -> str:
    """The path as a URI reference: percent-encoded, so that it is one whatever the client sent."""
    raw: bytes | None = scope.get("raw_path")
    path = scope["path"].encode("utf-8", "replace") if raw is None else raw
    return quote(path, safe=_URI_SAFE)[:MAX_INSTANCE] or "/"


def unexpected() -> Refusal:
    """What a client may know of an error nobody foresaw: nothing but the request id."""
    return Refusal(Kind.INTERNAL_ERROR, "The server failed; the request id helps to find out why.")


def _no_such_method(match: Match, method: str, scope: Scope) -> Reply:
    allow = match.resource.allow
    if method == "OPTIONS":
        return Reply(204, [(b"allow", allow.encode("ascii"))])
    refusal = Refusal(Kind.METHOD_NOT_ALLOWED, f"This path takes: {allow}.", headers={"Allow": allow})
    return plain_refusal(refusal, scope)


def _has_own_handler(scope: Scope, error: Exception) -> bool:
    """Whether the application registered an exception handler for this class (not the catch-all)."""
    handlers: Mapping[Any, Any] = getattr(scope.get("app"), "exception_handlers", {})
    return any(cls in handlers for cls in type(error).__mro__ if cls not in (Exception, BaseException, object))
