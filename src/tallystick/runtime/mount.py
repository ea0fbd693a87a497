"""Puts the operations of a contract into a FastAPI application."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Generic

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tallystick.runtime.dispatch import ContractRoute, Guard, Translate, plain_refusal, unexpected
from tallystick.runtime.gate import Gate
from tallystick.runtime.idempotency import MemoryIdempotency
from tallystick.runtime.ports import PrincipalT, RateLimiter
from tallystick.runtime.problems import Kind, Refusal
from tallystick.runtime.ratelimit import MemoryRateLimiter
from tallystick.runtime.routing import Endpoint
from tallystick.runtime.security import Authenticator, Scheme
from tallystick.runtime.session import (
    HandlersT,
    IdempotencyDependency,
    IdempotentSessions,
    Sessions,
)
from tallystick.runtime.warmup import warm_up


def nothing_known(_: Exception) -> None:
    """The translation that knows no error of the product."""


@dataclass(frozen=True)
class Runtime(Generic[PrincipalT]):
    """What generated routers are built with.

    Attributes:
        app: the application whose `dependency_overrides` and exception handlers hold.
        schemes: security schemes by the contract's name, each with its verifier.
        translate: the product's own errors as problems; None for one it does not know.
        limiter: counts for `x-rate-limit`; without it this process counts.
        idempotency: a dependency that gives the store for `x-idempotency`; without it this process remembers.
        guard: judges every reply by the contract.
        memory, counter: what stands in for store and limiter.
        models: what generated code builds on first use or before; it puts itself here.
        also_below: base paths besides those of the contract's servers, such as "" behind a proxy that cuts them off.
    """

    app: FastAPI
    schemes: Mapping[str, Scheme[PrincipalT]]
    limiter: RateLimiter | None = None
    idempotency: IdempotencyDependency | None = None
    translate: Translate = nothing_known
    guard: Guard | None = None
    also_below: tuple[str, ...] = ()
    models: list[ModuleType] = field(default_factory=list)
    memory: MemoryIdempotency = field(default_factory=MemoryIdempotency)
    counter: RateLimiter = field(default_factory=MemoryRateLimiter)

    def gate(self) -> Gate[PrincipalT]:
        """The refusals in front of every operation."""
        return Gate(Authenticator(self.schemes), self.limiter or self.counter)

    def sessions(self, handlers: type[HandlersT]) -> Sessions[HandlersT]:
        """Opens handlers of a class."""
        return Sessions(handlers, self.app)

    def idempotent(self, handlers: type[HandlersT]) -> IdempotentSessions[HandlersT]:
        """Opens handlers of a class whose replies are remembered."""
        return IdempotentSessions(handlers, self.idempotency, self.app, self.memory)


def mount(runtime: Runtime[PrincipalT], endpoints: Iterable[Endpoint], warm_up_seconds: float = 0.9) -> ContractRoute:
    """Serve the operations in the runtime's application; every error of it becomes a problem.

    Each stands below the base paths of its servers (`servers` of the contract): hosts make no difference.

    Validators and models are built here for at most `warm_up_seconds` of CPU time, the rest while the server works or
    when a request needs it; with zero, all of it when it is needed.
    """
    app = runtime.app
    endpoints = tuple(endpoints)
    warm_up(runtime.models, (part for endpoint in endpoints for part in endpoint.parts), warm_up_seconds)
    route = ContractRoute(endpoints, translate=runtime.translate, guard=runtime.guard, also_below=runtime.also_below)
    app.router.redirect_slashes = False
    app.router.routes.append(route)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(Exception, _unexpected)
    return route


_KINDS: Mapping[int, Kind] = {kind.status: kind for kind in reversed(Kind)}


async def _http_exception(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(getattr(error, "headers", None) or {})
    kind = _KINDS.get(status, Kind.BAD_REQUEST if status < 500 else Kind.INTERNAL_ERROR)
    detail = "There is nothing at this path." if status == 404 else kind.title + "."
    return _response(request, Refusal(kind, detail, headers=headers))


async def _unexpected(request: Request, _: Exception) -> Response:
    return _response(request, unexpected())


def _response(request: Request, refusal: Refusal) -> Response:
    reply = plain_refusal(refusal, request.scope)
    body = b"" if request.method == "HEAD" else reply.body
    response = Response(body, reply.status)
    response.raw_headers = [*reply.headers, (b"content-length", b"%d" % len(reply.body))]
    return response
