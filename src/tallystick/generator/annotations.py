"""Types of parameters, headers, fields and bodies, for the modules beside the models."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tallystick.generator.imports import OnlyHint
from tallystick.generator.models import ModelSource
from tallystick.generator.models_defaults import Defaults
from tallystick.generator.models_expressions import Expressions
from tallystick.generator.models_shapes import Shapes, ref_name
from tallystick.spec.nodes import Object


@dataclass(frozen=True, slots=True)
class Annotation:
    """A type as text: `text` for adapters, `hint` for signatures; `imports` are the (module, name) of both."""

    text: str
    hint: str
    imports: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Fallback:
    """A default as text, and the (module, name) that it needs."""

    text: str
    imports: frozenset[tuple[str, str]]


class Annotator:
    """Annotations for the schemas of a normalised document, whose models stand in `package`.models.

    Models that stand in several modules are not imported before they are needed.
    """

    def __init__(self, document: Object, models: ModelSource, package: str) -> None:
        shapes = Shapes(document["components"]["schemas"])
        self._names = models.names
        self._package = package
        self._later = models.split
        self._shapes = shapes
        self._expressions = Expressions(shapes, models.names)
        self._qualified = Expressions(shapes, {name: f"models.{each}" for name, each in models.names.items()})
        self._defaults = Defaults(shapes, models.names)

    def annotate(self, schema: Any) -> Annotation:
        """The type of a schema; None is any JSON."""
        schema = True if schema is None else schema
        found = self._expressions.of(schema)
        imports = found.imports | found.hint_imports
        if not (self._later and found.schemas):
            return Annotation(found.text, found.hint, imports | self._models(found.schemas))
        hints = frozenset(OnlyHint(pair) for pair in self._models(found.schemas))
        text = f"types.Later(lambda: {self._qualified.of(schema).text})"
        needed = frozenset({(self._package, "models"), ("tallystick.runtime", "types")})
        return Annotation(text, found.hint, imports | needed | hints)

    def is_model(self, schema: Any) -> bool:
        """Whether the values of a schema are all of one class of its own."""
        name = ref_name(schema)
        if name is None or len(schema) > 1:
            return False
        return self._shapes.kind(name) == "class" and not self._shapes.is_open(name)

    def literal(self, schema: Any, value: Any) -> Fallback:
        """The Python value of a default; `None` for none."""
        if value is None:
            return Fallback("None", frozenset())
        found = self._defaults.of(schema, value)
        if found is not None:
            return Fallback(found.text, self._models(found.schemas))
        kind = self.annotate(schema)
        text = f"types.Default(lambda: {kind.text}, {json.dumps(value)!r})()"
        return Fallback(text, kind.imports | {("tallystick.runtime", "types")})

    def _models(self, schemas: frozenset[str]) -> frozenset[tuple[str, str]]:
        return frozenset((f"{self._package}.models", self._names[name]) for name in schemas)
