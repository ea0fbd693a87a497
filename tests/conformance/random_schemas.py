"""Schemas of every kind, composed at random: what one choice gives, another choice may hold."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

# Texts that nothing else reads as: no number, no constant of JSON, nothing that a form or a path takes apart.
WORD = {"type": "string", "pattern": "^[A-Z][a-z]{1,7}$"}
_NAMES = ("name", "kind", "userId", "class", "größe", "first-name", "self", "n2", "_note", "size")
_COLOURS = ("red", "green", "blue", "deep sea", "n/a")


class Schemas:
    """Makes schemas; objects that got a name are used again."""

    def __init__(self, choose: random.Random, prefix: str) -> None:
        self._choose = choose
        self._prefix = prefix
        self.components: dict[str, Any] = {}

    def scalar(self) -> Json:
        """What fits everywhere: in paths, queries, headers, forms."""
        low = self._choose.randint(-3, 3)
        kinds: list[Json] = [
            {"type": "integer", "minimum": low, "maximum": low + 50},
            {"type": "integer", "format": "int32"},
            {"type": "number", "exclusiveMinimum": 0, "maximum": 10.5},
            {"type": "boolean"},
            {"type": "string", "enum": self._choose.sample(_COLOURS, 3)},
            {"type": "string", "format": "date"},
            {"type": "string", "format": "uuid"},
            dict(WORD),
        ]
        return self._choose.choice(kinds)

    def any(self, depth: int) -> Json:
        """Any schema."""
        makers: list[Callable[[int], Json]] = [lambda _: self.scalar(), self._nullable, self._constant, self._text]
        if depth > 0:
            makers += [self._object, self._array, self._map, self._one_of, self._any_of, self._all_of, self._tagged]
            makers += [self.named]
        return self._choose.choice(makers)(depth - 1)

    def named(self, depth: int) -> Json:
        """A reference to an object of its own, or to one that is there already."""
        if self.components and self._choose.random() < 0.4:
            name = self._choose.choice(list(self.components))
        else:
            name = self._name()
            self.components[name] = {}  # its own members may refer to it
            self.components[name] = self._object(max(depth, 1), name)
        return {"$ref": f"#/components/schemas/{name}"}

    def _name(self) -> str:
        form = self._choose.choice(("{}Thing{}", "{}.thing-{}", "{}_thing_{}"))
        return form.format(self._prefix, len(self.components))

    def _object(self, depth: int, own: str | None = None) -> Json:
        names = self._choose.sample(_NAMES, self._choose.randint(1, 4))
        properties = {name: self.any(depth - 1) for name in names}
        made: Json = {"type": "object", "properties": properties}
        required = [name for name in names if self._choose.random() < 0.6]
        if own is not None and len(required) < len(names):
            again = next(name for name in names if name not in required)
            properties[again] = {"$ref": f"#/components/schemas/{own}"}
        if required:
            made["required"] = required
        extra = self._choose.choice([None, None, False, {"type": "integer"}])
        return made if extra is None else {**made, "additionalProperties": extra}

    def _array(self, depth: int) -> Json:
        limits: Json = self._choose.choice([{}, {"minItems": 1}, {"maxItems": 3}, {"minItems": 1, "maxItems": 2}])
        if self._choose.random() < 0.25:
            return {"type": "array", "items": {"type": "integer"}, "uniqueItems": True, **limits}
        return {"type": "array", "items": self.any(depth - 1), **limits}

    def _map(self, depth: int) -> Json:
        names: Json = self._choose.choice([{}, {"propertyNames": {"pattern": "^[a-z]{1,4}$"}}, {"maxProperties": 3}])
        return {"type": "object", "additionalProperties": self.any(depth - 1), **names}

    def _nullable(self, _: int) -> Json:
        # Not as a list of types: Schemathesis 4.32 breaks on those within unions.
        return {"anyOf": [self.scalar(), {"type": "null"}]}

    def _constant(self, _: int) -> Json:
        constants: list[Json] = [{"const": "fixed"}, {"const": 7}, {"enum": [1, "1", None]}, {"const": True}]
        return self._choose.choice(constants)

    def _text(self, _: int) -> Json:
        limits: Json = self._choose.choice([{}, {"minLength": 1}, {"maxLength": 12}, {"minLength": 2, "maxLength": 5}])
        return {"type": "string", **limits}

    def _one_of(self, depth: int) -> Json:
        return {
            "oneOf": [{"type": "integer", "minimum": 0}, dict(WORD), {"type": "array", "items": self.any(depth - 1)}]
        }

    def _any_of(self, depth: int) -> Json:
        return {"anyOf": [{"type": "string", "maxLength": 4}, dict(WORD), {"type": "boolean"}, self.any(depth - 1)]}

    def _all_of(self, depth: int) -> Json:
        more = {"type": "object", "required": ["more"], "properties": {"more": self.scalar()}}
        base = {"type": "object", "required": ["base"], "properties": {"base": self.any(depth - 1)}}
        return {"allOf": [base, more]}

    def _tagged(self, depth: int) -> Json:
        """Alternatives that a member tells apart."""
        kinds = self._choose.sample(("cat", "dog", "eel"), 2)
        mapping = {}
        for kind in kinds:
            name = self._name()
            properties = {"kind": {"const": kind}, "value": self.any(depth - 1)}
            self.components[name] = {"type": "object", "required": ["kind", "value"], "properties": properties}
            mapping[kind] = f"#/components/schemas/{name}"
        variants = [{"$ref": reference} for reference in mapping.values()]
        return {"oneOf": variants, "discriminator": {"propertyName": "kind", "mapping": mapping}}
