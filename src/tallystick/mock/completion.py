"""What a whole server adds to every answer: a request id, and headers that the contract requires of any answer."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tallystick.mock.answers import Answers
from tallystick.runtime.operation import Operation

_REQUEST_ID = "x-request-id"


class Completion:
    """Adds the required headers that are still missing when an answer leaves, refusals included."""

    def __init__(self, app: ASGIApp, answers: Answers) -> None:
        self._app = app
        self._answers = answers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state: dict[str, Any] = scope.setdefault("state", {})
        request_id: str = state.setdefault("request_id", str(uuid4()))

        async def complete(message: Message) -> None:
            operation = scope.get("operation")
            if message["type"] == "http.response.start" and operation is not None:
                message["headers"] = [*message["headers"], *self._missing(operation, message, request_id)]
            await send(message)

        await self._app(scope, receive, complete)

    def _missing(self, operation: Operation, message: Message, request_id: str) -> list[tuple[bytes, bytes]]:
        present = {name.decode("latin-1").lower() for name, _ in message["headers"]}
        known = {_REQUEST_ID: request_id}
        return self._answers.required_headers(operation, message["status"], present, known)
