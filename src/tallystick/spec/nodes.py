"""Plain JSON data that remembers where it was written.

`Object` and `Array` behave as dict and list. Their marks are shared, never changed, so that a copy (also
`copy.deepcopy`) still knows its place. A key set later has no mark: it answers with the place of its value, or of
the container.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from tallystick.spec.errors import Position

Key = str | int


class Marks(Protocol):
    """Where one object or array stands, and each of its keys and values."""

    def start(self) -> Position: ...

    def key(self, key: Key) -> Position | None: ...

    def value(self, key: Key) -> Position | None: ...


class TableMarks:
    """Marks known from the start: `(line, column)` of key and value, counted from 1."""

    __slots__ = ("_file", "_start", "_table")

    def __init__(self, file: str, start: tuple[int, int], table: Mapping[Key, tuple[int, int, int, int]]) -> None:
        self._file = file
        self._start = start
        self._table = table

    def start(self) -> Position:
        return Position(self._file, *self._start)

    def key(self, key: Key) -> Position | None:
        found = self._table.get(key)
        return Position(self._file, found[0], found[1]) if found else None

    def value(self, key: Key) -> Position | None:
        found = self._table.get(key)
        return Position(self._file, found[2], found[3]) if found else None


class Object(dict[str, Any]):
    """A JSON object."""

    __slots__ = ("marks",)

    def __init__(self, *args: Any, marks: Marks | None = None) -> None:
        super().__init__(*args)
        self.marks = marks

    def copy(self) -> Object:
        return Object(self, marks=self.marks)

    def __copy__(self) -> Object:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> Object:
        return copy_object(self)


class Array(list[Any]):
    """A JSON array."""

    __slots__ = ("marks",)

    def __init__(self, *args: Any, marks: Marks | None = None) -> None:
        super().__init__(*args)
        self.marks = marks

    def copy(self) -> Array:
        return Array(self, marks=self.marks)

    def __copy__(self) -> Array:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> Array:
        return copy_array(self)


def copy_object(node: Object) -> Object:
    return Object({key: copy_value(value) for key, value in node.items()}, marks=node.marks)


def copy_array(node: Array) -> Array:
    return Array([copy_value(value) for value in node], marks=node.marks)


def copy_value(value: Any) -> Any:
    """A deep copy of JSON data; scalars are shared. A contract is a tree: shared parts are copied apart."""
    if isinstance(value, Object):
        return copy_object(value)
    if isinstance(value, Array):
        return copy_array(value)
    if isinstance(value, dict):
        return {key: copy_value(each) for key, each in value.items()}
    if isinstance(value, list):
        return [copy_value(each) for each in value]
    return value


def position_of(container: Any, key: Key | None = None) -> Position | None:
    """The place of the value under `key`, or of the container itself; the nearest known place otherwise."""
    if not isinstance(container, Object | Array):
        return None
    marks = container.marks
    if key is None:
        return marks.start() if marks else None
    return (marks and marks.value(key)) or position_of(_child(container, key)) or (marks.start() if marks else None)


def key_position(container: Any, key: Key) -> Position | None:
    """The place of the key itself; the nearest known place otherwise."""
    marks = container.marks if isinstance(container, Object | Array) else None
    return (marks and marks.key(key)) or position_of(container, key)


def _child(container: Object | Array, key: Key) -> Any:
    if isinstance(container, Object):
        return container.get(key) if isinstance(key, str) else None
    return container[key] if isinstance(key, int) and -len(container) <= key < len(container) else None
