"""`models.py` of a generated package: a class, enumeration or alias for every schema of the contract."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tallystick.generator.imports import Imports
from tallystick.generator.models_census import census, drop_invalid_defaults, needs_check
from tallystick.generator.models_expressions import Expression, Expressions
from tallystick.generator.models_names import class_names, member_names
from tallystick.generator.models_order import groups
from tallystick.generator.models_parser import ModelParser
from tallystick.generator.models_patterns import check_patterns
from tallystick.generator.models_plans import ClassPlan, Planner, docstring_of
from tallystick.generator.models_shapes import Shapes, mentioned
from tallystick.spec.errors import ContractError, Diagnostic, Severity
from tallystick.spec.nodes import Object


@dataclass(frozen=True, slots=True)
class ModelSource:
    """The text of `models.py`, unformatted; `names` are the Python names of the schemas."""

    source: str
    names: Mapping[str, str]
    warnings: tuple[Diagnostic, ...] = ()
    checked: frozenset[str] = field(default_factory=frozenset)
    """The schemas whose JSON is also judged by a JSON Schema validator."""


def render_models(normalised: Object, exclude: frozenset[str] = frozenset()) -> ModelSource:
    """Models of all component schemas, or of all but the excluded ones. Invalid defaults leave the document.

    Raises:
        ContractError: keywords that cannot be carried out, patterns that cannot be translated.
    """
    schemas: Mapping[str, Any] = normalised["components"]["schemas"]
    shapes = Shapes(schemas)
    wanted = _wanted(shapes, exclude)
    diagnostics = [*census(normalised), *check_patterns(normalised), *drop_invalid_defaults(normalised, shapes)]
    names = class_names(schemas)
    writer = _Writer(shapes, names, wanted)
    if any(each.severity is Severity.ERROR for each in diagnostics):
        raise ContractError(each for each in diagnostics if each.severity is Severity.ERROR)
    return ModelSource(writer.source(), {name: names[name] for name in wanted}, tuple(diagnostics), writer.checked)


def _wanted(shapes: Shapes, exclude: frozenset[str]) -> list[str]:
    """What is left without the excluded schemas and without unions of them; a class brings back what it needs."""
    schemas = shapes.schemas
    needs = {name: set(mentioned(schema)) & schemas.keys() for name, schema in schemas.items()}
    left_out = set(exclude)
    for group in groups(needs):
        left_out |= {name for name in group if shapes.kind(name) == "alias" and needs[name] & left_out}
    wanted = set(schemas) - left_out
    pending = list(wanted)
    while pending:
        new = needs[pending.pop()] - wanted
        wanted |= new
        pending += new
    return sorted(wanted)


class _Writer:
    """Writes the models of one document."""

    def __init__(self, shapes: Shapes, names: Mapping[str, str], wanted: list[str]) -> None:
        self._shapes = shapes
        self._names = names
        self._wanted = wanted
        self._expressions = Expressions(shapes, names)
        planner = Planner(shapes, names)
        self._plans: dict[str, ClassPlan] = {
            name: planner.plan(name) for name in wanted if shapes.kind(name) == "class"
        }
        self.checked = frozenset(name for name in wanted if needs_check(shapes, name))
        self._aliases = {name: self._alias(name) for name in wanted if shapes.kind(name) == "alias"}
        self._imports = Imports()

    def _alias(self, name: str) -> Expression:
        found = self._expressions.component(name)
        if name not in self.checked:
            return found
        return found.noted(f"types.Conforms(_SCHEMAS, {name!r})")

    def source(self) -> str:
        """The module."""
        order = groups({name: self._needs(name) for name in self._wanted})
        recursive = {name for group in order for name in self._roots(group)}
        rendered = self._render(recursive)
        parts: list[str] = []
        for group in order:
            parts += [rendered[name] for name in self._inner_order(group, recursive)]
        self._imports.add("tallystick.runtime", "types")
        for plan in self._plans.values():
            self._imports.update(plan.imports)
        for alias in self._aliases.values():
            self._imports.update(alias.imports | alias.hint_imports)
        self._imports.add("enum", "StrEnum")
        self._imports.add("typing", "TypeAlias", "Annotated")
        return "\n\n\n".join([self._head(), *parts]) + "\n"

    def _head(self) -> str:
        lines = ['"""The schemas of the contract."""', "from __future__ import annotations", *self._imports.lines()]
        if self.checked:
            closure = {*self.checked, *self._shapes.closure(*(self._shapes.schemas[name] for name in self.checked))}
            text = json.dumps({name: self._shapes.schemas[name] for name in sorted(closure)}, ensure_ascii=True)
            lines += ["", f"_SCHEMAS = types.Schemas({text!r})"]
        return "\n".join(lines)

    def _needs(self, name: str) -> frozenset[str]:
        if name in self._plans:
            return self._plans[name].needs
        return self._aliases[name].schemas if name in self._aliases else frozenset()

    def _roots(self, group: list[str]) -> set[str]:
        """Aliases that lead back to themselves with no class between: they have to be classes."""
        aliases = {name: self._needs(name) & set(group) for name in group if name in self._aliases}
        return {
            name
            for inner in groups({name: needs & aliases.keys() for name, needs in aliases.items()})
            for name in inner
            if len(inner) > 1 or name in aliases[name]
        }

    def _inner_order(self, group: list[str], recursive: set[str]) -> list[str]:
        """Classes first, bases before what inherits; then aliases, each after those that it names."""
        members = set(group)
        classes = {name: set(self._bases(name)) & members for name in group if name in self._plans or name in recursive}
        aliases = {name: self._needs(name) & members - classes.keys() for name in group if name not in classes}
        return [name for graph in (classes, aliases) for each in groups(graph) for name in each]

    def _bases(self, name: str) -> list[str]:
        return self._shapes.members(name).bases if name in self._plans else []

    def _render(self, recursive: set[str]) -> dict[str, str]:
        schemas: dict[str, Any] = {}
        data: dict[str, dict[str, Any]] = {}
        for name in self._wanted:
            schema = self._shapes.schemas[name]
            if name in self._plans:
                properties = {key: {"type": "string"} for key in self._plans[name].fields}
                schemas[name] = {"type": "object", "properties": properties}
                data[name] = {"plan": self._plans[name]}
            elif name in self._aliases:
                text = self._aliases[name].text
                schemas[name] = {"type": "string"}
                data[name] = {"text": repr(text) if name in recursive else text, "recursive": name in recursive}
            else:
                schemas[name] = {"type": "string", "enum": list(schema["enum"])}
                data[name] = {
                    "members": [(name, repr(str(value))) for value, name in member_names(schema["enum"]).items()]
                }
            data[name]["docstring"] = docstring_of(schema)
        return ModelParser(schemas, self._names, data).render()
