"""The models of a generated package: a class, enumeration or alias for every schema of the contract."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tallystick.generator.imports import Imports
from tallystick.generator.models_census import census, drop_invalid_defaults, needs_check
from tallystick.generator.models_expressions import Expression, Expressions
from tallystick.generator.models_layout import MOST_TOGETHER, layout
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
    """The modules of the models, unformatted; `names` are the Python names of the schemas."""

    files: Mapping[str, str]
    names: Mapping[str, str]
    warnings: tuple[Diagnostic, ...] = ()
    checked: frozenset[str] = field(default_factory=frozenset)
    """The schemas whose JSON is also judged by a JSON Schema validator."""

    @property
    def source(self) -> str:
        """The text of `models.py`, where there is just this one."""
        return self.files["models.py"]

    @property
    def split(self) -> bool:
        """Whether `models` is a package, whose modules are imported when they are needed."""
        return "models.py" not in self.files


def render_models(normalised: Object, exclude: frozenset[str] = frozenset(), package: str = "") -> ModelSource:
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
    files = writer.files(normalised, package)
    return ModelSource(files, {name: names[name] for name in wanted}, tuple(diagnostics), writer.checked)


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


# The module of a split package that has no models.
_DATA = "_schemas"


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

    def _alias(self, name: str) -> Expression:
        found = self._expressions.component(name)
        if name not in self.checked:
            return found
        return found.noted(f"types.Conforms(_SCHEMAS, {name!r})")

    def files(self, document: Object, package: str) -> dict[str, str]:
        """One module, or a package of several."""
        needs = {name: self._needs(name) for name in self._wanted}
        order = groups(needs)
        recursive = {name for group in order for name in self._roots(group)}
        rendered = self._render(recursive)
        if len(self._wanted) <= MOST_TOGETHER:
            return {"models.py": self._module([name for group in order for name in group], rendered, recursive)}
        enums = frozenset(name for name in self._wanted if self._shapes.kind(name) == "enum")
        modules = layout(document, needs, enums)
        places = {name: module for module, names in modules.items() for name in names}
        files = {"models/__init__.py": self._package(modules, package)}
        data = f"{package}.models.{_DATA}"
        if self.checked:
            lines = ['"""Schemas, for what types cannot say."""', "from tallystick.runtime import types", ""]
            files[f"models/{_DATA}.py"] = "\n".join([*lines, self._schemas("SCHEMAS")]) + "\n"
        for module, names in modules.items():
            needed = {each for name in names for each in needs[name]} - set(names)
            others = {(f"{package}.models.{places[name]}", self._names[name]) for name in needed}
            others |= {(data, "SCHEMAS as _SCHEMAS")} if self.checked & set(names) else set()
            files[f"models/{module}.py"] = self._module(names, rendered, recursive, others)
        return files

    def _module(
        self,
        names: list[str],
        rendered: Mapping[str, str],
        recursive: set[str],
        others: Iterable[tuple[str, str]] = (),
    ) -> str:
        """Some of the models, in order, as a module; `others` are the models of other modules that they need."""
        imports = Imports()
        imports.add("tallystick.runtime", "types")
        imports.add("enum", "StrEnum")
        imports.add("typing", "TypeAlias", "Annotated")
        imports.update(others)
        for name in names:
            if name in self._plans:
                imports.update(self._plans[name].imports)
            elif name in self._aliases:
                imports.update(self._aliases[name].imports | self._aliases[name].hint_imports)
        members = set(names)
        order = groups({name: self._needs(name) & members for name in names})
        parts = [rendered[name] for group in order for name in self._inner_order(group, recursive)]
        head = self._head(names, imports)
        if recursive & members:
            # Such a model names others in quoted text, which ruff does not read: none of their imports may go.
            head = f"# ruff: noqa: F401 - quoted text below names what is imported here\n{head}"
        return "\n\n\n".join([head, *parts]) + "\n"

    def _head(self, names: list[str], imports: Imports) -> str:
        lines = ['"""The schemas of the contract."""', "from __future__ import annotations", *imports.lines()]
        if self.checked & set(names) and len(names) == len(self._wanted):
            lines += ["", self._schemas("_SCHEMAS")]
        return "\n".join(lines)

    def _schemas(self, variable: str) -> str:
        """The schemas that validators judge by, as data."""
        closure = {*self.checked, *self._shapes.closure(*(self._shapes.schemas[name] for name in self.checked))}
        text = json.dumps({name: self._shapes.schemas[name] for name in sorted(closure)}, ensure_ascii=True)
        return f"{variable} = types.Schemas({text!r})"

    def _package(self, modules: Mapping[str, list[str]], package: str) -> str:
        """What finds each model in its module when it is asked for."""
        lines = [
            '"""The schemas of the contract; each module is imported when a model of it is first used."""',
            "from __future__ import annotations",
            "from typing import TYPE_CHECKING",
            "from tallystick.runtime.lazily import lazily",
            "if TYPE_CHECKING:",
        ]
        for module, names in modules.items():
            listed = ", ".join(f"{self._names[name]} as {self._names[name]}" for name in names)
            lines.append(f"    from {package}.models.{module} import {listed}")
        places = {module: [self._names[name] for name in names] for module, names in modules.items()}
        lines += ["else:", f"    __getattr__, __dir__ = lazily(__name__, {places!r})"]
        return "\n".join(lines) + "\n"

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
