"""Schemas, changes of them and values that fit, at random, the same for the same seed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

Schema = Any
Schemas = dict[str, Schema]

_NAMES = ("a", "b", "c")
_VALUES: list[Any] = ["", "a", "b", "ab", "abc", "zz", "ba", 0, 1, 2, 3, 5, -1, -2, 0.5, 2.5, None, True, False, [], {}]
_BOUNDS = ("minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "minProperties", "maxProperties")
_LISTS = ("allOf", "oneOf", "anyOf", "prefixItems")
_SINGLE = ("items", "additionalProperties", "contains", "not", "propertyNames")


class Maker:
    """Makes schemas that may refer to components of the given names."""

    def __init__(self, random: Random, names: tuple[str, ...]) -> None:
        self._random = random
        self._names = names

    def schema(self, depth: int = 0) -> Schema:
        pick = self._random
        makers: list[Callable[[int], Schema]] = [self._scalar, self._scalar, self._scalar]
        if depth < 3:
            makers += [self._object, self._object, self._array, self._union, self._all_of, self._odd]
            makers += [lambda _: {"$ref": f"#/components/schemas/{pick.choice(self._names)}"}] if self._names else []
        return pick.choice(makers)(depth + 1)

    def _maybe(self, chance: float, **keywords: Any) -> dict[str, Any]:
        return keywords if self._random.random() < chance else {}

    def _scalar(self, _: int) -> Schema:
        pick, maybe = self._random, self._maybe
        text = {
            "type": "string",
            **maybe(0.3, minLength=pick.randint(0, 3)),
            **maybe(0.3, maxLength=pick.randint(2, 4)),
        }
        number = {**maybe(0.4, minimum=pick.randint(-2, 2)), **maybe(0.3, exclusiveMaximum=pick.randint(3, 6))}
        return pick.choice(
            [
                {**text, **maybe(0.3, pattern=pick.choice(["^a", "^b", "b$"]))},
                {"type": pick.choice(["integer", "number"]), **number, **maybe(0.2, multipleOf=pick.choice([2, 3]))},
                {"type": pick.choice(["boolean", "null", ["string", "null"], ["string", "integer"]])},
                {"enum": pick.sample([1, 2.5, "a", "b", None, True, 5], pick.randint(1, 4))},
                {"const": pick.choice(["a", 1, None])},
            ]
        )

    def _object(self, depth: int) -> Schema:
        pick, maybe = self._random, self._maybe
        names = pick.sample(_NAMES, pick.randint(1, 3))
        return {
            "type": "object",
            "properties": {name: self.schema(depth) for name in names},
            **maybe(0.5, required=pick.sample(_NAMES, pick.randint(1, 2))),
            **maybe(0.4, additionalProperties=pick.choice([False, True, self._scalar(depth)])),
            **maybe(0.1, maxProperties=pick.randint(1, 3)),
            **maybe(0.1, propertyNames={"maxLength": pick.randint(1, 2)}),
            **maybe(0.1, dependentRequired={pick.choice(_NAMES): [pick.choice(_NAMES)]}),
        }

    def _array(self, depth: int) -> Schema:
        pick, maybe = self._random, self._maybe
        return {
            "type": "array",
            **maybe(0.8, items=self.schema(depth)),
            **maybe(0.2, prefixItems=[self.schema(depth)]),
            **maybe(0.3, minItems=pick.randint(0, 2)),
            **maybe(0.3, maxItems=pick.randint(1, 3)),
            **maybe(0.2, uniqueItems=True),
            **maybe(0.1, contains=self._scalar(depth)),
        }

    def _union(self, depth: int) -> Schema:
        kind = self._random.choice(["oneOf", "anyOf"])
        other = {"type": "null"} if self._random.random() < 0.3 else self.schema(depth)
        return {kind: [self.schema(depth), other]}

    def _all_of(self, depth: int) -> Schema:
        return {"allOf": [self.schema(depth)], **(self._object(depth) if self._random.random() < 0.5 else {})}

    def _odd(self, depth: int) -> Schema:
        return {**self._scalar(depth), "not": self._scalar(depth)}

    # ------------------------------------------------------------ changes

    def changed(self, schema: Schema) -> Schema:
        """The same but for one change somewhere."""
        pick = self._random
        root = {"": copy.deepcopy(schema)}
        holder, key = pick.choice(list(_places(root, "")))
        node = holder[key]
        changes: list[Callable[[Any], Any]] = [
            lambda _: self.schema(2),
            lambda each: {pick.choice(["oneOf", "anyOf"]): [each, pick.choice([{"type": "null"}, self.schema(2)])]},
            lambda each: {"allOf": [each, self.schema(2)]},
        ]
        if isinstance(node, dict) and node:
            changes += [self._less, self._less, self._bound, self._bound, self._other_object]
        holder[key] = pick.choice(changes)(node)
        return root[""]

    def _less(self, node: dict[str, Any]) -> Schema:
        key = self._random.choice(list(node))
        inner = node[key]
        if isinstance(inner, list) and len(inner) > 1:
            inner.pop(self._random.randrange(len(inner)))
        elif key == "properties" and inner:
            inner.pop(self._random.choice(list(inner)))
        else:
            del node[key]
        return node

    def _bound(self, node: dict[str, Any]) -> Schema:
        for key in _BOUNDS:
            if key in node:
                node[key] = max(0, node[key] + self._random.choice([-1, 1]))
                return node
        return {**node, **self._scalar(0)}

    def _other_object(self, node: dict[str, Any]) -> Schema:
        return {**node, **self._object(2)} if "properties" in node else {**self._scalar(0)}

    # ------------------------------------------------------------ values

    def value(self, schema: Schema, schemas: Schemas, depth: int = 0) -> Any:
        """A value that may fit. It holds only properties that the schema speaks of."""
        pick = self._random
        if not isinstance(schema, dict) or depth > 6:
            return pick.choice(_VALUES)
        parts = list(_parts(schema, schemas, pick, 0))
        listed = [value for part in parts for value in part.get("enum", [part["const"]] if "const" in part else [])]
        if listed:
            return pick.choice(listed)
        kinds = [part["type"] for part in parts if "type" in part]
        kind = pick.choice(kinds) if kinds else pick.choice(["object", "array", "string", "integer"])
        kind = pick.choice(kind) if isinstance(kind, list) else kind
        if kind == "object":
            return self._members(parts, schemas, depth)
        if kind == "array":
            inner = [part[key] for part in parts for key in ("items", "contains") if key in part] or [True]
            first = [part["prefixItems"][0] for part in parts if part.get("prefixItems")] or inner
            length = pick.choice([0, 1, 2, 3])
            return [self.value(pick.choice(inner if index else first), schemas, depth + 1) for index in range(length)]
        types: dict[str, Any] = {"string": str, "integer": int, "number": int | float, "boolean": bool}
        wanted = types.get(kind, type(None))
        return pick.choice([each for each in _VALUES if isinstance(each, wanted)])

    def _members(self, parts: list[dict[str, Any]], schemas: Schemas, depth: int) -> dict[str, Any]:
        pick = self._random
        required = {name for part in parts for name in part.get("required", ())}
        others = [part["additionalProperties"] for part in parts if part.get("additionalProperties")]
        known: dict[str, list[Schema]] = {name: others or [True] for name in sorted(required)}
        for part in parts:
            for name, schema in part.get("properties", {}).items():
                known[name] = [*(known[name] if name in known and name not in required else []), schema]
        if others:
            known.setdefault(pick.choice(["x", *_NAMES]), others)
        return {
            name: self.value(pick.choice(inner), schemas, depth + 1)
            for name, inner in known.items()
            if name in required or pick.random() < 0.6
        }


def _places(holder: Any, key: Any) -> Iterator[tuple[Any, Any]]:
    yield holder, key
    node = holder[key]
    for name, inner in node.items() if isinstance(node, dict) else ():
        if name == "properties":
            for each in inner:
                yield from _places(inner, each)
        elif name in _LISTS:
            for index in range(len(inner)):
                yield from _places(inner, index)
        elif name in _SINGLE and isinstance(inner, dict):
            yield from _places(node, name)


def _parts(schema: Schema, schemas: Schemas, pick: Random, depth: int) -> Iterator[dict[str, Any]]:
    """A schema, what it refers to, and one variant of each union."""
    if not isinstance(schema, dict) or depth > 6:
        return
    yield schema
    inner = list(schema.get("allOf", ()))
    inner += [schemas[schema["$ref"].rpartition("/")[2]]] if "$ref" in schema else []
    inner += [pick.choice(schema[kind]) for kind in ("oneOf", "anyOf") if schema.get(kind)]
    for each in inner:
        yield from _parts(each, schemas, pick, depth + 1)
