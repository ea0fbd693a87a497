"""Where in a contract which kind of object stands.

Only through this table is it known that `$ref` in a response is a reference, but `$ref` in an example is data, and
that a property may be called `$ref`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from tallystick.spec.nodes import Key
from tallystick.spec.pointers import child


class Kind(StrEnum):
    DOCUMENT = "document"
    PATHS = "paths"
    COMPONENTS = "components"
    PATH_ITEM = "path item"
    OPERATION = "operation"
    PARAMETER = "parameter"
    HEADER = "header"
    REQUEST_BODY = "request body"
    RESPONSE = "response"
    MEDIA_TYPE = "media type"
    ENCODING = "encoding"
    EXAMPLE = "example"
    LINK = "link"
    CALLBACK = "callback"
    SECURITY_SCHEME = "security scheme"
    SCHEMA = "schema"
    DATA = "data"


SECTIONS: dict[Kind, str] = {
    Kind.SCHEMA: "schemas",
    Kind.RESPONSE: "responses",
    Kind.PARAMETER: "parameters",
    Kind.EXAMPLE: "examples",
    Kind.REQUEST_BODY: "requestBodies",
    Kind.HEADER: "headers",
    Kind.SECURITY_SCHEME: "securitySchemes",
    Kind.LINK: "links",
    Kind.CALLBACK: "callbacks",
    Kind.PATH_ITEM: "pathItems",
    Kind.MEDIA_TYPE: "mediaTypes",
}
"""The section of `components` for each kind that can be referenced."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")


@dataclass(frozen=True)
class Shape:
    """The children of one kind: single objects, lists and maps by field name; `any_key` where every key counts."""

    one: dict[str, Kind] = field(default_factory=dict)
    lists: dict[str, Kind] = field(default_factory=dict)
    maps: dict[str, Kind] = field(default_factory=dict)
    any_key: Kind | None = None


_CONTENT = {"content": Kind.MEDIA_TYPE}
_EXAMPLES = {"examples": Kind.EXAMPLE}
_SCHEMA_ONE = [
    *("not", "if", "then", "else", "items", "additionalItems", "contains", "additionalProperties"),
    *("propertyNames", "unevaluatedItems", "unevaluatedProperties", "contentSchema"),
]
SHAPES: dict[Kind, Shape] = {
    Kind.DOCUMENT: Shape(
        one={"paths": Kind.PATHS, "components": Kind.COMPONENTS},
        maps={"webhooks": Kind.PATH_ITEM},
    ),
    Kind.PATHS: Shape(any_key=Kind.PATH_ITEM),
    Kind.COMPONENTS: Shape(maps={section: kind for kind, section in SECTIONS.items()}),
    Kind.PATH_ITEM: Shape(
        one=dict.fromkeys(METHODS, Kind.OPERATION),
        lists={"parameters": Kind.PARAMETER},
        maps={"additionalOperations": Kind.OPERATION},
    ),
    Kind.OPERATION: Shape(
        one={"requestBody": Kind.REQUEST_BODY},
        lists={"parameters": Kind.PARAMETER},
        maps={"responses": Kind.RESPONSE, "callbacks": Kind.CALLBACK},
    ),
    Kind.PARAMETER: Shape(one={"schema": Kind.SCHEMA}, maps={**_CONTENT, **_EXAMPLES}),
    Kind.HEADER: Shape(one={"schema": Kind.SCHEMA}, maps={**_CONTENT, **_EXAMPLES}),
    Kind.REQUEST_BODY: Shape(maps=_CONTENT),
    Kind.RESPONSE: Shape(maps={"headers": Kind.HEADER, "links": Kind.LINK, **_CONTENT}),
    Kind.MEDIA_TYPE: Shape(
        one={"schema": Kind.SCHEMA, "itemSchema": Kind.SCHEMA, "itemEncoding": Kind.ENCODING},
        lists={"prefixEncoding": Kind.ENCODING},
        maps={"encoding": Kind.ENCODING, **_EXAMPLES},
    ),
    Kind.ENCODING: Shape(maps={"headers": Kind.HEADER, "encoding": Kind.ENCODING}),
    Kind.CALLBACK: Shape(any_key=Kind.PATH_ITEM),
    Kind.SCHEMA: Shape(
        one=dict.fromkeys(_SCHEMA_ONE, Kind.SCHEMA),
        lists=dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), Kind.SCHEMA),
        maps=dict.fromkeys(
            ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas"), Kind.SCHEMA
        ),
    ),
    Kind.EXAMPLE: Shape(),
    Kind.LINK: Shape(),
    Kind.SECURITY_SCHEME: Shape(),
    Kind.DATA: Shape(),
}


def operations_of(item: Any) -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """The operations of a path item: method as HTTP writes it, keys that lead there, operation."""
    if not isinstance(item, dict):
        return
    for method in METHODS:
        if isinstance(item.get(method), dict):
            yield method.upper(), (method,), item[method]
    more = item.get("additionalOperations")
    for method, operation in more.items() if isinstance(more, dict) else ():
        if isinstance(operation, dict):
            yield method, ("additionalOperations", method), operation


class Place(NamedTuple):
    """One object of the contract: what it is, where it hangs, and the pointer to it."""

    node: Any
    kind: Kind
    pointer: str
    parent: Any = None
    key: Key | None = None


def children(place: Place) -> Iterator[Place]:
    """The objects directly below, in the order in which they are written. References are not followed."""
    node, pointer = place.node, place.pointer
    if not isinstance(node, dict):
        return
    shape = SHAPES[place.kind]
    one, lists, maps, any_key = shape.one, shape.lists, shape.maps, shape.any_key
    for key, value in node.items():
        if key in one:
            yield Place(value, one[key], child(pointer, key), node, key)
        elif key in lists and isinstance(value, list):
            for index, each in enumerate(value):
                yield Place(each, lists[key], child(pointer, key, index), value, index)
        elif key in maps and isinstance(value, dict):
            yield from _members(value, maps[key], child(pointer, key), skip=key == "responses")
        elif any_key and not key.startswith("x-"):
            yield Place(value, any_key, child(pointer, key), node, key)


def _members(node: dict[str, Any], kind: Kind, pointer: str, *, skip: bool) -> Iterator[Place]:
    """`x-` begins the names of headers and properties too; among responses it is an extension."""
    for name, each in node.items():
        if not skip or not name.startswith("x-"):
            yield Place(each, kind, child(pointer, name), node, name)


def walk(root: Any, kind: Kind = Kind.DOCUMENT, pointer: str = "") -> Iterator[Place]:
    """Every object of the contract in document order, the root first. References are not followed."""
    stack = [Place(root, kind, pointer)]
    while stack:
        place = stack.pop()
        yield place
        stack.extend(reversed(list(children(place))))


def reference_of(place: Place) -> str | None:
    """The `$ref` of an object that may be a reference."""
    if place.kind not in SECTIONS or not isinstance(place.node, dict):
        return None
    found = place.node.get("$ref")
    return found if isinstance(found, str) else None
