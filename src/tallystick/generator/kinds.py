"""The shape of a parameter's value, which decides how its text is read before its schema judges it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any, TypeAlias

from tallystick.generator.problems import schema_name
from tallystick.spec.names import constant_name

# The format that marks a file of a multipart body.
UPLOAD = "x-tally-upload"
# Beside it: the file's part need not say that it is one.
PLAIN_UPLOAD = "x-tally-plain-upload"

Schemas = Mapping[str, Mapping[str, Any]]
# As the run time knows it: a kind, or the kinds of an object's properties.
_Forms: TypeAlias = "dict[str, Mapping[str, Any]]"
Shape: TypeAlias = "str | dict[str, Shape] | list[Shape] | tuple[Shape, ...]"

# Past this many levels objects are read without knowing their properties: schemas may contain themselves.
_MAX_DEPTH = 6
# Shapes are written out: where so many properties can be reached, fewer levels of them are.
_MAX_PROPERTIES = 5_000
_SCALARS = frozenset({"string", "integer", "number", "boolean"})


def resolve(schema: Mapping[str, Any] | None, schemas: Schemas) -> Mapping[str, Any]:
    """A schema with leading references followed."""
    node: Mapping[str, Any] = schema if isinstance(schema, Mapping) else {}
    while (name := schema_name(node)) is not None:
        target: Any = schemas[name]
        node = target if isinstance(target, Mapping) else {}
    return node


def kind_of(
    schema: Mapping[str, Any] | None, schemas: Schemas, depth: int = 0, known: dict[tuple[int, int], str] | None = None
) -> str:
    """`string`, `integer`, `number`, `boolean`, `array` or `object`; `any` of several scalars; `string` where the
    schema says nothing; `file` of a file.
    """
    # Schemas may share parts, which share parts: each is looked at once.
    known = {} if known is None else known
    node = resolve(schema, schemas)
    key = id(node), depth
    if key not in known:
        known[key] = _kind_of(node, schemas, depth, known)
    return known[key]


def _kind_of(node: Mapping[str, Any], schemas: Schemas, depth: int, known: dict[tuple[int, int], str]) -> str:
    if node.get("format") == UPLOAD:
        return "file"
    declared = node.get("type")
    types = [declared] if isinstance(declared, str) else [one for one in declared or () if one != "null"]
    if len(types) == 1:
        return str(types[0])
    if types:
        return "any" if _SCALARS.issuperset(types) else "string"
    for keyword, kind in (("properties", "object"), ("items", "array")):
        if keyword in node:
            return kind
    for keyword in ("allOf", "oneOf", "anyOf"):
        # A schema may apply itself to the same value again.
        parts = node.get(keyword, ()) if depth < _MAX_DEPTH else ()
        kinds = {kind_of(one, schemas, depth + 1, known) for one in parts} - {"null"}
        if len(kinds) == 1:
            return kinds.pop()
        if kinds and _SCALARS.issuperset(kinds) and keyword != "allOf":
            return "any"
    return _kind_of_values(node)


def _kind_of_values(node: Mapping[str, Any]) -> str:
    values = node.get("enum", [node["const"]] if "const" in node else [])
    names = {bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    kinds = {names.get(type(value), "string") for value in values if value is not None}
    return kinds.pop() if len(kinds) == 1 else "string"


def item_kind(schema: Mapping[str, Any] | None, schemas: Schemas) -> str:
    """The kind of an array's items."""
    return kind_of(resolve(schema, schemas).get("items"), schemas)


def properties_of(schema: Mapping[str, Any] | None, schemas: Schemas, depth: int = 0) -> dict[str, Shape]:
    """The shapes of an object's properties, those that it inherits included."""
    found: dict[str, Shape] = {}
    for node in parts_of(schema, schemas, depth):
        for name, one in node.get("properties", {}).items():
            found[name] = shape_of(one, schemas, depth + 1)
        if isinstance(node.get("additionalProperties"), dict):
            found["*"] = shape_of(node["additionalProperties"], schemas, depth + 1)
    return found


