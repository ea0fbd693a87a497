"""JSON to nodes. Values come from the C parser; places are found by a second look at the text, once one is asked for.

The C parser reports objects in the order in which they close, so the second look can count them the same way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from tallystick.spec.errors import Diagnostic, Position
from tallystick.spec.json_problems import (
    LEXEME,
    depth_problem,
    duplicate_keys,
    lone_surrogates,
    syntax_problem,
    unusable_numbers,
)
from tallystick.spec.limits import MAX_DEPTH, MAX_DIGITS
from tallystick.spec.nodes import Array, Key, Object
from tallystick.spec.scalars import UnusableNumber, finite_float
from tallystick.spec.text import Text


@dataclass(slots=True)
class _Spot:
    """Where one container stands, and its keys, values and containers within."""

    offset: int
    spans: dict[Key, tuple[int, int]] = field(default_factory=dict)
    within: dict[Key, _Spot] = field(default_factory=dict)


@dataclass
class _Places:
    """The second look at the text, taken when the first place is asked for."""

    text: Text

    @cached_property
    def spots(self) -> list[_Spot]:
        return list(_closing_objects(self.text.content))

    def find(self, ordinal: int, path: tuple[int | str, ...]) -> _Spot:
        spot = self.spots[ordinal]
        for key in path:
            spot = spot.within[key]
        return spot


class JsonMarks:
    """Marks of the object that closes as number `ordinal`, or of an array reached from it by `path`."""

    __slots__ = ("_ordinal", "_path", "_places", "height")

    def __init__(self, places: _Places, ordinal: int, path: tuple[int | str, ...], height: int) -> None:
        self.height = height
        self._places = places
        self._ordinal = ordinal
        self._path = path

    def start(self) -> Position:
        return self._places.text.position(self._spot().offset)

    def key(self, key: Key) -> Position | None:
        found = self._spot().spans.get(key)
        return self._places.text.position(found[0]) if found else None

    def value(self, key: Key) -> Position | None:
        found = self._spot().spans.get(key)
        return self._places.text.position(found[1]) if found else None

    def _spot(self) -> _Spot:
        return self._places.find(self._ordinal, self._path)


class _Builder:
    """Hooks of the C parser."""

    def __init__(self, places: _Places) -> None:
        self.has_duplicates = False
        self.odd_numbers = False
        self._places = places
        self._ordinal = -1

    def object(self, pairs: list[tuple[str, Any]]) -> Object:
        self._ordinal += 1
        node = Object(pairs)
        height = 0
        for key, value in node.items():
            if isinstance(value, list):
                node[key] = self._array(value, (key,))
            height = max(height, _height(node[key]))
        node.marks = JsonMarks(self._places, self._ordinal, (), height + 1)
        if len(node) != len(pairs):
            self.has_duplicates = True
        return node

    def _array(self, values: list[Any], path: tuple[int | str, ...]) -> Array:
        height = 0
        for index, value in enumerate(values):
            if isinstance(value, list):
                values[index] = self._array(value, (*path, index))
            height = max(height, _height(values[index]))
        return Array(values, marks=JsonMarks(self._places, self._ordinal, path, height + 1))

    def number(self, text: str) -> float:
        try:
            return finite_float(text)
        except UnusableNumber:
            return self.constant(text)

    def integer(self, text: str) -> int:
        return int(text) if len(text) <= MAX_DIGITS else int(self.constant(text))

    def constant(self, _: str) -> float:
        self.odd_numbers = True
        return 0.0


def _height(value: Any) -> int:
    return value.marks.height if isinstance(value, Object | Array) and isinstance(value.marks, JsonMarks) else 0


def read_json(text: Text) -> tuple[Any, list[Diagnostic]]:
    """The root (None where nothing could be read) and what is wrong."""
    if not text.content.strip():
        where = Position(text.file, 1, 1)
        return None, [
            Diagnostic("file-empty", "the file is empty", where, hint="write the contract, or correct the path")
        ]
    builder = _Builder(_Places(text))
    try:
        root = json.loads(
            text.content,
            object_pairs_hook=builder.object,
            parse_float=builder.number,
            parse_int=builder.integer,
            parse_constant=builder.constant,
        )
    except json.JSONDecodeError as error:
        return None, [syntax_problem(error, text)]
    except RecursionError:
        return None, depth_problem(text)
    if isinstance(root, Object) and _height(root) > MAX_DEPTH:
        return None, depth_problem(text)
    problems = duplicate_keys(text) if builder.has_duplicates else []
    if builder.odd_numbers:
        problems += unusable_numbers(text)
    return root, problems + lone_surrogates(text)


def _closing_objects(content: str) -> Iterator[_Spot]:
    """Every object of valid JSON, in the order in which they close."""
    stack: list[tuple[_Spot, bool]] = []
    key: Key = 0
    key_offset, expects_key = 0, False
    for match in LEXEME.finditer(content):
        lexeme, offset = match.group(), match.start()
        if lexeme == ",":
            spot, is_object = stack[-1]
            expects_key, key = is_object, (key + 1 if isinstance(key, int) else key)
        elif lexeme in ("}", "]"):
            spot, is_object = stack.pop()
            if is_object:
                yield spot
            if stack:
                key = _last_key(*stack[-1])
        elif expects_key and lexeme[0] == '"':
            key, key_offset, expects_key = json.loads(lexeme), offset, False
        elif lexeme != ":":
            is_object = lexeme == "{"
            if stack:
                in_object = stack[-1][1]
                stack[-1][0].spans[key] = (key_offset if in_object else offset, offset)
            if lexeme in ("{", "["):
                spot = _Spot(offset)
                if stack:
                    stack[-1][0].within[key] = spot
                stack.append((spot, is_object))
                expects_key, key = is_object, 0


def _last_key(spot: _Spot, is_object: bool) -> Key:
    """The index to count on from in an array (objects read their next key from the text)."""
    return "" if is_object else len(spot.spans) - 1
