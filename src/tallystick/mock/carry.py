"""One operation of the mock: the real router up to the handler, then the answer that the contract declares."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from tallystick.mock.answers import NO_BODY, Answers, fingerprint
from tallystick.mock.document import Declared, MockDocument
from tallystick.mock.memory import Collection, Memory, id_member, is_removal, merge_patch
from tallystick.mock.prefer import Preference, preference_of
from tallystick.runtime.call import Call
from tallystick.runtime.implementation import not_implemented
from tallystick.runtime.operation import Operation
from tallystick.runtime.reply import Reply
from tallystick.runtime.routing import Carry, Endpoint

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
        self._by_collection, self._by_member = collections if stateful else ({}, {})
        self.memory = Memory()

    def endpoint(self, endpoint: Endpoint) -> Endpoint:
        """The same operation, answered here once its handler is reached."""
        return Endpoint(endpoint.operation, self._carry(endpoint))

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
        value = self._remember(call, path, declared, media_type, value, await _json_body(call))
        reply = self._answers.reply(status, declared, media_type, value, key)
        if preference is not None and example is not None:
            reply.headers.append((b"preference-applied", preference.applied))
        return reply

    def _preferred(self, call: Call, preference: Preference, status: int) -> Reply | None:
        declared = self._document.response(call.operation, status)
        if declared is None:
            return None
        reply = self._filled(call, status, declared, preference.example)
        reply.headers.append((b"preference-applied", preference.applied))
        return reply

    def _filled(self, call: Call, status: int, declared: Declared, example: str | None = None) -> Reply:
        media_type = next(iter(declared.content), None) if status >= 400 else self._answers.media_type(call, declared)
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

    def _remember(
        self, call: Call, path: str, declared: Declared, media_type: str | None, value: Any, body: Any
    ) -> Any:
        operation = call.operation
        if is_removal(operation):
            self.memory.delete(path, call.path_values.values())
            return value
        if operation.method in ("POST", "PUT"):
            self.memory.restore(path)
        changed = self._crud(operation, path, value, body)
        if changed is not value and (changed is NO_BODY or self._answers.breaks(declared, media_type, changed)):
            changed = value
        if operation.method == "POST":
            self.memory.restore_named(changed)
        self._store(operation, path, changed)
        return changed

    def _crud(self, operation: Operation, path: str, value: Any, body: Any) -> Any:
        """The answer as a server with a memory would give it; the same value where there is nothing to tell."""
        collection = self._by_collection.get(operation.path)
        if collection is not None and operation.method == "POST":
            return self._created(collection, value, body)
        if collection is not None and operation.method == "GET":
            return self._listed(collection, path, value)
        member = self._by_member.get(operation.path)
        if member is None or operation.method not in ("GET", "PUT", "PATCH"):
            return value
        known = self.memory.things.get(path)
        if known is None:
            known = _identified(value, member, path.rpartition("/")[2])
        if operation.method == "GET" or not isinstance(body, dict):
            return known
        return _filled_in(known, body, member)

    def _created(self, collection: Collection, value: Any, body: Any) -> Any:
        place = id_member(value, collection)
        if place is None:
            return value
        filled = _filled_in(value, body, collection) if isinstance(body, dict) else value
        identified = id_member(filled, collection)
        if identified is None:
            return value
        self.memory.serial += 1
        return _identified(filled, collection, _fresh(identified[0][identified[1]], self.memory.serial))

    def _listed(self, collection: Collection, path: str, value: Any) -> Any:
        def alive(one: Any) -> bool:
            place = id_member(one, collection)
            return place is None or _member_path(path, place[0][place[1]]) not in self.memory.deleted

        def ours(items: list[Any]) -> list[Any]:
            created = self.memory.members(path)
            return [*created, *(one for one in items if alive(one) and one not in created)]

        if isinstance(value, list):
            return ours(value)
        if isinstance(value, dict):
            lists = [name for name, one in value.items() if isinstance(one, list)]
            if len(lists) == 1:
                return {**value, lists[0]: ours(value[lists[0]])}
        return value

    def _store(self, operation: Operation, path: str, value: Any) -> None:
        if operation.path in self._by_member and operation.method in ("PUT", "PATCH") and isinstance(value, dict):
            self.memory.things[path] = value
        collection = self._by_collection.get(operation.path)
        if collection is not None and operation.method == "POST":
            place = id_member(value, collection)
            if place is not None:
                self.memory.things[_member_path(path, place[0][place[1]])] = value


def _path_of(call: Call) -> str:
    """The path with its values written one way, whatever escapes the client chose and below whichever server."""
    path = call.operation.path
    for name, value in call.path_values.items():
        path = path.replace("{" + name + "}", quote(value, safe=""))
    return path


def _member_path(collection: str, value: Any) -> str:
    return f"{collection}/{quote(str(value), safe='')}"


async def _json_body(call: Call) -> Any:
    """The body as JSON, None if it is none: the router has judged it already."""
    media_type = call.media_type or ""
    if not (media_type == "application/json" or media_type.endswith("+json")):
        return None
    try:
        return json.loads(await call.body())
    except (ValueError, RecursionError):
        return None


def _filled_in(value: Any, body: dict[str, Any], collection: Collection) -> Any:
    """What the answer says, with the client's members laid over it; the id stays."""
    place = id_member(value, collection)
    if place is None:
        return value
    known, name = place
    sent = body
    if len(body) == 1 and known is not value:
        inner = next(iter(body.values()))
        sent = inner if isinstance(inner, dict) else body
    merged = {**merge_patch(known, sent), name: known[name]}
    return merged if known is value else _enveloped(value, known, merged)


def _enveloped(value: Any, known: dict[str, Any], merged: dict[str, Any]) -> Any:
    if value is known:
        return merged
    key, inner = next(iter(value.items()))
    return {key: _enveloped(inner, known, merged)}


def _identified(value: Any, collection: Collection, identity: Any) -> Any:
    """The value under another id, of the type it had."""
    place = id_member(value, collection)
    if place is None:
        return value
    known, name = place
    if isinstance(known[name], int) and not isinstance(known[name], bool):
        try:
            identity = int(identity)
        except ValueError:
            return value
    return _enveloped(value, known, {**known, name: identity})


def _fresh(known: Any, serial: int) -> Any:
    """An id like the known one, but another: the last digits count on."""
    if isinstance(known, int):
        return known + serial
    text = str(known)
    suffix = f"{serial:x}"
    return text[: -len(suffix)] + suffix if len(text) >= 32 else f"{text}-{serial}"


def _with_status(value: Any, status: int) -> Any:
    """An error that says its own status tells the truth."""
    if not isinstance(value, dict):
        return value
    return {name: status if name in _STATUS_NAMES and type(one) is int else one for name, one in value.items()}
