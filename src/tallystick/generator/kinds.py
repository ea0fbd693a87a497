"""The shape of a parameter's value, which decides how its text is read before its schema judges it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tallystick.generator.problems import schema_name

Schemas = Mapping[str, Mapping[str, Any]]


def resolve(schema: Mapping[str, Any] | None, schemas: Schemas) -> Mapping[str, Any]:
    """A schema with leading references followed."""
    node: Mapping[str, Any] = schema or {}
    while (name := schema_name(node)) is not None:
        node = schemas[name]
    return node


def kind_of(schema: Mapping[str, Any] | None, schemas: Schemas) -> str:
    """`string`, `integer`, `number`, `boolean`, `array` or `object`; `string` where the schema leaves it open."""
    node = resolve(schema, schemas)
    declared = node.get("type")
    types = [declared] if isinstance(declared, str) else [one for one in declared or () if one != "null"]
    if len(types) == 1:
        return str(types[0])
    for keyword, kind in (("properties", "object"), ("items", "array")):
        if keyword in node:
            return kind
    for keyword in ("allOf", "oneOf", "anyOf"):
        kinds = {kind_of(one, schemas) for one in node.get(keyword, ())}
        if len(kinds) == 1:
            return kinds.pop()
    return _kind_of_values(node)


def _kind_of_values(node: Mapping[str, Any]) -> str:
    values = node.get("enum", [node["const"]] if "const" in node else [])
    names = {bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    kinds = {names.get(type(value), "string") for value in values if value is not None}
    return kinds.pop() if len(kinds) == 1 else "string"


def item_kind(schema: Mapping[str, Any] | None, schemas: Schemas) -> str:
    """The kind of an array's items."""
    return kind_of(resolve(schema, schemas).get("items"), schemas)


def property_kinds(schema: Mapping[str, Any] | None, schemas: Schemas) -> dict[str, str]:
    """The kinds of an object's properties."""
    properties: Mapping[str, Any] = resolve(schema, schemas).get("properties", {})
    return {name: kind_of(one, schemas) for name, one in properties.items()}
