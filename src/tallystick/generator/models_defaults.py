"""Defaults of the contract as Python source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tallystick.generator.models_expressions import Expressions
from tallystick.generator.models_names import member_names
from tallystick.generator.models_shapes import Shapes, ref_name, split_null

_PLAIN_HINTS = frozenset({"str", "bool", "int", "float"})


@dataclass(frozen=True, slots=True)
class Written:
    """A value as Python source, and the components that it names."""

    text: str
    schemas: frozenset[str] = frozenset()


class Defaults:
    """Writes defaults that are plain values, members of enumerations, or lists of those."""

    def __init__(self, shapes: Shapes, names: Mapping[str, str]) -> None:
        self._shapes = shapes
        self._names = names
        self._expressions = Expressions(shapes, names)

    def of(self, schema: Any, value: Any) -> Written | None:
        """The value as the type of the schema holds it; None where only that type can make it."""
        if value is None:
            return Written("None")
        name = ref_name(schema)
        if name is not None:
            return self._named(name, value)
        if not isinstance(schema, dict):
            return None
        for union in ("anyOf", "oneOf"):
            if isinstance(schema.get(union), list):
                rest, _ = split_null(schema[union])
                return self.of(rest[0], value) if len(rest) == 1 else None
        if isinstance(value, list):
            return self._list(schema, value)
        hint = self._expressions.body(schema).hint
        if isinstance(value, dict) or not (hint in _PLAIN_HINTS or hint.startswith("Literal[")):
            return None
        if hint == "int" and isinstance(value, float):
            return Written(repr(int(value)))
        return Written(repr(value) if not isinstance(value, str) else repr(str(value)))

    def _named(self, name: str, value: Any) -> Written | None:
        match self._shapes.kind(name):
            case "enum" if isinstance(value, str):
                member = member_names(self._shapes.schemas[name]["enum"]).get(value)
                return Written(f"{self._names[name]}.{member}", frozenset({name})) if member else None
            case "alias":
                return self.of(self._shapes.schemas[name], value)
            case _:
                return None

    def _list(self, schema: Mapping[str, Any], value: list[Any]) -> Written | None:
        items = [self.of(schema.get("items", True), each) for each in value]
        known = [each for each in items if each is not None]
        if len(known) < len(items):
            return None
        return Written(
            f"[{', '.join(each.text for each in known)}]",
            frozenset().union(*(each.schemas for each in known)),
        )
