"""Values for schemas: declared examples where they are valid, else made ones, the same for the same seed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from random import Random
from typing import Any

from tallystick.mock.texts import make_text
from tallystick.runtime.schemas import Path, Schemas

_TRIES = 12
_DEEPEST = 7
_BOTTOM = 30  # what recurs without end has no value anyway
_LONGEST = 200  # items or members that a schema can ask for

_KEYWORD_TYPES: Mapping[str, str] = {
    "properties": "object", "required": "object", "additionalProperties": "object", "patternProperties": "object",
    "minProperties": "object", "propertyNames": "object",
    "items": "array", "prefixItems": "array", "contains": "array", "minItems": "array", "uniqueItems": "array",
    "pattern": "string", "minLength": "string", "maxLength": "string", "format": "string",
    "minimum": "number", "maximum": "number", "exclusiveMinimum": "number", "exclusiveMaximum": "number",
    "multipleOf": "number",
}  # fmt: skip


class Unmakeable(Exception):
    """No valid value was found; `nearest` is the last attempt, the message the validator's first reason."""

    def __init__(self, reason: str, nearest: Any) -> None:
        super().__init__(reason)
        self.nearest = nearest


class Maker:
    """Makes values for the schemas of a document in which references are `#/...`."""

    def __init__(self, schemas: Schemas, seed: int = 0) -> None:
        self._schemas = schemas
        self._seed = seed

    def make(self, path: Path, key: str) -> Any:
        """A valid value for the schema at a path; `key` chooses which, always the same one.

        Raises:
            Unmakeable: every attempt broke the schema.
        """
        reasons: Sequence[str] = ()
        value: Any = None
        for attempt in range(_TRIES):
            random = Random(f"{self._seed}:{key}:{attempt}")  # noqa: S311 - stable data, no secret
            walk = _Walk(self._schemas, random, examples=attempt * 3 < _TRIES, plain=attempt * 3 >= 2 * _TRIES)
            value = walk.value(self._schemas.node(path), 0)
            reasons = self._schemas.errors(path, value)
            if not reasons:
                return value
        raise Unmakeable(reasons[0], value)


