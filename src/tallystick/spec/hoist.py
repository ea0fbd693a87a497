"""Names for schemas written in place: each inline object, enumeration or union becomes a component of its own.

A name says where the schema stands (`Item` + `owner` -> `ItemOwner`), so that adding one elsewhere renames nothing;
what a hand-written component or another inline schema is called already ends in `Inline`.
What a type expression says as well stays in place: scalars, arrays, maps, and "this or null".
"""

from __future__ import annotations

from typing import Any

from tallystick.spec.names import class_name, pascal
from tallystick.spec.nodes import Array, Object
from tallystick.spec.pointers import child

ANNOTATIONS = frozenset(
    {
        *("title", "description", "summary", "default", "example", "examples", "deprecated", "readOnly", "writeOnly"),
        *("externalDocs", "xml", "$comment", "contentEncoding", "contentMediaType", "contentSchema"),
        *("$schema", "$vocabulary"),
    }
)
"""Keywords that judge nothing."""

_OBJECT_KEYWORDS = frozenset(
    {
        *("type", "properties", "required", "additionalProperties", "minProperties", "maxProperties"),
        *("patternProperties", "propertyNames", "dependentRequired", "dependentSchemas", "unevaluatedProperties"),
    }
)
_NEED_A_NAME = (
    *("properties", "patternProperties", "not", "if", "dependentRequired", "dependentSchemas", "propertyNames"),
    *("contains", "prefixItems", "unevaluatedProperties", "unevaluatedItems", "required", "dependencies"),
)


def is_annotation(keyword: str) -> bool:
    return keyword in ANNOTATIONS or keyword.startswith("x-")


def is_null(schema: Any) -> bool:
    """Whether the schema is `{type: null}`, notes aside."""
    return isinstance(schema, dict) and schema.get("type") == "null" and _constraints(schema) == {"type"}


def _constraints(schema: Any) -> set[str]:
    return {key for key in schema if not is_annotation(key)}


