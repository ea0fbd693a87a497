"""`$id`, `$anchor` and dynamic references of one file, said by JSON pointers, so that nothing after this knows them.

JSON Schema 2020-12, core, sections 8.2 and 9: `$id` starts a resource whose references are relative to its URI, anchors
are names within a resource, and `$dynamicRef` leads to the outermost resource on the way that has the dynamic anchor.
Where that way makes a difference, the schema is written once for each: a copy among the components.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urljoin

from tallystick.spec.errors import Diagnostic
from tallystick.spec.grammar import Kind, Place, children, walk
from tallystick.spec.names import pascal
from tallystick.spec.nodes import Array, Object, copy_object, copy_value, position_of
from tallystick.spec.pointers import child, look_up, split

_FILE = "https://contract.invalid/"
_KEYWORDS = ("$id", "$anchor", "$dynamicAnchor", "$dynamicRef")
Scope = frozenset[tuple[str, str]]
"""The schema that each dynamic anchor means on the way here."""


@dataclass
class _Resource:
    """A schema with a URI of its own, or the file; anchors lead to pointers."""

    uri: str
    pointer: str
    anchors: dict[str, str] = field(default_factory=dict)
    dynamic: dict[str, str] = field(default_factory=dict)

    def scope(self, outer: Scope) -> Scope:
        """What dynamic anchors mean inside: what an outer resource says holds."""
        known = {name for name, _ in outer}
        return outer | {(name, pointer) for name, pointer in self.dynamic.items() if name not in known}


def localise(root: Object, kind: Kind) -> list[Diagnostic]:
    """Rewrites a file in place, and says what is named twice in it."""
    if any(_speaks(place) for place in walk(root, kind)):
        return _Localiser(root, kind).run()
    return []


def _speaks(place: Place) -> bool:
    return place.kind is Kind.SCHEMA and isinstance(place.node, dict) and not place.node.keys().isdisjoint(_KEYWORDS)


class _Localiser:
    def __init__(self, root: Object, kind: Kind) -> None:
        self._root = root
        self._kind = kind
        self._written = copy_object(root)
        self._diagnostics: list[Diagnostic] = []
        self._file = _Resource(_FILE, "")
        self._resources = {_FILE: self._file}
        self._within: dict[str, _Resource] = {}
        self._copies: dict[tuple[str, Scope], str] = {}
        self._needs: dict[str, frozenset[str]] = {}
        self._index()

    def run(self) -> list[Diagnostic]:
        self._rewrite(Place(self._root, self._kind, ""), self._file, self._file.scope(frozenset()))
        return self._diagnostics

    def _index(self) -> None:
        stack = [(Place(self._written, self._kind, ""), self._file)]
        while stack:
            place, resource = stack.pop()
            node = place.node
            if place.kind is Kind.SCHEMA and isinstance(node, dict):
                resource = self._resource(place, resource)
                self._within[place.pointer] = resource
                for keyword in ("$anchor", "$dynamicAnchor"):
                    name = node.get(keyword)
                    if isinstance(name, str):
                        self._name(resource, name, place, keyword)
            stack.extend((each, resource) for each in reversed(list(children(place))))

    def _resource(self, place: Place, outer: _Resource) -> _Resource:
        if not isinstance(place.node.get("$id"), str):
            return outer
        uri = _absolute(outer.uri, place.node["$id"]).partition("#")[0]
        if uri in self._resources:
            self._twice(place, "$id", uri)
        return self._resources.setdefault(uri, _Resource(uri, place.pointer))

    def _name(self, resource: _Resource, name: str, place: Place, keyword: str) -> None:
        if resource.anchors.setdefault(name, place.pointer) != place.pointer:
            self._twice(place, keyword, name)
        elif keyword == "$dynamicAnchor":
            resource.dynamic[name] = place.pointer

    def _twice(self, place: Place, keyword: str, name: str) -> None:
        message = f'`{keyword}` "{name}" names two schemas'
        where = position_of(place.node, keyword)
        self._diagnostics.append(Diagnostic("schema-identity", message, where, place.pointer, "rename one of them"))

    def _rewrite(self, start: Place, resource: _Resource, scope: Scope) -> None:
        stack = [(start, resource, scope)]
        while stack:
            place, resource, scope = stack.pop()
            node = place.node
            below = list(children(place))
            if place.kind is Kind.SCHEMA and isinstance(node, dict):
                here = self._within.get(place.pointer, resource)
                if here is not resource:
                    resource, scope = here, here.scope(scope)
                self._rewrite_one(node, resource, scope)
            stack.extend((each, resource, scope) for each in reversed(below))

    def _rewrite_one(self, node: Any, resource: _Resource, scope: Scope) -> None:
        if isinstance(node.get("$ref"), str):
            node["$ref"] = self._written_as(node["$ref"], resource, scope, dynamic=False)
        if isinstance(node.get("$dynamicRef"), str):
            reference = self._written_as(node.pop("$dynamicRef"), resource, scope, dynamic=True)
            if "$ref" in node:
                part = Object({"$ref": reference}, marks=getattr(node, "marks", None))
                node["allOf"] = Array([*node.get("allOf", ()), part])
            else:
                node["$ref"] = reference
        for keyword in ("$id", "$anchor", "$dynamicAnchor"):
            if isinstance(node.get(keyword), str):
                del node[keyword]

    def _written_as(self, reference: str, resource: _Resource, scope: Scope, *, dynamic: bool) -> str:
        """The reference as a pointer within the file, or as it was where it leads elsewhere."""
        pointer = self._target(reference, resource)
        if pointer is None:
            return reference
        if dynamic:
            pointer = self._outermost(reference, pointer, scope)
        target = self._within.get(pointer)
        inner = scope if target is None else target.scope(scope)
        return "#" + _percent(self._copy(pointer, inner))

    def _target(self, reference: str, resource: _Resource) -> str | None:
        uri, _, fragment = _absolute(resource.uri, reference).partition("#")
        found = self._resources.get(uri)
        if found is None:
            return None
        fragment = unquote(fragment)
        if not fragment:
            return found.pointer
        if not fragment.startswith("/"):
            return found.anchors.get(fragment)
        # A pointer that misses its resource, but fits the file, was meant for the file.
        return next((each for each in (found.pointer + fragment, fragment) if self._exists(each)), None)

    def _exists(self, pointer: str) -> bool:
        try:
            look_up(self._written, pointer)
        except KeyError:
            return False
        return True

    def _outermost(self, reference: str, pointer: str, scope: Scope) -> str:
        name = unquote(reference.partition("#")[2])
        target = self._within.get(pointer)
        if target is None or target.dynamic.get(name) != pointer:
            return pointer
        return dict(scope).get(name, pointer)

    def _copy(self, pointer: str, scope: Scope) -> str:
        """Where the schema stands that means this one on this way."""
        needs = self._needed(pointer)
        wanted = frozenset(each for each in scope if each[0] in needs)
        if wanted == frozenset(each for each in self._lexical(pointer) if each[0] in needs):
            return pointer
        if (pointer, wanted) not in self._copies:
            node = copy_value(look_up(self._written, pointer))
            place = self._place(pointer, wanted)
            self._copies[pointer, wanted] = place.pointer
            place.parent[place.key] = node
            self._rewrite_copy(pointer, node, scope)
        return self._copies[pointer, wanted]

    def _rewrite_copy(self, pointer: str, node: Any, scope: Scope) -> None:
        """The pointers of the original say which resources are inside of a copy."""
        self._rewrite(Place(node, Kind.SCHEMA, pointer), self._within[pointer], scope)

    def _place(self, pointer: str, scope: Scope) -> Place:
        """A free place for a copy, named after the original and what its dynamic anchors mean."""
        if self._kind is Kind.DOCUMENT:
            components = self._root.setdefault("components", Object())
            container, base = components.setdefault("schemas", Object()), "/components/schemas"
        else:
            container, base = self._root.setdefault("$defs", Object()), "/$defs"
        meanings = "".join(dict.fromkeys(pascal(split(each)[-1]) for _, each in sorted(scope) if each))
        name = f"{pascal((split(pointer) or ('Schema',))[-1])}Of{meanings}"
        while name in container:
            name += "Inline"
        return Place(None, Kind.SCHEMA, child(base, name), container, name)

    def _lexical(self, pointer: str) -> Scope:
        """The scope in which a schema stands where it is written."""
        scope = self._file.scope(frozenset())
        tokens = split(pointer)
        for length in range(1, len(tokens) + 1):
            found = self._within.get(child("", *tokens[:length]))
            scope = scope if found is None else found.scope(scope)
        return scope

    def _needed(self, pointer: str) -> frozenset[str]:
        """The dynamic anchors that references near and far from a schema ask for."""
        if pointer not in self._needs:
            found: set[str] = set()
            seen: set[str] = set()
            pending = [pointer]
            while pending:
                here = pending.pop()
                if here not in seen:
                    seen.add(here)
                    pending += self._mentioned(here, found)
            self._needs[pointer] = frozenset(found)
        return self._needs[pointer]

    def _mentioned(self, pointer: str, found: set[str]) -> Iterator[str]:
        for place in walk(look_up(self._written, pointer), Kind.SCHEMA, pointer):
            node: Mapping[str, Any] = place.node if isinstance(place.node, dict) else {}
            for keyword in ("$ref", "$dynamicRef"):
                reference = node.get(keyword) if place.kind is Kind.SCHEMA else None
                target = self._target(reference, self._within[place.pointer]) if isinstance(reference, str) else None
                if target is None or not isinstance(reference, str):
                    continue
                yield target
                name = unquote(reference.partition("#")[2])
                if keyword == "$dynamicRef":
                    found.add(name)
                    yield from (each.dynamic[name] for each in self._resources.values() if name in each.dynamic)


def _absolute(base: str, reference: str) -> str:
    """RFC 3986, section 5, also for URNs, which have fragments only."""
    if reference.startswith("#") or not reference:
        return base + reference
    return urljoin(base, reference)


def _percent(pointer: str) -> str:
    return pointer.replace("%", "%25")