class _Walk:
    """One attempt: with declared examples or without; a `plain` one makes only what is required."""

    def __init__(self, schemas: Schemas, random: Random, *, examples: bool, plain: bool) -> None:
        self._schemas = schemas
        self._random = random
        self._take_examples = examples
        self._plain = plain

    def value(self, schema: Any, depth: int) -> Any:
        if not isinstance(schema, Mapping) or depth > _BOTTOM:
            return {}
        schema = self._merged(schema, deep=depth >= _DEEPEST)
        if depth >= _DEEPEST and "null" in schema.get("type", ()):
            return None
        if "const" in schema and schema["const"] in (schema.get("enum") or [schema["const"]]):
            return schema["const"]
        if self._take_examples:
            for example in _examples(schema):
                return example
        if schema.get("enum"):
            return self._random.choice(schema["enum"])
        return self._of_type(self._type(schema), schema, depth)

    def _of_type(self, kind: str, schema: Mapping[str, Any], depth: int) -> Any:
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth)
            case "string":
                return make_text(schema, self._random)
            case "integer":
                return self._number(schema, integer=True)
            case "number":
                return self._number(schema, integer=False)
            case "boolean":
                return self._random.random() < 0.5
            case "null":
                return None
        return {}

    def _type(self, schema: Mapping[str, Any]) -> str:
        declared = schema.get("type")
        if isinstance(declared, str):
            return declared
        if isinstance(declared, list) and declared:
            return next((one for one in declared if one != "null"), "null")
        return next((kind for keyword, kind in _KEYWORD_TYPES.items() if keyword in schema), "any")

    def _merged(self, schema: Mapping[str, Any], *, deep: bool = False) -> Mapping[str, Any]:
        """References followed, `allOf` laid over each other, one alternative of each `oneOf` and `anyOf` taken."""
        result: dict[str, Any] = {}
        for part in self._parts(schema, set(), deep):
            for key, value in part.items():
                result[key] = _joined(key, result[key], value) if key in result else value
        return result

    def _parts(self, schema: Any, seen: set[str], deep: bool) -> Iterator[Mapping[str, Any]]:
        if not isinstance(schema, Mapping):
            return
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            yield from self._parts(self._schemas.lookup(reference), {*seen, reference}, deep)
        yield {key: value for key, value in schema.items() if key not in ("$ref", "allOf", "oneOf", "anyOf")}
        for part in schema.get("allOf", ()):
            yield from self._parts(part, seen, deep)
        for keyword in ("oneOf", "anyOf"):
            choices = [one for one in schema.get(keyword, ()) if _is_null(one) == (deep and _ends(schema, keyword))]
            if choices:
                place = 0 if self._random.random() < 0.5 else self._random.randrange(len(choices))
                yield from self._parts(choices[place], seen, deep)
                yield from self._discriminated(schema, choices[place])

    def _discriminated(self, schema: Mapping[str, Any], choice: Any) -> Iterator[Mapping[str, Any]]:
        discriminator = schema.get("discriminator")
        reference = choice.get("$ref") if isinstance(choice, Mapping) else None
        if not isinstance(discriminator, Mapping) or not isinstance(reference, str):
            return
        mapping = discriminator.get("mapping", {})
        name = reference.rpartition("/")[2]
        value = next((key for key, target in mapping.items() if target in (reference, name)), name)
        property_name = discriminator["propertyName"]
        yield {"properties": {property_name: {"const": value}}, "required": [property_name]}

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties: Mapping[str, Any] = schema.get("properties", {})
        required = [*schema.get("required", ())]
        wanted = required if self._plain or depth >= _DEEPEST else [*properties, *required]
        made: dict[str, Any] = {}
        others = schema.get("additionalProperties", {})
        for name in dict.fromkeys(wanted):
            inner = properties.get(name, others)
            if inner is False or (depth >= _DEEPEST and name not in required):
                continue
            if name not in required and depth > 2 and self._is_deep(inner):
                continue
            made[name] = self.value(inner, depth + 1)
        least = min(int(schema.get("minProperties", 0)), _LONGEST)
        most = int(schema.get("maxProperties", len(made) + least))
        for name in properties:
            if len(made) < least and properties[name] is not False and name not in made:
                made[name] = self.value(properties[name], depth + 1)
        self._extra(schema, made, least, depth)
        for name in [name for name in reversed(made) if name not in required]:
            if len(made) > most:
                del made[name]
        return made

    def _extra(self, schema: Mapping[str, Any], made: dict[str, Any], least: int, depth: int) -> None:
        """Members without a name in the contract: as many as are asked for, one where their type is told."""
        others = schema.get("additionalProperties", {})
        patterns: Mapping[str, Any] = schema.get("patternProperties", {})
        is_map = isinstance(others, Mapping) and bool(others) and not schema.get("properties")
        if is_map and not made and depth < _DEEPEST and not self._plain:
            least = max(least, 1)
        names = schema.get("propertyNames")
        for number in count():
            if len(made) >= least or number > least + 20:
                return
            if patterns:
                pattern, inner = next(iter(patterns.items()))
                name = make_text({"pattern": pattern}, self._random)
            elif isinstance(names, Mapping):
                name, inner = str(self.value(names, depth + 1)), others
            else:
                name, inner = f"key{len(made) + 1}", others
            if inner is not False:
                made.setdefault(name, self.value(inner, depth + 1))

    def _array(self, schema: Mapping[str, Any], depth: int) -> list[Any]:
        made = [self.value(one, depth + 1) for one in schema.get("prefixItems", ())]
        least = min(int(schema.get("minItems", 0)), _LONGEST)
        most = int(schema.get("maxItems", _LONGEST))
        if "contains" in schema:
            least_contained = min(int(schema.get("minContains", 1)), _LONGEST)
            made += [self.value(schema["contains"], depth + 1) for _ in range(least_contained)]
        items = schema.get("items", {})
        wanted = least if self._plain or depth >= _DEEPEST - 2 or items is False else max(least, 1 if made else 2)
        unique = bool(schema.get("uniqueItems"))
        for _ in range(wanted * 5 + 5):
            if len(made) >= min(wanted, most) or items is False:
                break
            one = self._item(items, depth, len(made), unique=unique)
            if not unique or one not in made:
                made.append(one)
        return made[:most]

    def _item(self, items: Any, depth: int, place: int, *, unique: bool) -> Any:
        if unique and place and isinstance(items, Mapping):
            # The declared example stands first; it cannot stand twice.
            return _Walk(self._schemas, self._random, examples=False, plain=self._plain).value(items, depth + 1)
        return self.value(items, depth + 1)

    def _is_deep(self, schema: Any) -> bool:
        return self._type(self._merged(schema)) in ("object", "array") if isinstance(schema, Mapping) else False

    def _number(self, schema: Mapping[str, Any], *, integer: bool) -> int | float:
        step = schema.get("multipleOf")
        low, high = _bounds(schema, integer=integer)
        if step:
            first, last = math.ceil(low / step), math.floor(high / step)
            chosen = self._random.randint(first, max(first, min(last, first + 1000))) * step
            return int(chosen) if integer else chosen
        if integer:
            return self._random.randint(math.ceil(low), max(math.ceil(low), math.floor(high)))
        return round(self._random.uniform(low, high), 2) if high - low > 1 else (low + high) / 2