class Hoister:
    """Moves inline schemas of one document into its `components.schemas`."""

    def __init__(self, schemas: Object) -> None:
        self.schemas = schemas
        # Names that hand-written components have in Python: those come first.
        self._taken = {class_name(name) for name in schemas}

    def component(self, name: str) -> None:
        """Names what is inline below a component."""
        schema = self.schemas[name]
        if not isinstance(schema, Object):
            return
        base = class_name(name)
        split = self._split_null(schema, base)
        if split is not None:
            self.schemas[name] = split
        else:
            self._below(schema, base, taken=True)

    def inline(self, schema: Any, name: str) -> Any:
        """What to write in place of a schema: itself, or a reference to the component it became."""
        if not isinstance(schema, Object):
            return schema
        split = self._split_null(schema, name, suffix="")
        if split is not None:
            return split
        if not _needs_name(schema):
            self._below(schema, name, taken=False)
            return schema
        return self._move(schema, name)

    def named(self, schema: Any, name: str) -> Object:
        """Makes a component of any schema, and gives the reference to it."""
        return self._move(schema if isinstance(schema, Object) else Object({"allOf": Array([schema])}), name)

    def _move(self, schema: Object, name: str) -> Object:
        self._below(schema, name, taken=True)
        # What XML calls it is said where it stood: of a referenced schema only its own name as a root counts.
        kept = ("description", "deprecated", "readOnly", "writeOnly", "xml")
        notes = {key: schema[key] for key in kept if key in schema}
        if "default" in schema:
            notes["default"] = schema.pop("default")
        while self.schemas.get(name) != schema and (name in self.schemas or name in self._taken):
            name += "Inline"
        self.schemas.setdefault(name, schema)
        return Object({"$ref": "#" + child("", "components", "schemas", name), **notes}, marks=schema.marks)

    def _split_null(self, schema: Object, name: str, suffix: str = "Value") -> Object | None:
        """`type: [object, null]` with properties, or an enumeration with null: a named schema, or null."""
        kinds = schema.get("type")
        values = schema.get("enum")
        has_null = isinstance(kinds, list) and "null" in kinds and len(kinds) > 1
        if isinstance(values, list):
            rest = [value for value in values if value is not None]
            if len(rest) == len(values) or not _class_of_strings(rest) or not (has_null or kinds is None):
                return None
            schema["enum"] = Array(rest, marks=getattr(values, "marks", None))
        elif not (has_null and "properties" in schema and _constraints(schema) <= _OBJECT_KEYWORDS):
            return None
        if isinstance(kinds, list):
            others = [kind for kind in kinds if kind != "null"]
            schema["type"] = others[0] if len(others) == 1 else Array(others)
        notes = {key: schema.pop(key) for key in ("default", "deprecated", "readOnly", "writeOnly") if key in schema}
        if "description" in schema:
            notes["description"] = schema["description"]
        moved = self._move(schema, name + suffix)
        null = Object({"type": "null"}, marks=schema.marks)
        return Object({"anyOf": Array([moved, null]), **notes}, marks=schema.marks)

    def _below(self, schema: Object, name: str, *, taken: bool) -> None:
        """Names what is inside a schema; `taken` says whether the schema has the name itself."""
        for key, value in schema.items():
            if isinstance(value, Object):
                self._below_object(schema, key, value, name)
            elif isinstance(value, Array):
                self._below_array(schema, key, value, name, taken=taken)

    def _below_object(self, schema: Object, key: str, value: Object, name: str) -> None:
        match key:
            case "properties" | "$defs" | "definitions":
                for each in value:
                    value[each] = self.inline(value[each], name + pascal(each))
            case "patternProperties":
                for number, each in enumerate(value, 1):
                    value[each] = self.inline(value[each], f"{name}Value{number}")
            case "items":
                schema[key] = self.inline(value, f"{name}Item")
            case "additionalProperties":
                schema[key] = self.inline(value, f"{name}Value")

    def _below_array(self, schema: Object, key: str, value: Array, name: str, *, taken: bool) -> None:
        match key:
            case "prefixItems":
                value[:] = [self.inline(each, f"{name}Item{number}") for number, each in enumerate(value, 1)]
            case "oneOf" | "anyOf":
                self._variants(value, name, taken=taken)
            case "allOf":
                self._parts(schema, value, name)

    def _variants(self, variants: Array, name: str, *, taken: bool) -> None:
        """A variant is named by its title, else by its place; the one beside null by the whole."""
        alone = sum(not is_null(each) for each in variants) == 1
        for number, each in enumerate(variants, 1):
            title = each.get("title") if isinstance(each, Object) else None
            suffix = pascal(title) if isinstance(title, str) else f"Option{number}"
            if alone:
                suffix = "Value" if taken else ""
            variants[number - 1] = self.inline(each, name + suffix)

    def _parts(self, schema: Object, parts: Array, name: str) -> None:
        """Inline parts of an `allOf` are no types: what one alone holds is named as if it stood outside."""
        inline = [part for part in parts if isinstance(part, Object) and "$ref" not in part]
        alone = len(inline) == 1 and not any(key in schema for key in ("properties", "oneOf", "anyOf", "items"))
        for number, part in enumerate(inline, 1):
            self._below(part, name if alone else f"{name}Part{number}", taken=True)


def _class_of_strings(values: list[Any]) -> bool:
    return len(values) > 1 and all(isinstance(value, str) for value in values)


def _needs_name(schema: Object) -> bool:
    constraints = _constraints(schema)
    if "$ref" in schema:
        return constraints != {"$ref"}
    if any(key in schema for key in _NEED_A_NAME):
        return True
    if _class_of_strings(list(schema.get("enum") or ())):
        return True
    if schema.get("type") == "object" and schema.get("additionalProperties") is False:
        return True
    for union in ("oneOf", "anyOf"):
        if isinstance(schema.get(union), list):
            others = [each for each in schema[union] if not is_null(each)]
            return len(others) != 1 or len(constraints) > 1
    parts = schema.get("allOf")
    return isinstance(parts, list) and (len(parts) != 1 or len(constraints) > 1 or _needs_name_part(parts[0]))


def _needs_name_part(part: Any) -> bool:
    return isinstance(part, Object) and _needs_name(part)
