"""The words of JSON Schema: types, values, and which keywords judge."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from tallystick.checks.diff.resolving import items

NOTES = frozenset(
    {
        *("title", "description", "summary", "default", "example", "examples", "deprecated", "readOnly", "writeOnly"),
        *("externalDocs", "xml", "$comment", "$id", "$schema", "$anchor", "$dynamicAnchor", "$defs", "definitions"),
    }
)
"""Keywords that judge no value."""
TYPES = frozenset({"null", "boolean", "object", "array", "string", "integer", "fraction"})
"""JSON's types, where numbers fall into those without and those with a fraction."""
NUMBERS = frozenset({"integer", "fraction"})


def is_note(keyword: str) -> bool:
    return keyword in NOTES or keyword.startswith("x-")


def constraints(schema: dict[str, Any]) -> set[str]:
    """The keywords that judge values."""
    return {key for key in schema if not is_note(key)} - {"discriminator"}


def type_of(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case int():
            return "integer"
        case float():
            return "integer" if value.is_integer() else "fraction"
        case list():
            return "array"
        case _:
            return "object"


def canonical(value: Any) -> str:
    """Equal for values that JSON Schema takes for equal."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True, default=str)


def listed_values(part: dict[str, Any]) -> list[Any]:
    """What `enum` and `const` allow."""
    if "const" not in part:
        return items(part["enum"])
    if "enum" in part and canonical(part["const"]) not in map(canonical, items(part["enum"])):
        return []
    return [part["const"]]


def declared_types(part: dict[str, Any]) -> frozenset[str]:
    """What `type` allows."""
    kinds = part.get("type")
    if kinds is None:
        return TYPES
    names: Iterable[Any] = kinds if isinstance(kinds, list) else [kinds]
    return frozenset().union(*(NUMBERS if name == "number" else {str(name)} for name in names))
