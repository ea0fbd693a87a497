"""A bundled contract as the house rules look at it: operations with what they refer to, schemas with their use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote

from tallystick.spec.errors import Position
from tallystick.spec.grammar import SECTIONS, Kind, Place, children, operations_of, walk
from tallystick.spec.nodes import Object, key_position
from tallystick.spec.pointers import child, look_up


@dataclass(frozen=True, eq=False)
class Part:
    """An object as used: `node` has references followed, `pointer` leads to its use, `origin` to itself."""

    node: Mapping[str, Any]
    pointer: str
    origin: str


@dataclass(frozen=True, eq=False)
class Operation:
    path: str
    method: str
    node: Mapping[str, Any]
    pointer: str
    position: Position | None
    parameters: tuple[Part, ...]
    body: Part | None
    responses: Mapping[str, Part]
    security: tuple[Mapping[str, Any], ...]
    extensions: Mapping[str, Any]
    """Extensions of the operation, else of its path, else of the document."""

    @property
    def success(self) -> dict[str, Part]:
        return {status: part for status, part in self.responses.items() if status.startswith("2")}

    @property
    def errors(self) -> dict[str, Part]:
        return {status: part for status, part in self.responses.items() if status[0] in "45"}

    @property
    def requires_login(self) -> bool:
        return bool(self.security) and all(self.security)

    @property
    def has_input(self) -> bool:
        return bool(self.parameters or self.body or self.extensions.get("x-closed-query"))

    def header(self, name: str) -> Part | None:
        """The header parameter of that name."""
        return next(
            (
                each
                for each in self.parameters
                if each.node.get("in") == "header" and str(each.node.get("name")).lower() == name.lower()
            ),
            None,
        )


class View:
    """Answers of one contract to the questions that rules ask; `extensions` is the schema of allowed `x-` fields."""

    def __init__(self, bundled: Object, extensions: Mapping[str, Any] | None = None) -> None:
        self.bundled = bundled
        self.extensions = extensions

    @cached_property
    def places(self) -> tuple[Place, ...]:
        return tuple(walk(self.bundled))

    @cached_property
    def components(self) -> Mapping[str, Any]:
        return mapping(self.bundled.get("components"))

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        return tuple(self._operations())

    @cached_property
    def schemas(self) -> tuple[Place, ...]:
        """Every schema that is written out, once."""
        return tuple(each for each in self.places if each.kind is Kind.SCHEMA and isinstance(each.node, dict))

    def part(self, node: Any, pointer: str) -> Part:
        """Follows references; an empty object where they lead nowhere."""
        origin, seen = pointer, set()
        while isinstance(node, dict) and isinstance(node.get("$ref"), str) and node["$ref"] not in seen:
            seen.add(node["$ref"])
            origin = unquote(node["$ref"]).removeprefix("#")
            try:
                node = look_up(self.bundled, origin)
            except KeyError:
                node = {}
        return Part(mapping(node), pointer, origin)

    def _operations(self) -> Iterator[Operation]:
        for path, item in mapping(self.bundled.get("paths")).items():
            for method, keys, node in operations_of(item):
                yield self._operation(path, method.lower() if len(keys) == 1 else method, keys, item, node)

    def _operation(
        self, path: str, method: str, keys: tuple[str, ...], item: Mapping[str, Any], node: Mapping[str, Any]
    ) -> Operation:
        above = child("/paths", path)
        pointer = child(above, *keys)
        inherited = (self.bundled, item, node)
        responses = mapping(node.get("responses"))
        body = node.get("requestBody")
        return Operation(
            path=path,
            method=method,
            node=node,
            pointer=pointer,
            position=key_position(item if len(keys) == 1 else item[keys[0]], keys[-1]),
            parameters=self._parameters(item, above, node, pointer),
            body=self.part(body, child(pointer, "requestBody")) if body is not None else None,
            responses={
                status: self.part(each, child(pointer, "responses", status))
                for status, each in responses.items()
                if not status.startswith("x-")
            },
            security=tuple(mapping(each) for each in items(node.get("security", self.bundled.get("security")))),
            extensions={key: each[key] for each in inherited for key in each if key.startswith("x-")},
        )

    def _parameters(self, item: Mapping[str, Any], above: str, node: Any, pointer: str) -> tuple[Part, ...]:
        """Of the path and of the operation, which replaces those of the same name and location."""
        found: dict[tuple[Any, Any], Part] = {}
        for holder, where in ((item, above), (node, pointer)):
            for index, each in enumerate(items(holder.get("parameters"))):
                part = self.part(each, child(where, "parameters", index))
                found[part.node.get("in"), part.node.get("name")] = part
        return tuple(found.values())

    @cached_property
    def request_schemas(self) -> frozenset[int]:
        """The `id` of every schema that judges what a client sends outside of headers."""
        starts: list[Place] = []
        for operation in self.operations:
            if operation.body:
                starts.append(Place(operation.body.node, Kind.REQUEST_BODY, operation.body.origin))
            starts += [
                Place(each.node, Kind.PARAMETER, each.origin)
                for each in operation.parameters
                if each.node.get("in") != "header"
            ]
        return frozenset(id(each.node) for each in self.reachable(starts) if each.kind is Kind.SCHEMA)

    def reachable(self, starts: list[Place]) -> Iterator[Place]:
        """Everything below these places, references followed, each object once."""
        seen: set[tuple[int, Kind]] = set()
        stack = list(reversed(starts))
        while stack:
            place = stack.pop()
            if (id(place.node), place.kind) in seen:
                continue
            seen.add((id(place.node), place.kind))
            yield place
            stack.extend(reversed(list(children(place))))
            if place.kind in SECTIONS and isinstance(place.node, dict) and isinstance(place.node.get("$ref"), str):
                target = self.part(place.node, place.pointer)
                stack.append(Place(target.node, place.kind, target.origin))


def mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
