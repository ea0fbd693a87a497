"""What is written down for each class: bases, configuration, and fields with their types and defaults."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tallystick.generator.models_census import closed_by_types, needs_check
from tallystick.generator.models_defaults import Defaults
from tallystick.generator.models_expressions import Expression, Expressions
from tallystick.generator.models_names import FieldNames
from tallystick.generator.models_shapes import Property, Shapes
from tallystick.generator.text import docstring
from tallystick.spec.names import Named

_LONGEST_NOTE = 400


@dataclass(frozen=True, slots=True)
class FieldPlan:
    """One line of a class: `name: text = default`."""

    name: str
    text: str
    default: str | None
    docstring: str | None


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """One class; `fields` go by the contract's names of the properties."""

    bases: tuple[str, ...]
    docstring: str | None
    lines: tuple[str, ...]
    fields: Mapping[str, FieldPlan]
    imports: frozenset[tuple[str, str]]
    needs: frozenset[str]


class Planner:
    """Plans the classes of one document."""

    def __init__(self, shapes: Shapes, names: Mapping[str, str]) -> None:
        self._shapes = shapes
        self._names = names
        self._fields = FieldNames(names)
        self._expressions = Expressions(shapes, names)
        self._defaults = Defaults(shapes, names)

    def plan(self, name: str) -> ClassPlan:
        """The plan of a component that is a class."""
        schema = self._shapes.schemas[name]
        members = self._shapes.members(name)
        names = self._fields.of(members.properties)
        imports = {("tallystick.runtime", "types"), ("pydantic", "ConfigDict")}
        needs = set(members.bases)
        fields: dict[str, FieldPlan] = {}
        for key, each in members.properties.items():
            base_requires = any(key in self._shapes.members(base).required for base in members.bases)
            if each.inherited and (key not in members.required or base_requires):
                continue
            fields[key] = self._field(Named(key, names[key]), each, key in members.required, imports, needs)
        return ClassPlan(
            bases=self._bases(name),
            docstring=docstring_of(schema),
            lines=tuple(self._lines(name, imports, needs)),
            fields=fields,
            imports=frozenset(imports),
            needs=frozenset(needs),
        )

    def _bases(self, name: str) -> tuple[str, ...]:
        schema = self._shapes.schemas[name]
        special = []
        if needs_check(self._shapes, name):
            special.append("types.CheckedModel")
        if "minProperties" in schema or "maxProperties" in schema:
            special.append("types.CountedModel")
        inherited = [self._names[base] for base in self._shapes.members(name).bases]
        # Classes that count or check come first: their bases are bases of what is inherited too.
        return (*inherited, *special) if inherited else tuple(special) or ("types.ContractModel",)

    def _lines(self, name: str, imports: set[tuple[str, str]], needs: set[str]) -> Iterator[str]:
        schema = self._shapes.schemas[name]
        counted = "minProperties" in schema or "maxProperties" in schema
        checked = needs_check(self._shapes, name)
        additional = schema.get("additionalProperties")
        closed = additional is False or closed_by_types(self._shapes, name)
        if closed and "patternProperties" not in schema and not (checked and "allOf" in schema):
            yield 'model_config = ConfigDict(extra="forbid")'
        elif additional is True or isinstance(additional, dict) or counted or checked or self._shapes.is_family(name):
            yield 'model_config = ConfigDict(extra="allow")'
            if "patternProperties" not in schema:
                extra = self._expressions.of(True if additional in (None, False) else additional)
                imports |= extra.imports
                needs |= extra.schemas
                yield f"__pydantic_extra__: dict[str, {extra.text}]"
        for keyword, variable in (("minProperties", "min"), ("maxProperties", "max")):
            if keyword in schema:
                yield f"__{variable}_properties__ = {int(schema[keyword])}"
        if checked:
            yield f"__conforms__ = types.Conforms(_SCHEMAS, {name!r})"

    def _field(
        self, named: Named, each: Property, required: bool, imports: set[tuple[str, str]], needs: set[str]
    ) -> FieldPlan:
        found = self._expressions.of(each.schema)
        imports |= found.imports
        needs |= found.schemas
        default = None
        if not required:
            found, default = self._optional(each.schema, found, imports, needs)
        if named.python != named.name:
            imports.add(("pydantic", "Field"))
            found = found.noted(f"Field(alias={str(named.name)!r})")
        imports |= found.imports
        return FieldPlan(named.python, found.text, default, docstring_of(each.schema))

    def _optional(
        self, schema: Any, found: Expression, imports: set[tuple[str, str]], needs: set[str]
    ) -> tuple[Expression, str]:
        nullable = self._shapes.accepts_null(schema)
        value = schema.get("default") if isinstance(schema, dict) else None
        if value is None:
            return (found if nullable else replace(found, base=f"types.Opt[{found.text}]", notes=())), "None"
        written = self._defaults.of(schema, value)
        if written is not None:
            needs |= written.schemas
            return found, written.text
        imports |= {("pydantic", "Field")}
        return found, f"Field(default_factory=types.Default(lambda: {found.text}, {json.dumps(value)!r}))"


def docstring_of(schema: Any) -> str | None:
    """The first paragraph of a description, and whether it is deprecated; what a component says of itself stands at the
    component.
    """
    text = schema.get("description") if isinstance(schema, dict) else None
    paragraph = " ".join(text.strip().split("\n\n")[0].split())[:_LONGEST_NOTE] if isinstance(text, str) else ""
    if isinstance(schema, dict) and schema.get("deprecated") is True:
        paragraph = f"Deprecated. {paragraph}".strip()
    return docstring(paragraph, "") if paragraph else None
