"""Schemas and values at random, the same for the same seed."""

import random
from collections.abc import Callable
from typing import Any

Schema = Any

_KEYS = ("a", "b", "c", "userID", "class")
_INTEGERS: list[dict[str, Any]] = [{}, {"minimum": 1}, {"exclusiveMaximum": 3}, {"multipleOf": 2}]
_NUMBERS: list[dict[str, Any]] = [{}, {"minimum": 0.5}, {"maximum": 2}, {"multipleOf": 0.5}]
_STRINGS: list[dict[str, Any]] = [{}, {"minLength": 1}, {"maxLength": 1}, {"pattern": "^[a-c]"}, {"format": "date"}]
# What schemas without `type` hold: each judges values of its own type only.
_UNTYPED: list[dict[str, Any]] = [
    {"minimum": 1},
    {"multipleOf": 2, "maxLength": 1},
    {"pattern": "a"},
    {"format": "date"},
    {"required": ["a"]},
    {"minItems": 1, "maxProperties": 1},
    {"uniqueItems": True},
]
_CONSTANTS = [1, 2.5, "a", "b", None, True, False, 0, [1], {"a": 1}]
_TYPES = ("integer", "string", "null", "boolean", "array", "object", "number")


class Maker:
    """Makes schemas that may refer to components of the given names."""

    def __init__(self, seed: int, names: list[str]) -> None:
        self._random = random.Random(seed)
        self._names = names

    def schema(self, depth: int) -> Schema:
        makers: list[Callable[[int], Schema]] = [self._scalar, self._scalar]
        if depth > 0:
            makers += [self._object, self._object, self._array, self._union, self._all_of, self._narrowed]
            makers += [self._untyped, self._conditional]
        return self._random.choice(makers)(depth - 1)

    def value(self, depth: int) -> Any:
        pick = self._random
        match pick.randrange(8 if depth > 0 else 5):
            case 0:
                return pick.choice([0, 1, 2, 3, -1])
            case 1:
                return pick.choice([0.5, 1.0, 2.5, 1e3])
            case 2:
                return pick.choice(["", "a", "b", "ab", "2024-02-29", "x"])
            case 3:
                return pick.choice([True, False])
            case 4:
                return None
            case 5 | 6:
                return {key: self.value(depth - 1) for key in pick.sample(_KEYS, pick.randint(0, 3))}
            case _:
                return [self.value(depth - 1) for _ in range(pick.randint(0, 3))]

    def _maybe(self, chance: float, **keywords: Any) -> dict[str, Any]:
        return keywords if self._random.random() < chance else {}

    def _scalar(self, _: int) -> Schema:
        pick = self._random
        return pick.choice(
            [
                {"type": "integer", **pick.choice(_INTEGERS)},
                {"type": "number", **pick.choice(_NUMBERS)},
                {"type": "string", **pick.choice(_STRINGS)},
                {"type": pick.sample(_TYPES, 2)},
                {"enum": pick.sample(_CONSTANTS, pick.randint(1, 4))},
                {"const": pick.choice(_CONSTANTS)},
                {"type": ["string", "null"], "enum": ["a", "b", None]},
                {"type": "boolean"},
                True,
                {"$ref": f"#/components/schemas/{pick.choice(self._names)}"},
            ]
        )

    def _object(self, depth: int) -> Schema:
        pick = self._random
        properties = {key: self.schema(depth) for key in pick.sample(_KEYS, pick.randint(0, 3))}
        return {
            "type": pick.choice(["object", "object", "object", ["object", "null"]]),
            "properties": properties,
            **self._maybe(0.4, required=pick.sample(list(properties) or _KEYS, 1)),
            **self._maybe(0.3, additionalProperties=pick.choice([False, False, self.schema(depth)])),
            **self._maybe(0.1, minProperties=1),
            **self._maybe(0.1, maxProperties=1),
            **self._maybe(0.07, propertyNames={"maxLength": 1}),
            **self._maybe(0.07, patternProperties={"^a": self.schema(depth)}),
            **self._maybe(0.07, dependentRequired={"a": ["b"]}),
            **self._maybe(0.07, oneOf=[{"required": ["a"]}, {"required": ["b"]}]),
            **self._maybe(0.07, dependentSchemas={"a": self.schema(depth)}),
            **self._maybe(0.07, unevaluatedProperties=False),
        }

    def _array(self, depth: int) -> Schema:
        return {
            "type": "array",
            "items": self.schema(depth),
            **self._maybe(0.3, minItems=1),
            **self._maybe(0.3, maxItems=2),
            **self._maybe(0.2, uniqueItems=True),
            **self._maybe(0.1, contains=self.schema(depth)),
            **self._maybe(0.1, prefixItems=[self.schema(depth)]),
            **self._maybe(0.1, unevaluatedItems=False),
        }

    def _untyped(self, depth: int) -> Schema:
        pick = self._random
        part = pick.choice([*_UNTYPED, self._object(depth), self._array(depth)])
        return {**{key: value for key, value in part.items() if key != "type"}, **pick.choice(_UNTYPED)}

    def _conditional(self, depth: int) -> Schema:
        return {
            **self._random.choice([{}, {"type": ["string", "integer", "object"]}, self._object(depth)]),
            "if": self.schema(depth),
            **self._maybe(0.7, then=self.schema(depth)),
            **self._maybe(0.7, **{"else": self.schema(depth)}),
        }

    def _union(self, depth: int) -> Schema:
        keyword = self._random.choice(["oneOf", "anyOf"])
        return {keyword: [self.schema(depth) for _ in range(self._random.randint(1, 3))]}

    def _all_of(self, depth: int) -> Schema:
        parts = [self.schema(depth) for _ in range(self._random.randint(1, 3))]
        return {"allOf": parts, **self._maybe(0.3, type="object", properties={"a": self.schema(depth)})}

    def _narrowed(self, depth: int) -> Schema:
        name = self._random.choice(self._names)
        more: list[dict[str, Any]] = [{"description": "x"}, {"minLength": 1}, {"minimum": 1}]
        narrowed = {"$ref": f"#/components/schemas/{name}", **self._random.choice(more)}
        return self._random.choice([narrowed, {"not": self.schema(depth)}])
