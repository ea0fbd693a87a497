"""What the schemas of a normalised document are: classes, enumerations or aliases; which values they let in."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import jsonschema_rs

from tallystick.generator.models_order import groups
from tallystick.spec.grammar import Kind as SchemaKind
from tallystick.spec.grammar import walk
from tallystick.spec.hoist import is_annotation, is_null
from tallystick.spec.nodes import Object

PREFIX = "#/components/schemas/"
ALL_TYPES = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
Kind = Literal["class", "enum", "alias"]

_ABOUT: Mapping[str, frozenset[str]] = {
    "object": frozenset(
        {
            *("properties", "required", "additionalProperties", "minProperties", "maxProperties"),
            *("patternProperties", "propertyNames", "unevaluatedProperties"),
            *("dependentRequired", "dependentSchemas", "dependencies"),
        }
    ),
    "array": frozenset({"items", "minItems", "maxItems", "uniqueItems", "prefixItems", "contains", "unevaluatedItems"}),
    "string": frozenset({"minLength", "maxLength", "pattern"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
}
NUMBER_FORMATS = frozenset({"int32", "int64", "float", "double", "decimal"})
COMBINING = frozenset({"$ref", "allOf", "anyOf", "oneOf", "enum", "const"})


def ref_name(schema: Any) -> str | None:
    """The component that a schema refers to."""
    reference = schema.get("$ref") if isinstance(schema, dict) else None
    return reference.removeprefix(PREFIX) if isinstance(reference, str) else None


def constraints(schema: Mapping[str, Any]) -> set[str]:
    """The keywords that judge something."""
    return {key for key in schema if not is_annotation(key)}


def judged_types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The types that the keywords of a schema are about: without `type`, values of all others pass."""
    found = [kind for kind, keywords in _ABOUT.items() if not keywords.isdisjoint(schema)]
    named = schema.get("format")
    if isinstance(named, str):
        about = "number" if named in NUMBER_FORMATS else "string"
        found += [about] if about not in found else []
    return tuple(found)


