"""The short way in: a request for the contract does not pass through FastAPI's own layers."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from tallystick.runtime.dispatch import ContractRoute


class ContractFront:
    """Hands requests for operations to their route, and all others to `stack`, FastAPI's layers and routes.

    `FastAPI.add_middleware` and exception handlers work as ever: with middleware every request takes the long way,
    and an error that the application has a handler for goes that way too.
    """

    def __init__(self, app: FastAPI, stack: ASGIApp, route: ContractRoute) -> None:
        self._app = app
        self._stack = stack
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._route.claim(scope):
            scope["app"] = self._app
            error = await self._route.answer(scope, receive, send)
            if error is None:
                return
            self._route.leave_to_handlers(scope, error)
        await self._stack(scope, receive, send)


def with_front(app: FastAPI, stack: ASGIApp) -> ASGIApp:
    """`stack` behind the short way in, for an application's `build_middleware_stack`; as it is if there is none."""
    route = next((route for route in app.router.routes if isinstance(route, ContractRoute)), None)
    if route is None or app.user_middleware:
        return stack
    return ContractFront(app, stack, route)
