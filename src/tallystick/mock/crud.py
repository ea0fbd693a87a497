"""Answers as a server with a memory gives them: what was created and changed is there, under ids of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from tallystick.mock.answers import NO_BODY, Answers
from tallystick.mock.document import Declared, MockDocument
from tallystick.mock.memory import Collection, Memory, id_member, merge_patch
from tallystick.runtime.call import Call

_MERGE_PATCH = "application/merge-patch+json"
_ABSENT = object()
_LISTED = 200  # of what was created, however much that is

# A value with one change more.
_Change = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What would be answered without a memory."""

    declared: Declared
    media_type: str | None
    value: Any


class Crud:
    """Things of the CRUD-shaped paths of a contract.

    A change that the declared answer has no room for is left out: what is answered is always valid.
    """

    def __init__(
        self,
        document: MockDocument,
        answers: Answers,
        memory: Memory,
        collections: tuple[Mapping[str, Collection], Mapping[str, Collection]],
    ) -> None:
        self._document = document
        self._answers = answers
        self._memory = memory
        self._by_collection, self._by_member = collections

    def answer(self, call: Call, path: str, answer: Answer, body: Any) -> Any:
        """The body of the answer, remembered where it creates or changes something."""
        collection = self._by_collection.get(call.operation.path)
        member = self._by_member.get(call.operation.path)
        method = call.operation.method
        if collection is not None and method == "POST":
            return self._created(call, path, collection, answer, body)
        if collection is not None and method == "GET":
            return self._listed(collection, path, answer)
        if member is not None and method in ("GET", "PUT", "PATCH", "POST"):
            return self._member(call, path, member, answer, body)
        return answer.value

    def _member(self, call: Call, path: str, member: Collection, answer: Answer, body: Any) -> Any:
        known = self._memory.things.get(path)
        if known is None:
            known = _identified(answer.value, member, path.rpartition("/")[2])
        if not self._holds(answer, known):
            # It was created by an operation that answers in another shape.
            known = answer.value if known is NO_BODY else self._moved(answer, known, member)
        if call.operation.method == "GET":
            return known
        if isinstance(body, dict):
            known = self._changed(call, answer, known, member, body)
        if isinstance(known, dict) and (call.operation.method != "POST" or path in self._memory.things):
            self._memory.things[path] = known
        return known

    def _moved(self, answer: Answer, known: Any, member: Collection) -> Any:
        """A thing in the shape of this answer, with all that fits in."""
        place = id_member(known, member)
        return answer.value if place is None else self._overlaid(answer, answer.value, member, _settings(place[0]))

    def _created(self, call: Call, path: str, collection: Collection, answer: Answer, body: Any) -> Any:
        if id_member(answer.value, collection) is None:
            return answer.value
        filled = answer.value
        if isinstance(body, dict):
            filled = self._changed(call, answer, filled, collection, body)
        self._memory.serial += 1
        for identity in self._identities(answer, filled, collection):
            named = _identified(filled, collection, identity)
            place = id_member(named, collection)
            at = _member_path(path, identity)
            if place is not None and at not in self._memory.things and self._holds(answer, named):
                self._memory.things[at] = named
                return named
        return filled

    def _identities(self, answer: Answer, value: Any, collection: Collection) -> Iterator[Any]:
        """Ids like the known one, but others; what has a pattern of its own is made anew."""
        place = id_member(value, collection)
        if place is None:
            return
        known, serial = place[0][place[1]], self._memory.serial
        if isinstance(known, int):
            yield known + serial
        else:
            text, suffix = str(known), f"{serial:x}"
            longer, same = f"{text}-{serial}", text[: -len(suffix)] + suffix
            yield from (same, longer) if len(text) >= 32 else (longer, same)
        for attempt in range(20):
            made = self._answers.another(answer.declared, answer.media_type or "", f"created {serial} {attempt}")
            other = id_member(made, collection)
            if other is not None:
                yield other[0][other[1]]

    def _changed(self, call: Call, answer: Answer, value: Any, collection: Collection, body: dict[str, Any]) -> Any:
        """The thing with what the client sent; what it could have sent and did not is not in it, patches aside."""
        place = id_member(value, collection)
        if place is None:
            return value
        known, name = place
        sent = body
        if len(body) == 1 and known is not value:
            inner = next(iter(body.values()))
            sent = inner if isinstance(inner, dict) else body
        changes: list[_Change] = []
        if call.operation.method == "PUT" or call.operation.path == collection.path:
            could = self._document.request_properties(call.operation, wrapped=sent is not body)
            unsent = {key: one.get("default", _ABSENT) for key, one in could.items() if key not in sent}
            changes += _settings({key: one for key, one in unsent.items() if key in known})
        is_merge = call.media_type == _MERGE_PATCH
        changes += _merges(sent) if is_merge else _settings(sent)
        return self._overlaid(answer, value, collection, changes, keep=name)

    def _overlaid(
        self, answer: Answer, value: Any, collection: Collection, changes: Iterable[_Change], keep: str = ""
    ) -> Any:
        place = id_member(value, collection)
        if place is None:
            return value
        known, name = place
        current = known
        for change in changes:
            changed = change(current)
            if keep:
                changed = {**changed, keep: known[name]}
            if changed != current and self._holds(answer, _enveloped(value, known, changed)):
                current = changed
        return _enveloped(value, known, current)

    def _holds(self, answer: Answer, value: Any) -> bool:
        if value is NO_BODY:
            return answer.value is NO_BODY
        return not self._answers.breaks(answer.declared, answer.media_type, value)

    def _listed(self, collection: Collection, path: str, answer: Answer) -> Any:
        """The list with what was created in front, and without what was deleted."""
        value = answer.value
        lists = [name for name, one in value.items() if isinstance(one, list)] if isinstance(value, dict) else []
        if not isinstance(value, list) and len(lists) != 1:
            return value

        def listing(items: list[Any]) -> Any:
            return items if isinstance(value, list) else {**value, lists[0]: items}

        def alive(one: Any) -> bool:
            place = id_member(one, collection)
            return place is None or _member_path(path, place[0][place[1]]) not in self._memory.deleted

        created = [
            shape
            for one in self._memory.members(path)[:_LISTED]
            if (shape := next((each for each in _shapes(one) if self._holds(answer, listing([each]))), None))
            is not None
        ]
        made = [one for one in (value if isinstance(value, list) else value[lists[0]]) if alive(one)]
        items = [*created, *(one for one in made if one not in created)]
        for most in range(len(items), -1, -1):
            if self._holds(answer, listing(items[:most])):
                return listing(items[:most])
        return value


def _settings(members: Mapping[str, Any]) -> list[_Change]:
    """One change for each member; `_ABSENT` takes it away."""
    return [_setting(name, value) for name, value in members.items()]


def _setting(name: str, value: Any) -> _Change:
    def change(known: dict[str, Any]) -> dict[str, Any]:
        rest = {key: one for key, one in known.items() if key != name}
        return rest if value is _ABSENT else {**known, name: value}

    return change


def _merges(patch: Mapping[str, Any]) -> list[_Change]:
    return [partial(_merged, {name: value}) for name, value in patch.items()]


def _merged(patch: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    merged: dict[str, Any] = merge_patch(known, patch)
    return merged


def _shapes(thing: Any) -> Iterator[Any]:
    """As it was created, and without the envelope that the answer had."""
    yield thing
    if isinstance(thing, dict) and len(thing) == 1:
        yield next(iter(thing.values()))


def _member_path(collection: str, value: Any) -> str:
    return f"{collection}/{quote(str(value), safe='')}"


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
