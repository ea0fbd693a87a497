"""Finds the operation of a request: a tree over path segments, built once from the contract."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import quote, unquote

from starlette.types import Scope

from tallystick.runtime.call import Call
from tallystick.runtime.operation import Operation
from tallystick.runtime.reply import Reply
from tallystick.runtime.warmup import Prepared

Carry = Callable[[Call], Awaitable[Reply]]

_PARAMETER = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An operation and the coroutine that carries it out; `parts` are what that uses, compiled on first use."""

    operation: Operation
    carry: Carry
    parts: tuple[Prepared, ...] = ()


@dataclass(slots=True)
class Resource:
    """Everything declared at one path: its operations by method, and the complete `Allow`."""

    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    allow: str = ""

    def add(self, endpoint: Endpoint) -> None:
        """Declare one more method here.

        Raises:
            ValueError: two operations share method and path.
        """
        method = endpoint.operation.method
        if method in self.endpoints:
            raise ValueError(f"two operations for {method} {endpoint.operation.path}")
        self.endpoints[method] = endpoint
        methods = dict.fromkeys([*self.endpoints, "OPTIONS"])
        if "GET" in methods:
            methods["HEAD"] = None
        self.allow = ", ".join(sorted(methods))

    def add_first(self, endpoint: Endpoint) -> None:
        """Declare one more method here, unless it is declared already."""
        if endpoint.operation.method not in self.endpoints:
            self.add(endpoint)

    def endpoint(self, method: str) -> Endpoint | None:
        """The operation that answers a method; HEAD is answered by GET's (RFC 9110, section 9.3.2)."""
        found = self.endpoints.get(method)
        return self.endpoints.get("GET") if found is None and method == "HEAD" else found


@dataclass(frozen=True, slots=True)
class Match:
    """A resource, and the values of its path parameters: decoded, and as they were sent."""

    resource: Resource
    path_values: Mapping[str, str]
    raw_path_values: Mapping[str, str]


@dataclass(slots=True)
class _Node:
    static: dict[str, _Node] = field(default_factory=dict)
    templates: list[tuple[_Template, _Node]] = field(default_factory=list)
    resource: Resource | None = None


class _Template:
    """A segment with parameters: `{id}`, `{a}.{b}`, `v{n}:run`."""

    __slots__ = ("names", "regex", "whole")

    def __init__(self, segment: str) -> None:
        self.names = _PARAMETER.findall(segment)
        pieces = _PARAMETER.split(segment)
        self.whole = len(self.names) == 1 and pieces[0] == pieces[2] == ""
        # Odd pieces are names; every parameter takes at least one character, as few as fit.
        pattern = "".join("(.+?)" if i % 2 else re.escape(piece) for i, piece in enumerate(pieces))
        self.regex = re.compile(pattern, re.DOTALL)

    def match(self, segment: str, raw: str) -> Iterable[tuple[str, str, str]] | None:
        """Name, decoded value and raw value of each parameter."""
        if self.whole:
            return ((self.names[0], segment, raw),)
        # What the client encoded belongs to a value, unless it encoded all.
        found = self.regex.fullmatch(raw)
        if found is not None:
            return [
                (name, unquote(one, errors="strict"), one) for name, one in zip(self.names, found.groups(), strict=True)
            ]
        found = None if raw == segment else self.regex.fullmatch(segment)
        if found is None:
            return None
        return [(name, one, quote(one, safe="")) for name, one in zip(self.names, found.groups(), strict=True)]


class RouteTree:
    """Static segments win over templates, as OpenAPI asks (3.1, section 4.8.8.1); with backtracking.

    Each operation stands below the base paths of its servers. `also` are base paths below which every operation can be
    found too, where the contract itself has nothing.

    Raises:
        ValueError: two operations share method and path.
    """

    def __init__(self, endpoints: Iterable[Endpoint], also: Iterable[str] = ()) -> None:
        self.endpoints = tuple(endpoints)
        self._root = _Node()
        self._spare = _Node()
        more = tuple(dict.fromkeys(also))
        for endpoint in self.endpoints:
            for base in endpoint.operation.bases:
                _place(self._root, base, endpoint).add(endpoint)
            for base in more:
                if base not in endpoint.operation.bases:
                    _place(self._spare, base, endpoint).add_first(endpoint)
        self._has_spare = bool(self._spare.static or self._spare.templates)

    def find(self, raw_path: str) -> Match | None:
        """Match a path that is still percent-encoded; segments are split before they are decoded.

        Raises:
            UnicodeDecodeError: the path matches nowhere because it is not percent-encoded UTF-8.
        """
        segments = raw_segments = _split(raw_path)
        values: dict[str, str] = {}
        raw_values = values
        if "%" in raw_path:
            segments = [unquote(segment, errors="strict") for segment in segments]
            raw_values = {}
        way = _Way(segments, raw_segments, values, raw_values)
        resource = _walk(self._root, way, 0)
        if resource is None and self._has_spare:
            resource = _walk(self._spare, way, 0)
        return None if resource is None else Match(resource, values, raw_values)


class _Way(NamedTuple):
    """A path on its way down the tree, and what was found; without escapes raw and decoded are the same objects."""

    segments: list[str]
    raw_segments: list[str]
    values: dict[str, str]
    raw_values: dict[str, str]


def raw_path_of(scope: Scope) -> str:
    """The path below `root_path` as the client sent it, percent-encoding kept."""
    raw: bytes | None = scope.get("raw_path")
    path = scope["path"] if raw is None else raw.decode("latin-1")
    root: str = scope.get("root_path", "")
    return path.removeprefix(root) if root else path


def _split(path: str) -> list[str]:
    return path.split("/")[1:]


def _place(root: _Node, base: str, endpoint: Endpoint) -> Resource:
    """What is declared where an operation stands below a base path."""
    # A base path is part of a URL, so it may be percent-encoded; `{` and `}` cannot be meant then.
    above = [unquote(segment) if "{" not in segment else segment for segment in _split(base)]
    node = root
    for segment in [*above, *_split(endpoint.operation.path)]:
        node = _child(node, segment)
    if node.resource is None:
        node.resource = Resource()
    return node.resource


def _child(node: _Node, segment: str) -> _Node:
    if "{" not in segment:
        return node.static.setdefault(segment, _Node())
    template = _Template(segment)
    for known, child in node.templates:
        if known.regex.pattern == template.regex.pattern and known.names == template.names:
            return child
    child = _Node()
    node.templates.append((template, child))
    # More literal text is more specific: tried first.
    node.templates.sort(key=lambda pair: -len(pair[0].regex.pattern))
    return child


def _walk(node: _Node, way: _Way, index: int) -> Resource | None:
    if index == len(way.segments):
        return node.resource
    segment = way.segments[index]
    child = node.static.get(segment)
    if child is not None:
        resource = _walk(child, way, index + 1)
        if resource is not None:
            return resource
    if segment == "":
        return None
    for template, child in node.templates:
        found = template.match(segment, way.raw_segments[index])
        if found is not None:
            resource = _walk(child, way, index + 1)
            if resource is not None:
                for name, value, raw in found:
                    way.values[name] = value
                    way.raw_values[name] = raw
                return resource
    return None
