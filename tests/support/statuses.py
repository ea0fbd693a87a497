"""Which answers of the contract the tests have seen: every operation with every status that came from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from generated.operations import OPERATIONS

Pair: TypeAlias = tuple[str, int]

# Of this process; the workers of a run bring theirs together at the end.
seen: set[Pair] = set()


def documented() -> list[Pair]:
    """Every operation of the contract with every status that it declares."""
    return [(operation.id, status) for operation in OPERATIONS for status in operation.statuses]


def unseen(pairs: Iterable[Pair]) -> list[Pair]:
    """What the contract documents and these pairs leave out, in the contract's order."""
    known = set(pairs)
    return [pair for pair in documented() if pair not in known]


class Recording:
    """Passes requests on to an application, and notes what it answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            operation = scope.get("operation")
            if message["type"] == "http.response.start" and operation is not None:
                seen.add((operation.id, message["status"]))
            await send(message)

        await self._app(scope, receive, sending)
