"""Puts the contract's operations into the application: handlers, verifiers, policies, documents."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import FastAPI

from app.kit.principal import Principal
from app.kit.variables import SettingsError
from app.server.dependencies import idempotency_store
from app.server.errors import translate
from app.server.registry import handlers
from app.server.services import Services
from app.settings import Settings
from generated.registry import Handlers, endpoints
from generated.security import Verifiers
from tallystick.runtime.docs import documentation_routes
from tallystick.runtime.examples import Examples
from tallystick.runtime.guard import ContractGuard
from tallystick.runtime.implementation import Implementation, gaps
from tallystick.runtime.mount import Runtime, mount
from tallystick.runtime.operation import Operation
from tallystick.runtime.reply import Reply
from tallystick.runtime.routing import Endpoint

# What the middleware adds to every answer, so that no handler has to.
SERVER_HEADERS = ("X-Request-Id",)


@cache
def document_bytes(suffix: str) -> bytes:
    """The bundled contract as it is served; `suffix` is `json` or `yaml`."""
    return files("generated").joinpath(f"openapi.{suffix}").read_bytes()


@cache
def document() -> Mapping[str, Any]:
    """The bundled contract."""
    loaded: Mapping[str, Any] = json.loads(document_bytes("json"))
    return loaded


class SampledGuard:
    """Judges a share of the answers."""

    def __init__(self, guard: ContractGuard, share: float) -> None:
        self._guard = guard
        self._share = share

    def check(self, operation: Operation, reply: Reply) -> Sequence[str]:
        """See `ContractGuard`."""
        chosen = self._share >= 1 or random.random() < self._share  # noqa: S311 - no secret hangs on this choice
        return self._guard.check(operation, reply) if chosen else ()


def serve_contract(app: FastAPI, services: Services, settings: Settings) -> None:
    """Mount every operation and the documents.

    Raises:
        SettingsError: an operation has no handler, and no setting says what should answer instead.
    """
    verifiers: Verifiers[Principal] = Verifiers(bearer_auth=services.verifier)
    share = settings.guard_share
    runtime = Runtime(
        app=app,
        schemes=verifiers.schemes(),
        limiter=services.limiter,
        idempotency=idempotency_store,
        translate=translate,
        guard=SampledGuard(ContractGuard(document(), SERVER_HEADERS), share) if share > 0 else None,
    )
    mount(runtime, _endpoints(settings, runtime))
    pages = settings.docs_enabled
    title = document()["info"]["title"]
    app.router.routes.extend(documentation_routes(document_bytes("json"), document_bytes("yaml"), title, pages=pages))
    app.openapi = lambda: dict(document())  # type: ignore[method-assign]  # FastAPI's documented way to replace it


def _endpoints(settings: Settings, runtime: Runtime[Principal]) -> Iterator[Endpoint]:
    implementations = handlers.implementations()
    found = gaps(implementations)
    if settings.unimplemented == "refuse" and found:
        hint = "write the methods, or set APP_UNIMPLEMENTED=501 to answer 501 meanwhile"
        raise SettingsError([f"APP_UNIMPLEMENTED: {line} ({hint})." for line in found])
    missing = {operation.id for one in implementations for operation in one.missing()}
    examples = Examples(document()) if settings.unimplemented == "example" else None
    gate = runtime.gate()
    for endpoint in endpoints(_completed(implementations), runtime):
        if examples is not None and endpoint.operation.id in missing:
            yield Endpoint(endpoint.operation, examples.carry(endpoint.operation, gate))
        else:
            yield endpoint


def _completed(implementations: Sequence[Implementation]) -> Handlers[Principal]:
    return Handlers(**{one.tag: one.completed() for one in implementations})