def property_names(schema: Mapping[str, Any] | None, schemas: Schemas) -> set[str]:
    """The names of an object's properties, those that it inherits included."""
    return {name for node in parts_of(schema, schemas) for name in node.get("properties", {})}


def fields_of(schema: Mapping[str, Any] | None, schemas: Schemas, deep: Set[str]) -> dict[str, Shape]:
    """The shapes of a form's fields; only the `deep` ones are looked into further than their own members."""
    found: dict[str, Shape] = {}
    for node in parts_of(schema, schemas):
        for name, one in node.get("properties", {}).items():
            found[name] = shape_of(one, schemas, 0 if name in deep else _MAX_DEPTH - 1)
        if isinstance(node.get("additionalProperties"), dict):
            found["*"] = shape_of(node["additionalProperties"], schemas, _MAX_DEPTH - 1)
    return found


def shape_of(schema: Mapping[str, Any] | None, schemas: Schemas, depth: int = 0) -> Shape:
    """The whole shape of a schema's values; a tuple where they may be of several forms."""
    if depth == 0:
        known: dict[tuple[int, int], int] = {}
        levels = range(_MAX_DEPTH, 0, -1)
        depth = _MAX_DEPTH - next((n for n in levels if _reached(schema, schemas, n, known) <= _MAX_PROPERTIES), 1)
    forms = _forms(schema, schemas, 0)
    found: list[Shape] = []
    scalars = [form for form in forms if form in _SCALARS or form in ("any", "file", "octets", "null")]
    if scalars and (scalars != ["null"] or len(forms) == 1):
        found.append(_scalar(scalars))
    if "array" in forms:
        found.append(_array_shape(forms["array"], schemas, depth))
    if "object" in forms:
        deep = depth < _MAX_DEPTH and properties_of(schema, schemas, depth)
        found.append(deep or "object")
    return tuple(found) if len(found) > 1 else found[0] if found else "string"


def _reached(schema: Any, schemas: Schemas, levels: int, known: dict[tuple[int, int], int]) -> int:
    """How many properties and items a schema has within so many levels."""
    key = id(resolve(schema, schemas)), levels
    if levels > 0 and key not in known:
        parts = list(parts_of(schema, schemas, _MAX_DEPTH - levels))
        inner = [one for part in parts for one in part.get("properties", {}).values()]
        inner += [part[word] for part in parts for word in ("items", "additionalProperties") if word in part]
        known[key] = sum(1 + _reached(one, schemas, levels - 1, known) for one in inner)
    return known.get(key, 0)


def form_kinds(schema: Mapping[str, Any] | None, schemas: Schemas) -> frozenset[str]:
    """The kinds that a schema's values may have; empty where it does not say."""
    return frozenset(_forms(schema, schemas, 0))


def flat(shape: Shape) -> Shape:
    """The same for text without brackets: lists and objects inside of others are JSON."""
    if isinstance(shape, tuple):
        return tuple(flat(one) for one in shape)
    if isinstance(shape, list) or shape == "array:object":
        return "array:json"
    if isinstance(shape, dict):
        return {name: _value(one) for name, one in shape.items()}
    return shape


def is_flat(schema: Mapping[str, Any] | None, schemas: Schemas) -> bool:
    """Whether a list or an object holds nothing but single values, as far as its schema says."""
    return not any(map(_is_nested, _members(shape_of(schema, schemas))))


def _members(shape: Shape) -> Iterator[Shape]:
    for one in shape if isinstance(shape, tuple) else (shape,):
        if isinstance(one, dict):
            yield from one.values()
        elif isinstance(one, list):
            yield from one
        elif isinstance(one, str) and one.startswith("array:"):
            yield one.partition(":")[2]


