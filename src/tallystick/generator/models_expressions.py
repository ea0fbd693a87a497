"""From a schema to the Python type that judges its JSON, and the hint that people read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tallystick.generator.kinds import UPLOAD
from tallystick.generator.models_names import FieldNames
from tallystick.generator.models_shapes import (
    ALL_TYPES,
    PREFIX,
    Shapes,
    constants,
    constraints,
    declared_types,
    judged_types,
    ref_name,
    split_null,
    type_of,
)

# Formats that JSON Schema or OpenAPI give a meaning that validators check; all others are notes.
_STRING_FORMATS: Mapping[str, tuple[str, str]] = {
    "date": ("Date", "date"),
    "date-time": ("DateTime", "datetime"),
    "time": ("Time", "time"),
    "duration": ("Duration", "str"),
    "uuid": ("Uuid", "UUID"),
    "email": ("Email", "str"),
    "uri": ("Uri", "str"),
    "uri-reference": ("UriReference", "str"),
    "hostname": ("Hostname", "str"),
    "ipv4": ("IPv4", "str"),
    "ipv6": ("IPv6", "str"),
    "json-pointer": ("JsonPointer", "str"),
    "byte": ("Byte", "bytes"),
    UPLOAD: ("Uploaded", "Upload"),
}
_JUDGED_FORMATS = frozenset(
    {"idn-email", "idn-hostname", "iri", "iri-reference", "uri-template", "relative-json-pointer", "regex"}
)
_HINT_MODULES: Mapping[str, str] = {
    "date": "datetime",
    "datetime": "datetime",
    "time": "datetime",
    "UUID": "uuid",
    "Decimal": "decimal",
    "Any": "typing",
    "Literal": "typing",
    "Never": "typing",
    "Upload": "tallystick.runtime.uploads",
}
_INTEGER_FORMATS = {"int32": "Int32", "int64": "Int64"}
_RUNTIME = ("tallystick.runtime", "types")
_ANNOTATED = ("typing", "Annotated")


@dataclass(frozen=True, slots=True)
class Expression:
    """A type as text.

    `text` judges JSON, `hint` is the same for signatures; `imports` are the (module, name) of the text,
    `hint_imports` those of the hint; `schemas` are the components that both name.
    """

    base: str
    hint: str
    imports: frozenset[tuple[str, str]] = frozenset()
    hint_imports: frozenset[tuple[str, str]] = frozenset()
    schemas: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The type with all that is noted about it."""
        return f"Annotated[{', '.join((self.base, *self.notes))}]" if self.notes else self.base

    def noted(self, *notes: str) -> Expression:
        """The same type with more noted about it."""
        if not notes:
            return self
        return replace(self, notes=self.notes + notes, imports=self.imports | {_ANNOTATED, _RUNTIME})

    def beside(self, judged: tuple[str, ...]) -> Expression:
        """The same for values of these JSON types, and anything for values of others."""
        hint = self.hint if "Any" in self.hint.split(" | ") else f"{self.hint} | Any"
        more = _hint_imports("Any")
        either = replace(self, base=f"{self.text} | Any", notes=(), hint=hint, imports=self.imports | more)
        noted = either.noted(f"types.Judges({', '.join(map(repr, judged))})")
        return replace(noted, hint_imports=self.hint_imports | more)