def declared_types(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """`type` as a tuple; empty where anything goes."""
    kinds = schema.get("type")
    if isinstance(kinds, str):
        return (kinds,)
    return tuple(kinds) if isinstance(kinds, list) else ()


def takes(schema: Mapping[str, Any], kind: str) -> bool:
    """Whether `type` lets values of this JSON type in."""
    types = declared_types(schema)
    return not types or kind in types


@dataclass(frozen=True)
class Property:
    """One property of a class, and the schema that declares it."""

    schema: Any
    owner: Object
    inherited: bool = False


@dataclass
class Members:
    """All properties of a class schema, those of its `allOf` included."""

    properties: dict[str, Property] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    bases: list[str] = field(default_factory=list)
    exact: bool = True
    """False where fields alone do not say all that the parts say together."""


class Shapes:
    """Answers about the schemas of one document."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self.schemas = schemas
        self._kinds: dict[str, Kind] = {}
        self._members: dict[str, Members] = {}
        self._open: set[str] = set()  # classes whose members are being collected: they may contain themselves
        self._types: dict[str, frozenset[str]] = {}
        self._circular: set[str] | None = None

    def closure(self, *schemas: Any) -> list[str]:
        """The components that schemas need, near and far, sorted."""
        found: set[str] = set()
        pending = list(schemas)
        while pending:
            new = set(mentioned(pending.pop())) & self.schemas.keys() - found
            found |= new
            pending += [self.schemas[name] for name in new]
        return sorted(found)

    def validator(self, schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
        """A validator of a schema and of the components that it needs."""
        root = {
            "allOf": [schema],
            "components": {"schemas": {name: self.schemas[name] for name in self.closure(schema)}},
        }
        return jsonschema_rs.Draft202012Validator(json.loads(json.dumps(root)), validate_formats=True)

    def kind(self, name: str) -> Kind:
        """What a component becomes in Python."""
        if name not in self._kinds:
            self._kinds[name] = "alias"  # what a schema that leads back to itself is, until known better
            self._kinds[name] = self._find_kind(self.schemas.get(name))
        return self._kinds[name]

    def is_circular(self, name: str) -> bool:
        """Whether an alias leads back to itself for one and the same value: no type can say what that lets in."""
        if self._circular is None:
            aliases = {
                each: set(applied(schema)) for each, schema in self.schemas.items() if self.kind(each) == "alias"
            }
            self._circular = {
                each for group in groups(aliases) for each in group if len(group) > 1 or each in aliases[each]
            }
        return name in self._circular

    def is_open(self, name: str) -> bool:
        """Whether a component is a class whose schema judges objects, but does not say that it has to be one."""
        return self.kind(name) == "class" and self._types_of(name) != {"object"}

    def is_family(self, name: str) -> bool:
        """Whether a component is a class that a discriminator says has children, which bring more properties."""
        return self.kind(name) == "class" and "discriminator" in self.schemas[name]

    def _find_kind(self, schema: Any) -> Kind:
        if not isinstance(schema, dict):
            return "alias"
        values = schema.get("enum")
        if isinstance(values, list) and constraints(schema) <= {"enum", "type"} and len(values) > 1:
            strings = all(isinstance(value, str) for value in values) and len(set(values)) == len(values)
            return "enum" if strings and schema.get("type", "string") == "string" else "alias"
        return "class" if self._is_class(schema) else "alias"

    def _is_class(self, schema: Mapping[str, Any]) -> bool:
        if any(key in schema for key in ("$ref", "enum", "const")):
            return False
        types = declared_types(schema)
        parts = schema.get("allOf", [])
        if types not in (("object",), ()) or not isinstance(parts, list):
            return False
        if schema.get("properties") or schema.get("additionalProperties") is False:
            return True
        if any(key in schema for key in ("anyOf", "oneOf")) or not parts:
            return False
        meaningful = [part for part in parts if not isinstance(part, dict) or constraints(part)]
        alone = len(meaningful) == 1 and constraints(schema) <= {"allOf", "type"}
        if alone and ref_name(meaningful[0]) is not None:
            return False
        return bool(meaningful) and all(self._part_is_class(part) for part in meaningful)

    def _part_is_class(self, part: Any) -> bool:
        if not isinstance(part, dict):
            return False
        name = ref_name(part)
        if name is not None:
            return constraints(part) == {"$ref"} and self.kind(name) == "class"
        return self._is_class(part) or (
            declared_types(part) in (("object",), ()) and constraints(part) <= {"type", "required"}
        )

    def members(self, name: str) -> Members:
        """The properties of a class schema."""
        if name not in self._members:
            found = Members()
            self._open.add(name)
            self._collect(self.schemas[name], found)
            self._settle_bases(found)
            self._open.discard(name)
            self._members[name] = found
        return self._members[name]

    def _collect(self, schema: Any, found: Members) -> None:
        for part in schema.get("allOf", ()):
            name = ref_name(part)
            if name is not None and self.kind(name) == "class" and name not in self._open:
                found.bases.append(name)
                base = self.members(name)
                found.exact &= self.schemas[name].get("additionalProperties", True) is not False and base.exact
                for key, each in base.properties.items():
                    self._add(found, key, Property(each.schema, each.owner, inherited=True))
                found.required |= base.required
            elif isinstance(part, dict) and name is None:
                found.exact &= constraints(part) <= {"type", "properties", "required", "allOf"}
                found.exact &= declared_types(part) in (("object",), ())
                self._collect(part, found)
            else:
                found.exact = False
        for key, each in schema.get("properties", {}).items():
            self._add(found, key, Property(each, schema))
        found.required |= {str(key) for key in schema.get("required", ())}

    def _add(self, found: Members, key: str, each: Property) -> None:
        earlier = found.properties.get(key)
        if earlier is not None and earlier.schema != each.schema:
            found.exact = False
            if earlier.inherited:
                # The types need not be compatible: no inheritance then.
                found.bases = []
        found.properties[key] = each

    def _settle_bases(self, found: Members) -> None:
        """Inherits where Python can: no base twice, none that another one already has."""
        known: set[str] = set()
        for base in found.bases:
            known |= self.ancestors(base)
        if len(set(found.bases)) < len(found.bases) or known & set(found.bases):
            found.bases = []
        for key, each in found.properties.items():
            if each.inherited and not any(key in self.members(base).properties for base in found.bases):
                found.properties[key] = Property(each.schema, each.owner)

    def ancestors(self, name: str) -> set[str]:
        """The classes that a class inherits from, near and far."""
        found: set[str] = set()
        for base in self.members(name).bases:
            found |= {base} | self.ancestors(base)
        return found

    def types(self, schema: Any) -> frozenset[str]:
        """The JSON types that a schema may let in; never too few."""
        if schema is False:
            return frozenset()
        if not isinstance(schema, dict):
            return ALL_TYPES
        found = frozenset(_widen(declared_types(schema))) if declared_types(schema) else ALL_TYPES
        name = ref_name(schema)
        if name is not None:
            found &= self._types_of(name)
        if "const" in schema:
            found &= {type_of(schema["const"])}
        if isinstance(schema.get("enum"), list):
            found &= {type_of(value) for value in schema["enum"]}
        for part in schema.get("allOf", ()):
            found &= self.types(part)
        for union in ("anyOf", "oneOf"):
            if isinstance(schema.get(union), list):
                found &= frozenset().union(*(self.types(each) for each in schema[union]))
        return found

    def _types_of(self, name: str) -> frozenset[str]:
        if name not in self._types:
            self._types[name] = ALL_TYPES  # what a schema that leads back to itself may let in
            self._types[name] = self.types(self.schemas.get(name))
        return self._types[name]

    def accepts_null(self, schema: Any) -> bool:
        return "null" in self.types(schema)

    def values(self, schema: Any) -> frozenset[str] | None:
        """What a constant or an enumeration of scalars lets in, as JSON text; None for anything else."""
        for _ in range(len(self.schemas) + 1):
            name = ref_name(schema)
            if name is None:
                break
            schema = self.schemas.get(name)
        if not isinstance(schema, dict):
            return None
        listed = constants(schema)
        if listed is None or any(isinstance(value, list | dict) for value in listed):
            return None
        return frozenset(_json_text(value) for value in listed)

    def tags(self, schema: Any) -> Iterator[tuple[str, frozenset[str]]]:
        """The required properties of an object schema whose values are known, as in `kind: {const: card}`."""
        name = ref_name(schema)
        if name is None or self.kind(name) != "class":
            return
        members = self.members(name)
        for key, each in members.properties.items():
            values = self.values(each.schema) if key in members.required else None
            if values:
                yield key, values

    def disjoint(self, one: Any, other: Any) -> bool:
        """Whether no value fits both; False where that cannot be told."""
        common = self.types(one) & self.types(other)
        if not common:
            return True
        first, second = self.values(one), self.values(other)
        if first is not None and second is not None:
            return not first & second
        if common != {"object"}:
            return False
        tags = dict(self.tags(other))
        return any(key in tags and not values & tags[key] for key, values in self.tags(one))

    def exclusive(self, variants: list[Any]) -> bool:
        """Whether no value fits two of the variants, so that `oneOf` means what `anyOf` means."""
        return all(self.disjoint(one, other) for place, one in enumerate(variants) for other in variants[place + 1 :])

    def discriminator(self, variants: list[Any]) -> str | None:
        """The property whose value tells all variants apart."""
        if len(variants) < 2 or any(self.types(each) != {"object"} for each in variants):
            return None
        found = [dict(self.tags(each)) for each in variants]
        for key, values in found[0].items():
            # Pydantic reads tags from literals and enumerations of strings only.
            if not all(value.startswith('"') for each in found for value in each.get(key, ())):
                continue
            if not all(key in each for each in found):
                continue
            total = frozenset[str]().union(*(each[key] for each in found))
            if values and sum(len(each[key]) for each in found) == len(total):
                return key
        return None


def constants(schema: Any) -> list[Any] | None:
    """The values that a schema lists: a constant, an enumeration, or a union of constants; None for other schemas."""
    if not isinstance(schema, dict) or "$ref" in schema:
        return None
    if "const" in schema:
        return [schema["const"]]
    if isinstance(schema.get("enum"), list):
        return list(schema["enum"])
    for union in ("oneOf", "anyOf"):
        variants = schema.get(union)
        if isinstance(variants, list) and variants:
            listed = [[None] if is_null(each) else constants(each) for each in variants]
            known = [value for values in listed if values is not None for value in values]
            return known if all(values is not None for values in listed) else None
    return None


def _json_text(value: Any) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return json.dumps(int(value) if whole else value)


def mentioned(schema: Any) -> Iterator[str]:
    """The components that a schema refers to, at any depth."""
    for place in walk(schema, SchemaKind.SCHEMA):
        name = ref_name(place.node) if place.kind is SchemaKind.SCHEMA else None
        if name is not None:
            yield name


def applied(schema: Any) -> Iterator[str]:
    """The components that a schema applies to its own value, not to parts of it."""
    name = ref_name(schema)
    if name is not None:
        yield name
    for keyword in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(keyword, ()) if isinstance(schema, dict) else ():
            yield from applied(part)


def split_null(variants: list[Any]) -> tuple[list[Any], bool]:
    """The variants without `{type: null}`, and whether that was among them."""
    rest = [each for each in variants if not is_null(each)]
    return rest, len(rest) < len(variants)


def type_of(value: Any) -> str:
    """The JSON type of a value; whole numbers are integers."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "integer" if value.is_integer() else "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _widen(types: tuple[str, ...]) -> set[str]:
    return {*types, "integer"} if "number" in types else set(types)
