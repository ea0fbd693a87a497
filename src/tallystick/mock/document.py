"""A contract as the mock reads it: in the words of 3.1, its schemas turned towards answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from tallystick.runtime.answer_schemas import turned_to_answers
from tallystick.runtime.operation import Operation
from tallystick.runtime.schemas import Path, Schemas
from tallystick.spec.dialect import modernise
from tallystick.spec.grammar import Kind, walk
from tallystick.spec.nodes import Object, copy_object, copy_value
from tallystick.spec.pointers import look_up
from tallystick.spec.servers import concrete_bases

_LONGEST_CHAIN = 20


@dataclass(frozen=True, slots=True)
class Declared:
    """A declared response: its key (`200`, `4XX`, `default`), where it stands, and what it says."""

    key: str
    path: Path
    node: Mapping[str, Any]

    @property
    def content(self) -> Mapping[str, Any]:
        """Media types of the body."""
        found: Mapping[str, Any] = self.node.get("content") or {}
        return found


class MockDocument:
    """What the contract declares of answers. Properties that are `writeOnly` do not exist in them."""

    def __init__(self, bundled: Object) -> None:
        document = copy_object(bundled)
        modernise(document)
        _put_media_types(document)
        self.root: dict[str, Any] = turned_to_answers(document)
        self.schemas = Schemas(self.root)

    def responses(self, operation: Operation) -> dict[str, Declared]:
        """The declared responses of an operation by key, in the contract's order."""
        path: Path = (*self.schemas.operation(operation.path, operation.method), "responses")
        found: dict[str, Declared] = {}
        for key in self.schemas.node(path):
            if not key.startswith("x-"):
                place = self.schemas.follow((*path, key))
                found[key.upper() if key != "default" else key] = Declared(key, place, self.schemas.node(place))
        return found

    def response(self, operation: Operation, status: int) -> Declared | None:
        """What is declared for a status: itself, its range, `default`."""
        declared = self.responses(operation)
        keys = (str(status), f"{status // 100}XX", "default")
        return next((declared[key] for key in keys if key in declared), None)

    def merged(self, schema: Any) -> Mapping[str, Any]:
        """A schema with references followed and what it is composed of laid over it."""
        found: dict[str, Any] = {}
        for part in self._parts(schema, frozenset()):
            for key, value in part.items():
                if key == "properties":
                    found[key] = {**value, **found.get(key, {})}
                else:
                    found.setdefault(key, value)
        return found

    def request_properties(self, operation: Operation, *, wrapped: bool = False) -> dict[str, Mapping[str, Any]]:
        """What an object in the body of a request can have, by name; of the only one of these if it is `wrapped`."""
        node = self.schemas.node(("paths", operation.path, operation.method.lower()))
        if "requestBody" not in node:
            return {}
        place = self.schemas.follow(("paths", operation.path, operation.method.lower(), "requestBody"))
        found: dict[str, Mapping[str, Any]] = {}
        for media in (self.schemas.node(place).get("content") or {}).values():
            found |= self._properties(media.get("schema"))
        return self._properties(next(iter(found.values()))) if wrapped and len(found) == 1 else found

    def _properties(self, schema: Any) -> dict[str, Mapping[str, Any]]:
        return {
            name: one if isinstance(one, Mapping) else {}
            for part in self._parts(schema, frozenset())
            for name, one in part.get("properties", {}).items()
        }

    def without_write_only(self, value: Any, schema: Any, depth: int = 0) -> Any:
        """A value as an answer may show it."""
        if depth > 40 or not isinstance(schema, Mapping):
            return value
        for part in self._parts(schema, frozenset()):
            value = self._shown(value, part, depth)
        return value

    def _shown(self, value: Any, schema: Mapping[str, Any], depth: int) -> Any:
        properties: Mapping[str, Any] = schema.get("properties", {})
        if isinstance(value, dict):
            others = schema.get("additionalProperties", {})
            return {
                name: self.without_write_only(one, properties.get(name, others), depth + 1)
                for name, one in value.items()
                if properties.get(name) is not False
            }
        if isinstance(value, list):
            return [self.without_write_only(one, schema.get("items", {}), depth + 1) for one in value]
        return value

    def _parts(self, schema: Any, seen: frozenset[str]) -> Iterator[Mapping[str, Any]]:
        if not isinstance(schema, Mapping):
            return
        yield schema
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            yield from self._parts(self.schemas.lookup(reference), seen | {reference})
        for keyword in ("allOf", "oneOf", "anyOf"):
            for one in schema.get(keyword, ()):
                yield from self._parts(one, seen)


def here(bundled: Object) -> Object:
    """The contract with the mock for its servers: each at the paths it has, so that what is tried reaches the mock."""
    document = copy_object(bundled)
    holders = [place.node for place in walk(document) if place.kind in (Kind.PATH_ITEM, Kind.OPERATION)]
    for holder in [document, *(each for each in holders if isinstance(each, Object) and each.get("servers"))]:
        holder["servers"] = [{"url": base or "/"} for base in concrete_bases(holder.get("servers"))]
    return document


def _put_media_types(document: Object) -> None:
    """Media types that are references (OpenAPI 3.2) become what they name."""
    for place in list(walk(document)):
        for _ in range(_LONGEST_CHAIN):
            node = place.parent[place.key] if place.kind is Kind.MEDIA_TYPE else None
            if not isinstance(node, Object) or not isinstance(node.get("$ref"), str):
                break
            place.parent[place.key] = copy_value(look_up(document, unquote(node["$ref"])))
