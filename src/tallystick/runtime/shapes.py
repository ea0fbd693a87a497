"""What JSON a piece of text stands for, by the kind that the contract declares for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from json.encoder import encode_basestring_ascii as quoted
from typing import TypeAlias

from tallystick.runtime.styles import Form, Raw, StyleError

# `string`, `string?` (`null` is null where the schema does not take that text), `integer`, `number`, `boolean`, `json`
# (the text is JSON itself), `any` (a number, true, false or null if it reads as one and the schema takes it, else a
# string), `array`, `array:<kind>`, `object`; a mapping is an object by its properties, in which "*" stands for all
# others; a list is an array of its one member; a tuple is a choice, with at most one member of each form.
Shape: TypeAlias = str | Mapping[str, "Shape"] | list["Shape"] | tuple["Shape", ...]

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)
# Past this the JSON reader gives up on an integer; as a string it is refused for its type.
_MAX_NUMBER = 4000
_CONSTANTS = ("true", "false", "null")


def form_of(shape: Shape) -> Form:
    """Whether the shape is one value, a list, an object, or one of those."""
    if isinstance(shape, tuple):
        return "choice"
    if isinstance(shape, list):
        return "array"
    if not isinstance(shape, str) or shape == "object":
        return "object"
    return "array" if shape.partition(":")[0] == "array" else "scalar"


def item_shape(shape: Shape) -> Shape:
    """The shape of an array's items."""
    if isinstance(shape, list):
        return shape[0]
    return (shape.partition(":")[2] or "string") if isinstance(shape, str) else "string"


def fitting(raw: Raw, shapes: Sequence[Shape]) -> Shape:
    """The member of a choice that a value looks like."""
    if isinstance(raw, str) and "json" in shapes and raw.startswith("{"):
        return "json"
    by_form = {form_of(one): one for one in shapes if one != "json"}
    if isinstance(raw, str):
        wanted: tuple[Form, ...] = ("scalar", "array")
    elif isinstance(raw, list) or all(key == "" or key.isdigit() for key in raw):
        wanted = ("array", "object")
    else:
        wanted = ("object", "array")
    return next((by_form[form] for form in wanted if form in by_form), shapes[0])


def arrange(raw: Raw, shape: Shape) -> Raw:
    """The value in the form its shape asks for: repeated fields and `[0]`, `[]` become lists.

    Raises:
        StyleError: a single value was sent several times.
    """
    if isinstance(shape, tuple):
        shape = fitting(raw, shape)
    form = form_of(shape)
    if form == "array":
        return [arrange(item, item_shape(shape)) for item in _items(raw)]
    if form == "object" and isinstance(raw, dict):
        return {key: arrange(value, _property(shape, key)) for key, value in raw.items()}
    if form == "scalar" and isinstance(raw, list):
        raise StyleError("repeated", "This value was sent more than once.")
    return raw


def _items(raw: Raw) -> list[Raw]:
    if isinstance(raw, list):
        return raw
    if isinstance(raw, str):
        return [raw]
    if set(raw) == {""}:
        return _items(raw[""])
    if all(key.isascii() and key.isdigit() and len(key) < 10 for key in raw):
        return [raw[key] for key in sorted(raw, key=int)]
    raise StyleError("array_type", "Input should be an array.")


def _property(shape: Shape, key: str) -> Shape:
    if not isinstance(shape, Mapping):
        return "any"
    return shape.get(key) or shape.get("*") or "any"


def to_json(raw: Raw, shape: Shape, *, literal: bool = False, nulls: bool = False) -> str:
    """The value as JSON text. Text that is no value of its kind stays a string, for the validator to refuse.

    `literal` reads `any` as a string, `nulls` reads null where `string?` says so.
    """
    if isinstance(shape, tuple):
        shape = fitting(raw, shape)
    if isinstance(raw, str):
        if shape == "string":
            return quoted(raw)
        if shape == "string?":
            return raw if nulls and raw == "null" else quoted(raw)
        return raw if _is_plain_json(raw, shape, literal) else quoted(raw)
    if isinstance(raw, list):
        inner = item_shape(shape)
        return f"[{','.join(to_json(item, inner, literal=literal, nulls=nulls) for item in raw)}]"
    members = (f"{quoted(k)}:{to_json(v, _property(shape, k), literal=literal, nulls=nulls)}" for k, v in raw.items())
    return f"{{{','.join(members)}}}"


def readings(raw: Raw, shape: Shape) -> Iterator[str]:
    """The JSON texts that the value may mean, the likeliest first."""
    known: set[str] = set()
    for literal, nulls in product((False, True), repeat=2):
        text = to_json(raw, shape, literal=literal, nulls=nulls)
        if text not in known:
            known.add(text)
            yield text


def _is_plain_json(text: str, shape: Shape, literal: bool) -> bool:
    match shape:
        case "integer" | "number":
            return _is_number(text)
        case "boolean":
            return text in ("true", "false")
        case "json":
            return True
        case "any" if not literal:
            return text in _CONSTANTS or _is_number(text)
        case _:
            return False


def _is_number(text: str) -> bool:
    return len(text) <= _MAX_NUMBER and _NUMBER.fullmatch(text) is not None
