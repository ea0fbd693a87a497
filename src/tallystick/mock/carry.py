"""One operation of the mock: the real router up to the handler, then the answer that the contract declares."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from tallystick.mock.answers import Answers, fingerprint
from tallystick.mock.crud import Answer, Crud
from tallystick.mock.document import Declared, MockDocument
from tallystick.mock.memory import Collection, Memory, is_removal
from tallystick.mock.prefer import Preference, preference_of
from tallystick.runtime.call import Call
from tallystick.runtime.implementation import not_implemented
from tallystick.runtime.reply import Reply
from tallystick.runtime.routing import Carry, Endpoint
from tallystick.runtime.types.digits import read_exactly

_PARAMETER = re.compile(r"\{([^{}]+)\}")
_GONE = (404, 410)
_STATUS_NAMES = ("status", "code", "statusCode", "status_code")


class Reached(Exception):
    """The request passed everything in front of its handler."""


class Mock:
    """Answers what reaches a handler.

    Args:
        stateful: remember what was created and changed, not deletions only.
    """

    def __init__(
        self,
        document: MockDocument,
        answers: Answers,
        collections: tuple[dict[str, Collection], dict[str, Collection]],
        *,
        stateful: bool = False,
    ) -> None:
        self._document = document
        self._answers = answers
        self.memory = Memory()
        self._crud = Crud(document, answers, self.memory, collections if stateful else ({}, {}))

    def endpoint(self, endpoint: Endpoint) -> Endpoint:
        """The same operation, answered here once its handler is reached."""
        return replace(endpoint, carry=self._carry(endpoint))

    def _carry(self, endpoint: Endpoint) -> Carry:
        async def carry(call: Call) -> Reply:
            try:
                return await endpoint.carry(call)
            except Reached:
                return await self._answer(call)

        return carry

    async def _answer(self, call: Call) -> Reply:
        preference = preference_of(call)
        if preference is not None and preference.code is not None:
            reply = self._preferred(call, preference, preference.code)
            if reply is not None:
                return reply
        path = _path_of(call)
        gone = self._gone(call, path)
        if gone is not None:
            return gone
        found = self._answers.success(call.operation)
        if found is None:
            raise not_implemented(call.operation.id)
        status, declared = found
        media_type = self._answers.media_type(call, declared)
        example = None if preference is None else preference.example
        key = fingerprint(call.operation, call)
        value = self._answers.value(declared, media_type, key, example)
        named = self._answers.has_example(declared, media_type, example)
        if not named or is_removal(call.operation):
            value = self._remember(call, path, Answer(declared, media_type, value), await _json_body(call))
        reply = self._answers.reply(status, declared, media_type, value, key)
        return _applied(reply, preference, code=False, example=named)

    def _preferred(self, call: Call, preference: Preference, status: int) -> Reply | None:
        declared = self._document.response(call.operation, status)
        if declared is None:
            return None
        reply = self._filled(call, status, declared, preference.example)
        named = self._answers.has_example(declared, self._media_type(call, status, declared), preference.example)
        return _applied(reply, preference, code=True, example=named)

    def _media_type(self, call: Call, status: int, declared: Declared) -> str | None:
        return next(iter(declared.content), None) if status >= 400 else self._answers.media_type(call, declared)

    def _filled(self, call: Call, status: int, declared: Declared, example: str | None = None) -> Reply:
        media_type = self._media_type(call, status, declared)
        key = f"{fingerprint(call.operation, call)}:{status}"
        value = self._answers.value(declared, media_type, key, example)
        value = _with_status(value, status) if status >= 400 else value
        if self._answers.breaks(declared, media_type, value):
            value = self._answers.value(declared, media_type, key, example)
        return self._answers.reply(status, declared, media_type, value, key)

    def _gone(self, call: Call, path: str) -> Reply | None:
        """The declared answer for what was deleted; creating something there again is no call on what is gone."""
        if not self.memory.is_deleted(path) or (call.operation.method == "POST" and path in self.memory.deleted):
            return None
        declared = self._document.responses(call.operation)
        for status in _GONE:
            if str(status) in declared:
                return self._filled(call, status, declared[str(status)])
        fitting = self._document.response(call.operation, 404)
        return None if fitting is None else self._filled(call, 404, fitting)

    def _remember(self, call: Call, path: str, answer: Answer, body: Any) -> Any:
        operation = call.operation
        if is_removal(operation):
            # In the order of the path: the last one names the thing itself.
            self.memory.delete(path, [call.path_values[name] for name in _PARAMETER.findall(operation.path)])
            return answer.value
        if operation.method in ("POST", "PUT"):
            self.memory.restore(path)
        value = self._crud.answer(call, path, answer, body)
        if operation.method == "POST":
            self.memory.restore_named(path, value)
        return value


def _path_of(call: Call) -> str:
    """The path with its values written one way, whatever escapes the client chose and below whichever server."""
    path = call.operation.path
    for name, value in call.path_values.items():
        path = path.replace("{" + name + "}", quote(value, safe=""))
    return path


async def _json_body(call: Call) -> Any:
    """The body as JSON, None if it is none: the router has judged it already."""
    media_type = call.media_type or ""
    if not (media_type == "application/json" or media_type.endswith("+json")):
        return None
    try:
        return read_exactly(await call.body())
    except (ValueError, RecursionError):
        return None


def _applied(reply: Reply, preference: Preference | None, *, code: bool, example: bool) -> Reply:
    told = None if preference is None else preference.applied(code=code, example=example)
    if told is not None:
        reply.headers.append((b"preference-applied", told))
    return reply


def _with_status(value: Any, status: int) -> Any:
    """An error that says its own status tells the truth."""
    if not isinstance(value, dict):
        return value
    return {name: status if name in _STATUS_NAMES and type(one) is int else one for name, one in value.items()}