def _bounds(schema: Mapping[str, Any], *, integer: bool) -> tuple[float, float]:
    gap = 1 if integer else 1e-6
    lows = [schema["minimum"]] if "minimum" in schema else []
    lows += [schema["exclusiveMinimum"] + gap] if "exclusiveMinimum" in schema else []
    highs = [schema["maximum"]] if "maximum" in schema else []
    highs += [schema["exclusiveMaximum"] - gap] if "exclusiveMaximum" in schema else []
    low = max(lows) if lows else min(1, *highs) if highs else 1
    high = min(highs) if highs else max(low + 999, 1000)
    return low, min(high, low + 10**6)


def _examples(schema: Mapping[str, Any]) -> Iterator[Any]:
    examples = schema.get("examples")
    if isinstance(examples, list):
        yield from examples
    if "example" in schema:
        yield schema["example"]
    if "default" in schema:
        yield schema["default"]


def _joined(key: str, first: Any, second: Any) -> Any:
    """The stricter of two values of one keyword, as far as that can be said."""
    match key:
        case "properties" | "patternProperties":
            merged = dict(first)
            for name, schema in second.items():
                merged[name] = {"allOf": [merged[name], schema]} if name in merged else schema
            return merged
        case "required":
            return [*first, *(name for name in second if name not in first)]
        case "minimum" | "exclusiveMinimum" | "minLength" | "minItems" | "minProperties":
            return max(first, second)
        case "maximum" | "exclusiveMaximum" | "maxLength" | "maxItems" | "maxProperties":
            return min(first, second)
        case "enum":
            return [one for one in first if one in second] or second
        case "type":
            kinds = [set([one] if isinstance(one, str) else one) for one in (first, second)]
            common = kinds[0] & kinds[1]
            return sorted(common) if common else second
        case "examples" | "example":
            return first
    return second


def _ends(schema: Mapping[str, Any], keyword: str) -> bool:
    """Whether null is among the alternatives: there a recursion can end."""
    return any(_is_null(one) for one in schema[keyword])


def _is_null(schema: Any) -> bool:
    return isinstance(schema, Mapping) and schema.get("type") == "null"