class Expressions:
    """Makes expressions for the schemas of one document; `names` are the Python names of its components."""

    def __init__(self, shapes: Shapes, names: Mapping[str, str]) -> None:
        self._shapes = shapes
        self._names = names
        self._fields = FieldNames(names)

    def of(self, schema: Any) -> Expression:
        """The expression of a schema where it is used: components by their names."""
        if schema is False:
            return _scalar("Nothing", "Never")
        if not isinstance(schema, dict):
            return _scalar("AnyJson", "Any")
        name = ref_name(schema)
        if name is not None:
            found = Expression(self._names[name], self._names[name], schemas=frozenset({name}))
            if self._shapes.is_family(name):
                found = found.noted("types.Family()")
            return found.beside(("object",)) if self._shapes.is_open(name) else found
        return self.body(schema)

    def component(self, name: str) -> Expression:
        """What the alias of a component stands for."""
        schema = self._shapes.schemas[name]
        if self._shapes.is_circular(name) or not isinstance(schema, dict):
            return self.of(schema is not False)
        return self.body(schema)

    def body(self, schema: Mapping[str, Any]) -> Expression:
        """The expression that a schema itself stands for, a component's name aside."""
        name = ref_name(schema)
        if name is not None:
            return self.of({"$ref": schema["$ref"]})
        listed = constants(schema)
        if listed is not None:
            return self._exact(listed, schema)
        for union in ("oneOf", "anyOf"):
            if isinstance(schema.get(union), list):
                return self._union(schema[union])
        if isinstance(schema.get("allOf"), list) and not schema.get("type"):
            return self._first_part(schema["allOf"])
        types = declared_types(schema)
        judged = types or judged_types(schema)
        if not judged:
            return _scalar("AnyJson", "Any")
        found = _join([self._typed(kind, schema) for kind in judged])
        return found if types else found.beside(judged)

    def _first_part(self, parts: list[Any]) -> Expression:
        """One part says most; what the others say beyond it is checked by the schema."""
        if any(part is False for part in parts):
            return _scalar("Nothing", "Never")
        meaningful = [part for part in parts if isinstance(part, dict) and constraints(part)]
        best = next((part for part in meaningful if "$ref" in part), meaningful[0] if meaningful else True)
        return self.of(best)

    def _union(self, variants: list[Any]) -> Expression:
        rest, nullable = split_null(variants)
        parts = [self.of(each) for each in rest]
        joined = _join(parts)
        key = self._shapes.discriminator(rest)
        fields = {self._field(each, key) for each in rest} if key is not None else set()
        if len(fields) == 1:
            joined = joined.noted(f"types.Discriminator({fields.pop()!r})")
        return _join([joined, _null()]) if nullable else joined

    def _field(self, variant: Any, key: str) -> str:
        """What a property is called in the class that a variant refers to."""
        return self._fields.of(self._shapes.members(str(ref_name(variant))).properties)[key]

    def _exact(self, values: list[Any], schema: Mapping[str, Any]) -> Expression:
        """Constants, without those that the rest of the schema refuses."""
        fitting = values if constraints(schema) <= {"enum", "const"} else self._fitting(values, schema)
        unique = list({json.dumps(value, sort_keys=True): value for value in fitting}.values())
        if not unique:
            return _scalar("Nothing", "Never")
        arguments = ", ".join(_literal(value) for value in unique)
        kinds = {type_of(value) for value in unique}
        if kinds == {"string"}:
            return _plain(f"Literal[{arguments}]", "Literal")
        if kinds == {"null"}:
            return _null()
        if any(isinstance(value, float | list | dict) for value in unique):
            hint = "float" if kinds <= {"number", "integer"} else "Any"
            return _plain(hint, hint).noted(f"types.Exact({arguments})")
        return _plain(f"Literal[{arguments}]", "Literal").noted(f"types.Exact({arguments})")

    def _fitting(self, values: list[Any], schema: Mapping[str, Any]) -> list[Any]:
        kinds = self._shapes.types({"type": schema["type"]}) if "type" in schema else ALL_TYPES
        fitting = [value for value in values if type_of(value) in kinds]
        if constraints(schema) <= {"enum", "const", "type"}:
            return fitting
        validator = self._shapes.validator(schema)
        return [value for value in fitting if validator.is_valid(value)]

    def _typed(self, kind: str, schema: Mapping[str, Any]) -> Expression:
        match kind:
            case "null":
                return _null()
            case "boolean":
                return _plain("bool", "bool")
            case "integer":
                name = _INTEGER_FORMATS.get(str(schema.get("format")), "Integer")
                return _bounded(_scalar(name, "int"), schema)
            case "number":
                decimal = schema.get("format") == "decimal"
                return _bounded(_scalar(*(("DecimalNumber", "Decimal") if decimal else ("Number", "float"))), schema)
            case "string":
                return _string(schema)
            case "array":
                return self._array(schema)
            case "object":
                return self._map(schema)
            case _:
                return _scalar("AnyJson", "Any")

    def _array(self, schema: Mapping[str, Any]) -> Expression:
        item = self.of(True if "prefixItems" in schema else schema.get("items", True))
        array = Expression(f"list[{item.text}]", f"list[{item.hint}]", item.imports, item.hint_imports, item.schemas)
        counted = array.noted(*_counts(schema, "minItems", "maxItems"))
        return counted.noted("types.Unique()") if schema.get("uniqueItems") is True else counted

    def _map(self, schema: Mapping[str, Any]) -> Expression:
        named = schema.get("properties") or "patternProperties" in schema
        value = self.of(True if named else schema.get("additionalProperties", True))
        mapping = Expression(
            f"dict[str, {value.text}]", f"dict[str, {value.hint}]", value.imports, value.hint_imports, value.schemas
        )
        return mapping.noted(*_counts(schema, "minProperties", "maxProperties"))


