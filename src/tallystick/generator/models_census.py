"""Every keyword of every schema is accounted for: said by a type, checked by its schema, or refused with its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tallystick.generator.models_shapes import (
    COMBINING,
    Shapes,
    constants,
    constraints,
    judged_types,
    split_null,
    takes,
)
from tallystick.spec.errors import Diagnostic, Severity
from tallystick.spec.grammar import Kind, walk
from tallystick.spec.nodes import key_position, position_of
from tallystick.spec.pointers import child

_SAID = frozenset(
    {
        *(
            "$ref",
            "type",
            "format",
            "enum",
            "const",
            "allOf",
            "anyOf",
            "oneOf",
            "discriminator",
            "$defs",
            "definitions",
        ),
        *("minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        *("multipleOf", "items", "minItems", "maxItems", "uniqueItems", "properties", "required"),
        *("additionalProperties", "minProperties", "maxProperties"),
    }
)
CHECKED = frozenset(
    {
        *("not", "if", "then", "else", "dependentRequired", "dependentSchemas", "dependencies", "contains"),
        *("minContains", "maxContains", "prefixItems", "propertyNames", "patternProperties"),
        *("unevaluatedProperties", "unevaluatedItems"),
    }
)
"""What no type says: a schema with one of these gets a validator beside its type."""

_REFUSED = {
    "$recursiveRef": "use `$dynamicRef`",
    "$recursiveAnchor": "use `$dynamicAnchor`",
}
_IGNORED = {
    "additionalItems": "use `items` beside `prefixItems`",
    "nullable": 'write `type: [..., "null"]`: OpenAPI 3.1 does not know `nullable`',
}
_DIALECT = re.compile(
    r"https://json-schema\.org/draft/2020-12/schema#?|https://spec\.openapis\.org/oas/3\.[12]/dialect/[\w-]+", re.ASCII
)


def needs_check(shapes: Shapes, name: str) -> bool:
    """Whether a component's type says less than its schema."""
    schema = shapes.schemas[name]
    if not isinstance(schema, dict):
        return False
    if not CHECKED.isdisjoint(schema):
        return not closed_by_types(shapes, name)
    if shapes.kind(name) == "class":
        return _class_needs_check(shapes, name)
    return shapes.is_circular(name) or _alias_needs_check(shapes, schema)


def closed_by_types(shapes: Shapes, name: str) -> bool:
    """`unevaluatedProperties: false` over plain parts is what closing the class means."""
    schema = shapes.schemas[name]
    return (
        shapes.kind(name) == "class"
        and "additionalProperties" not in schema
        and constraints(schema) & CHECKED == {"unevaluatedProperties"}
        and schema["unevaluatedProperties"] is False
        and not _class_needs_check(shapes, name)
    )


def _class_needs_check(shapes: Shapes, name: str) -> bool:
    schema = shapes.schemas[name]
    members = shapes.members(name)
    unions = any(key in schema for key in ("anyOf", "oneOf"))
    closed_parts = schema.get("additionalProperties", True) is not True and "allOf" in schema
    undeclared = not members.required <= members.properties.keys()
    checked_base = any(not CHECKED.isdisjoint(shapes.schemas[base]) for base in shapes.ancestors(name))
    more = "type" not in schema and judged_types(schema) not in ((), ("object",))
    return unions or closed_parts or undeclared or not members.exact or checked_base or more


def _alias_needs_check(shapes: Shapes, schema: Mapping[str, Any]) -> bool:
    keywords = constraints(schema) - {"discriminator", "$defs", "definitions"}
    if constants(schema) is not None:
        return False
    if "$ref" in schema:
        return keywords != {"$ref"}
    if "allOf" in schema:
        parts = [part for part in schema["allOf"] if not isinstance(part, dict) or constraints(part)]
        return len(parts) > 1 or bool(keywords - {"allOf"}) or any(_says_more(shapes, part) for part in parts)
    for union in ("oneOf", "anyOf"):
        if union in schema:
            rest, nullable = split_null(schema[union])
            extra = keywords - {union}
            said = extra == {"type"} and shapes.types({union: schema[union]}) <= shapes.types({"type": schema["type"]})
            clear = union == "anyOf" or shapes.exclusive([*rest, *([{"type": "null"}] if nullable else [])])
            return bool(extra and not said) or not clear
    return takes(schema, "object") and bool(schema.get("required") or schema.get("properties"))


def _says_more(shapes: Shapes, part: Any) -> bool:
    """Whether an inline part of an `allOf` is more than its type expression."""
    if not isinstance(part, dict) or "$ref" in part:
        return False
    return not CHECKED.isdisjoint(part) or _alias_needs_check(shapes, part)


def census(document: Any) -> Iterator[Diagnostic]:
    """What is refused in the schemas of a document, and what is read differently than its author may think."""
    yield from _of_dialect(document, "jsonSchemaDialect", "")
    for place in walk(document):
        if place.kind is Kind.SCHEMA and isinstance(place.node, dict):
            yield from _of_schema(place.node, place.pointer)


def _of_dialect(node: Mapping[str, Any], keyword: str, pointer: str) -> Iterator[Diagnostic]:
    if keyword in node and not _DIALECT.fullmatch(str(node[keyword])):
        message = f"schemas of the dialect {node[keyword]} cannot be carried out"
        hint = "write them in JSON Schema 2020-12, and leave this out"
        where = position_of(node, keyword)
        yield Diagnostic("unsupported-dialect", message, where, child(pointer, keyword), hint)


def drop_invalid_defaults(document: Any, shapes: Shapes) -> Iterator[Diagnostic]:
    """Takes away the defaults that are no values of their schemas: handlers would be given what they must never see."""
    for place in walk(document):
        if place.kind is not Kind.SCHEMA or not isinstance(place.node, dict) or "default" not in place.node:
            continue
        value = place.node["default"]
        if not shapes.validator(place.node).is_valid(json.loads(json.dumps(value))):
            position = position_of(place.node, "default")
            message = f"the default {json.dumps(value)} is no value of its schema: without it, the value is absent"
            hint = "correct the default or the schema"
            pointer = child(place.pointer, "default")
            yield Diagnostic("invalid-default", message, position, pointer, hint, severity=Severity.WARNING)
            del place.node["default"]


def _of_schema(schema: Mapping[str, Any], pointer: str) -> Iterator[Diagnostic]:
    yield from _of_dialect(schema, "$schema", pointer)
    for keyword in sorted(constraints(schema) - _SAID - CHECKED):
        place = key_position(schema, keyword)
        where = child(pointer, keyword)
        if keyword in _REFUSED:
            message = f"`{keyword}` cannot be carried out"
            yield Diagnostic("unsupported-keyword", message, place, where, _REFUSED[keyword])
        else:
            message = f"`{keyword}` is no keyword of JSON Schema 2020-12: it judges nothing"
            hint = _IGNORED.get(keyword, "correct its spelling, or call it `x-...`")
            yield Diagnostic("unknown-keyword", message, place, where, hint, severity=Severity.WARNING)
    judged = () if "type" in schema or not COMBINING.isdisjoint(schema) else judged_types(schema)
    if judged:
        keyword = next(each for each in schema if each in constraints(schema))
        message = f"no `type`: only values of type {' and '.join(judged)} are judged, all others are taken"
        place = key_position(schema, keyword)
        hint = f"add `type: {judged[0]}`"
        yield Diagnostic("untyped-schema", message, place, pointer, hint, severity=Severity.WARNING)
