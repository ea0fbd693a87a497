"""YAML 1.2 to nodes with marks, on libyaml's event parser; never recursive, so that depth cannot break it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from tallystick.spec.errors import Diagnostic, Position
from tallystick.spec.limits import MAX_ALIAS_NODES, MAX_DEPTH
from tallystick.spec.nodes import Array, Key, Object, TableMarks, copy_value
from tallystick.spec.scalars import UnusableNumber, resolve_plain
from tallystick.spec.text import Text
from tallystick.spec.yaml_problems import unreadable_character, yaml_diagnostic

_CORE = "tag:yaml.org,2002:"
_COLLECTION_TAGS = {None, "!", f"{_CORE}map", f"{_CORE}seq"}
_SCALAR_TYPES: dict[str, tuple[type, ...]] = {
    f"{_CORE}null": (type(None),),
    f"{_CORE}bool": (bool,),
    f"{_CORE}int": (int,),
    f"{_CORE}float": (float, int),
}
Mark = tuple[int, int]


class _Abort(Exception):
    """Nothing after this point can be read."""


@dataclass(slots=True)
class _Anchored:
    """A finished node: how many nodes it holds, and how deep it is."""

    value: Any
    size: int = 1
    height: int = 0


@dataclass(slots=True)
class _Frame:
    """An object (`table` by name) or array that is being read."""

    start: Mark
    anchor: str | None
    is_object: bool
    items: dict[str, Any] = field(default_factory=dict)
    elements: list[Any] = field(default_factory=list)
    table: dict[Key, tuple[int, int, int, int]] = field(default_factory=dict)
    key: str | None = None
    key_mark: Mark | None = None
    size: int = 1
    height: int = 1


class YamlReader:
    """Reads one file; `root` and `diagnostics` hold the outcome."""

    def __init__(self, text: Text) -> None:
        self.root: Any = None
        self.diagnostics: list[Diagnostic] = []
        self._text = text
        self._stack: list[_Frame] = []
        self._anchors: dict[str, _Anchored] = {}
        self._alias_nodes = 0
        self._documents = 0

    def read(self) -> None:
        bad = unreadable_character(self._text)
        if bad:
            self.diagnostics.append(bad)
            return
        try:
            for event in yaml.parse(self._text.content, Loader=yaml.CLoader):
                self._take(event)
        except yaml.MarkedYAMLError as error:
            self.diagnostics.append(yaml_diagnostic(error, self._text))
        except _Abort:
            return
        if not self._documents and not self.diagnostics:
            self._report("file-empty", "the file is empty", (1, 1), "write the contract, or correct the path")

    def _take(self, event: Event) -> None:
        if isinstance(event, ScalarEvent):
            self._scalar(event)
        elif isinstance(event, CollectionStartEvent):
            self._open(event)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._close()
        elif isinstance(event, AliasEvent):
            self._alias(event)
        elif isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._report("yaml-documents", "a second YAML document begins here", _mark(event), "keep one per file")
                raise _Abort

    def _open(self, event: CollectionStartEvent) -> None:
        mark = _mark(event)
        if event.tag not in _COLLECTION_TAGS:
            self._tag(event.tag, mark)
        if len(self._stack) >= MAX_DEPTH:
            self._report("nesting", f"more than {MAX_DEPTH} levels of nesting", mark, "flatten the structure")
            raise _Abort
        parent = self._stack[-1] if self._stack else None
        if parent and parent.is_object and parent.key_mark is None:
            self._report("yaml-key", "a key must be text, not an object or array", mark, "quote the key")
            raise _Abort
        self._stack.append(_Frame(mark, event.anchor, isinstance(event, MappingStartEvent)))

    def _close(self) -> None:
        frame = self._stack.pop()
        marks = TableMarks(self._text.file, frame.start, frame.table)
        node = Object(frame.items, marks=marks) if frame.is_object else Array(frame.elements, marks=marks)
        self._attach(_Anchored(node, frame.size, frame.height), frame.start, frame.anchor)

    def _scalar(self, event: ScalarEvent) -> None:
        frame = self._stack[-1] if self._stack else None
        if frame and frame.is_object and frame.key_mark is None:
            self._key(frame, event)
        else:
            self._attach(_Anchored(self._value(event)), _mark(event), event.anchor)

    def _key(self, frame: _Frame, event: ScalarEvent) -> None:
        mark, key = _mark(event), event.value
        frame.key_mark = mark
        if event.anchor:
            self._anchors[event.anchor] = _Anchored(key)
        if event.implicit[0] and key == "<<":
            hint = "write the keys out, or use $ref or allOf"
            self._report("yaml-merge-key", "YAML 1.2 has no merge key <<", mark, hint)
        value = self._value(event)
        if not isinstance(value, str) and not (isinstance(value, int) and not isinstance(value, bool)):
            kind = "null" if value is None else "a boolean" if isinstance(value, bool) else "a number"
            self._report("yaml-key", f"the key {key!r} is {kind}, not text", mark, f'write "{key}" in quotes')
        if key in frame.items:
            line, column = frame.table[key][:2]
            first = Position(self._text.file, line, column)
            self._report(
                "duplicate-key", f'the key "{key}" appears twice, first at {first}', mark, "remove one of them"
            )
        frame.key = key

    def _alias(self, event: AliasEvent) -> None:
        mark, name = _mark(event), event.anchor or ""
        if any(frame.anchor == name for frame in self._stack):
            self._report("yaml-alias", f"*{name} stands inside the very node it names", mark, "use $ref for recursion")
            raise _Abort
        found = self._anchors.get(name)
        if found is None:
            self._report("yaml-alias", f"no anchor &{name} comes before this alias", mark, "define it, or use $ref")
            found = _Anchored(None)
        self._alias_nodes += found.size
        if self._alias_nodes > MAX_ALIAS_NODES:
            message = f"aliases expand to more than {MAX_ALIAS_NODES} nodes"
            self._report("yaml-alias", message, mark, "use $ref instead of aliases")
            raise _Abort
        if len(self._stack) + found.height > MAX_DEPTH:
            self._report("nesting", f"more than {MAX_DEPTH} levels of nesting", mark, "flatten the structure")
            raise _Abort
        frame = self._stack[-1]
        if frame.is_object and frame.key_mark is None:
            self._report("yaml-key", "a key must be text, not an alias", mark, "write the key out")
            frame.key_mark, frame.key = mark, name
        else:
            self._attach(_Anchored(copy_value(found.value), found.size, found.height), mark, None)

    def _attach(self, node: _Anchored, mark: Mark, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = node
        if not self._stack:
            self.root = node.value
            return
        frame = self._stack[-1]
        frame.size += node.size
        frame.height = max(frame.height, node.height + 1)
        if not frame.is_object:
            frame.table[len(frame.elements)] = (*mark, *mark)
            frame.elements.append(node.value)
        elif frame.key is not None and frame.key_mark is not None:
            frame.items[frame.key] = node.value
            frame.table[frame.key] = (*frame.key_mark, *mark)
        frame.key_mark = frame.key = None

    def _value(self, event: ScalarEvent) -> Any:
        plain, quoted = event.implicit
        if quoted or event.tag in (f"{_CORE}str", "!"):
            return event.value
        if not plain and event.tag not in _SCALAR_TYPES:
            self._tag(event.tag, _mark(event))
            return event.value
        try:
            value = resolve_plain(event.value)
        except UnusableNumber as error:
            self._report("number", str(error), _mark(event), "quote it if it is text")
            return 0
        if event.tag in _SCALAR_TYPES and not isinstance(value, _SCALAR_TYPES[event.tag]):
            self._report("yaml-tag", f"{event.value!r} does not fit its tag", _mark(event), "remove the tag")
        return value

    def _tag(self, tag: str | None, mark: Mark) -> None:
        shown = str(tag).replace(_CORE, "!!")
        self._report("yaml-tag", f"the YAML tag {shown} is not allowed", mark, "contracts hold plain JSON data")

    def _report(self, rule: str, message: str, mark: Mark, hint: str) -> None:
        self.diagnostics.append(Diagnostic(rule, message, Position(self._text.file, *mark), hint=hint))


def _mark(event: Event) -> Mark:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)