def _string(schema: Mapping[str, Any]) -> Expression:
    known = _STRING_FORMATS.get(str(schema.get("format")))
    base = _scalar(*known) if known else _plain("str", "str")
    notes: list[str] = []
    if schema.get("format") in _JUDGED_FORMATS:
        notes.append(f"types.Format({schema['format']!r})")
    for note, prefix in (("Length", ""), ("UploadSize", "x-")):
        words = {"minimum": schema.get(f"{prefix}minLength"), "maximum": schema.get(f"{prefix}maxLength")}
        limits = [
            f"{word}={_whole(value)}" for word, value in words.items() if value or (value == 0 and word == "maximum")
        ]
        if limits and (not prefix or schema.get("format") == UPLOAD):
            notes.append(f"types.{note}({', '.join(limits)})")
    if "pattern" in schema:
        notes.append(f"types.Pattern({_literal(schema['pattern'])})")
    return base.noted(*notes)


def _bounded(base: Expression, schema: Mapping[str, Any]) -> Expression:
    words = {
        "minimum": "ge",
        "exclusiveMinimum": "gt",
        "maximum": "le",
        "exclusiveMaximum": "lt",
        "multipleOf": "multiple_of",
    }
    limits = [f"{word}={_number(schema[key])}" for key, word in words.items() if key in schema]
    return base.noted(f"types.Bounds({', '.join(limits)})") if limits else base


def _counts(schema: Mapping[str, Any], least: str, most: str) -> list[str]:
    limits = [
        f"{word}={whole}"
        for word, whole in (("minimum", _whole(schema.get(least))), ("maximum", _whole(schema.get(most))))
        if whole is not None
    ]
    return [f"types.Items({', '.join(limits)})"] if limits else []


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _number(value: Any) -> str:
    return repr(int(value)) if isinstance(value, float) and value.is_integer() else repr(value)


def _literal(value: Any) -> str:
    """Python source of a JSON value; whole floats are written as integers."""
    match value:
        case float() if value.is_integer():
            return repr(int(value))
        case list():
            return f"[{', '.join(_literal(each) for each in value)}]"
        case dict():
            return f"{{{', '.join(f'{_literal(key)}: {_literal(each)}' for key, each in value.items())}}}"
        case str():
            return repr(str(value))
        case _:
            return repr(value)


def _hint_imports(hint: str) -> frozenset[tuple[str, str]]:
    return frozenset({(_HINT_MODULES[hint], hint)}) if hint in _HINT_MODULES else frozenset()


def _scalar(name: str, hint: str) -> Expression:
    return Expression(f"types.{name}", hint, frozenset({_RUNTIME}), _hint_imports(hint))


def _plain(text: str, word: str) -> Expression:
    imports = _hint_imports(word)
    return Expression(text, text, imports, imports)


def _null() -> Expression:
    return Expression("None", "None")


def _join(parts: list[Expression]) -> Expression:
    """The union of several types, each once, None last."""
    if len(parts) == 1:
        return parts[0]
    ordered = sorted(parts, key=lambda part: part.text == "None")
    return Expression(
        " | ".join(dict.fromkeys(part.text for part in ordered)),
        " | ".join(dict.fromkeys(part.hint for part in ordered)),
        frozenset().union(*(part.imports for part in parts)),
        frozenset().union(*(part.hint_imports for part in parts)),
        frozenset().union(*(part.schemas for part in parts)),
    )


def reference(name: str) -> dict[str, str]:
    """A schema that refers to a component."""
    return {"$ref": PREFIX + name}
