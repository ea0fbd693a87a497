"""OpenAPI 3.0's schemas in the words of JSON Schema 2020-12, so that nothing after this knows two dialects."""

from __future__ import annotations

from typing import Any

from tallystick.spec.grammar import Kind, walk
from tallystick.spec.nodes import Array, Object

_IDENTITY = ("description", "summary", "title", "deprecated", "example", "examples")


def modernise(document: Object) -> None:
    """Rewrites the schemas of a 3.0 document in place; leaves other versions alone."""
    if not str(document.get("openapi", "")).startswith("3.0"):
        return
    document["openapi"] = "3.1.0"
    for place in list(walk(document)):
        if place.kind is Kind.SCHEMA and isinstance(place.node, Object):
            _modernise(place.node)


def _modernise(schema: Object) -> None:
    if "$ref" in schema:
        # Beside `$ref`, 3.0 reads nothing.
        for key in [key for key in schema if key not in ("$ref", *_IDENTITY)]:
            del schema[key]
        return
    _bounds(schema, "minimum", "exclusiveMinimum")
    _bounds(schema, "maximum", "exclusiveMaximum")
    if "example" in schema and "examples" not in schema:
        schema["examples"] = Array([schema.pop("example")])
    if schema.pop("nullable", False) is True:
        _allow_null(schema)


def _bounds(schema: Object, inclusive: str, exclusive: str) -> None:
    flag = schema.get(exclusive)
    if not isinstance(flag, bool):
        return
    del schema[exclusive]
    if flag and inclusive in schema:
        schema[exclusive] = schema.pop(inclusive)


def _allow_null(schema: Object) -> None:
    kind = schema.get("type")
    if isinstance(kind, str):
        schema["type"] = Array([kind, "null"])
        values = schema.get("enum")
        if isinstance(values, list) and None not in values:
            schema["enum"] = Array([*values, None], marks=getattr(values, "marks", None))
        return
    # `nullable` beside `allOf` or `oneOf`: people mean "or null".
    inner = Object({key: value for key, value in schema.items() if key not in _IDENTITY}, marks=schema.marks)
    for key in inner:
        del schema[key]
    if inner:
        null: Any = Object({"type": "null"}, marks=schema.marks)
        schema["anyOf"] = Array([inner, null])