def _is_nested(shape: Shape) -> bool:
    return not isinstance(shape, str) or shape.startswith(("array", "object"))


def _value(shape: Shape) -> Shape:
    if isinstance(shape, tuple):
        return tuple(_value(one) for one in shape)
    if isinstance(shape, str) and shape not in ("object", "array:object"):
        return shape
    return "array:json" if isinstance(shape, list) or shape == "array:object" else "json"


def _scalar(kinds: list[str]) -> str:
    """One kind for all; text that says `null` is null where the schema takes no such text."""
    known = set(kinds)
    if not known.isdisjoint(("file", "octets")):
        only = known <= {"file", "octets", "null"}
        return "file?" if not only else "octets" if "octets" in known else "file"
    if known == {"string", "null"}:
        return "string?"
    if known == {"string"}:
        return "string"
    return kinds[0] if len(known) == 1 and kinds[0] != "null" else "any"


def _array_shape(array: Mapping[str, Any], schemas: Schemas, depth: int) -> Shape:
    if depth >= _MAX_DEPTH:
        return "array"
    item = shape_of(array.get("items"), schemas, depth + 1)
    return f"array:{item}" if isinstance(item, str) and not item.startswith("array") else [item]


def _forms(
    schema: Mapping[str, Any] | None, schemas: Schemas, depth: int, known: dict[tuple[int, int], _Forms] | None = None
) -> _Forms:
    """The kinds that a schema's values may have, each with the schema that says so; empty where it does not say."""
    # Schemas may share parts, which share parts: each is looked at once.
    known = {} if known is None else known
    node = resolve(schema, schemas)
    key = id(node), depth
    if key not in known:
        known[key] = _forms_of(node, schemas, depth, known)
    return known[key]


def _forms_of(node: Mapping[str, Any], schemas: Schemas, depth: int, known: dict[tuple[int, int], _Forms]) -> _Forms:
    if node.get("format") == UPLOAD:
        return {"octets" if node.get(PLAIN_UPLOAD) else "file": node}
    declared = node.get("type")
    types = [declared] if isinstance(declared, str) else list(declared or ())
    if types:
        return dict.fromkeys(types, node)
    for keyword, kind in (("properties", "object"), ("items", "array")):
        if keyword in node:
            return {kind: node}
    found: dict[str, Mapping[str, Any]] = {}
    if depth < _MAX_DEPTH:
        for keyword in ("allOf", "oneOf", "anyOf"):
            for one in node.get(keyword, ()):
                more = _forms(one, schemas, depth + 1, known)
                if keyword == "allOf" and found and more:
                    # All of them have to hold.
                    found = {kind: found[kind] for kind in found if kind in more} or found
                else:
                    found = {**more, **found}
            if found:
                return found
    values = node.get("enum", [node["const"]] if "const" in node else [])
    names = {type(None): "null", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
    return dict.fromkeys((names.get(type(value), "string") for value in values), node)


def parts_of(
    schema: Mapping[str, Any] | None, schemas: Schemas, depth: int = 0, seen: set[int] | None = None
) -> Iterator[Mapping[str, Any]]:
    """A schema, and what it is composed of, each part once (`seen` are those that were given)."""
    seen = set() if seen is None else seen
    node = resolve(schema, schemas)
    if id(node) in seen:
        return
    if node:
        seen.add(id(node))
    yield node
    if depth < _MAX_DEPTH:
        for keyword in ("allOf", "oneOf", "anyOf"):
            for one in node.get(keyword, ()):
                yield from parts_of(one, schemas, depth + 1, seen)


class Constants:
    """Names of one module's constants, none given twice."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self.prefix = ""

    def claim(self, name: str) -> str:
        """The constant of something that belongs to the operation of `prefix`; underscores tell equal ones apart."""
        constant = f"{self.prefix}_{constant_name(name)}"
        while constant in self._taken:
            constant += "_"
        self._taken.add(constant)
        return constant
