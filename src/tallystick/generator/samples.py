"""The smallest value of a schema: for error answers that say something, but not what the run time knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_PREFIX = "#/components/schemas/"
_DEEPEST = 8
_TEXTS = {
    "date-time": "2024-01-01T00:00:00Z",
    "date": "2024-01-01",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "uri": "https://example.com/",
    "email": "mail@example.com",
}
_GAP = 1


class Sampler:
    """Makes values for the schemas of a normalised document; whoever needs a valid one has to judge it."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self._schemas = schemas

    def merged(self, schema: Any, seen: frozenset[str] = frozenset()) -> dict[str, Any]:
        """References followed, `allOf` and the first of the alternatives laid over each other."""
        result: dict[str, Any] = {}
        if not isinstance(schema, Mapping):
            return result
        for part in self._parts(schema, seen):
            for key, value in part.items():
                if key == "properties":
                    result[key] = {**result.get(key, {}), **value}
                elif key == "required":
                    result[key] = [*result.get(key, ()), *value]
                else:
                    result.setdefault(key, value)
        return result

    def _parts(self, schema: Mapping[str, Any], seen: frozenset[str]) -> Iterator[Mapping[str, Any]]:
        yield schema
        name = str(schema.get("$ref", "")).removeprefix(_PREFIX)
        if name in self._schemas and name not in seen:
            yield self.merged(self._schemas[name], seen | {name})
        alternatives = [one for key in ("oneOf", "anyOf") for one in list(schema.get(key, ()))[:1]]
        for part in [*schema.get("allOf", ()), *alternatives]:
            yield self.merged(part, seen)

    def sample(self, schema: Any, depth: int = 0) -> Any:
        """Examples where there are some; of an object its required members, or all if it requires none."""
        node = self.merged(schema)
        for key in ("const", "default", "example"):
            if key in node:
                return node[key]
        for key in ("examples", "enum"):
            if isinstance(node.get(key), list) and node[key]:
                return node[key][0]
        kind = node.get("type", "object" if "properties" in node else "string")
        if isinstance(kind, list):
            kind = next((one for one in kind if one != "null"), "null")
        match kind:
            case "object":
                return self._object(node, depth)
            case "array":
                count = max(int(node.get("minItems", 0)), 1 if depth < _DEEPEST else 0)
                return [self.sample(node.get("items", {}), depth + 1) for _ in range(min(count, 100))]
            case "string":
                return _text(node)
            case "integer" | "number":
                return _number(node)
            case "boolean":
                return False
        return None

    def _object(self, node: Mapping[str, Any], depth: int) -> dict[str, Any]:
        properties = node.get("properties", {})
        others = node.get("additionalProperties", {})
        names = dict.fromkeys(node.get("required", ())) or (properties if depth < _DEEPEST else {})
        made = {name: self.sample(properties.get(name, others), depth + 1) for name in names}
        if not made and isinstance(others, Mapping) and others and depth < _DEEPEST:
            made["error"] = self.sample(others, depth + 1)
        return made


def _text(node: Mapping[str, Any]) -> str:
    text = _TEXTS.get(str(node.get("format", "")), "error")
    text = text.ljust(int(node.get("minLength", 0)), ".")
    return text[: int(node["maxLength"])] if "maxLength" in node else text


def _number(node: Mapping[str, Any]) -> Any:
    low, high = node.get("minimum"), node.get("maximum")
    if low is None and "exclusiveMinimum" in node:
        low = node["exclusiveMinimum"] + _GAP
    if high is None and "exclusiveMaximum" in node:
        high = node["exclusiveMaximum"] - _GAP
    return low if low is not None else min(0, high) if high is not None else 0
