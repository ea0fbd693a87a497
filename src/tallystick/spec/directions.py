"""`readOnly` and `writeOnly` in both directions, said by schemas: what a direction does not have is the schema `false`.

JSON Schema validation, section 9.4: what is read-only is the server's to write, what is write-only never comes back.
So a property that is read-only is refused in requests and not required there, and the same for write-only in answers
(OpenAPI 3.0 says where `required` counts). A component that both directions use gets a twin for requests, `ItemInput`.
What webhooks and callbacks send counts as an answer: the server writes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tallystick.spec.grammar import METHODS, Kind, Place, children, walk
from tallystick.spec.names import class_name
from tallystick.spec.nodes import Array, Object, copy_object

_PREFIX = "#/components/schemas/"
_REQUEST, _ANSWER = "readOnly", "writeOnly"
_SUFFIX = "Input"
_DEEPEST = 30


def turn(document: Object) -> None:
    """Turns the schemas of a normalised document to where they are used, in place."""
    schemas: Object = document["components"]["schemas"]
    inline = list(_roots(document))
    marked = {name for name, schema in schemas.items() if _is_marked(schema, schemas)}
    if marked or any(_is_marked(place.node, schemas) for place, _ in inline):
        _Turner(schemas, marked, inline).run()


def _roots(document: Object) -> Iterator[tuple[Place, str]]:
    """The schemas of operations, and the words of what they do not have."""
    for section, incoming, outgoing in (("paths", _REQUEST, _ANSWER), ("webhooks", _ANSWER, _REQUEST)):
        for item in (document.get(section) or {}).values():
            yield from _of_item(item, incoming, outgoing)


def _of_item(item: Any, incoming: str, outgoing: str) -> Iterator[tuple[Place, str]]:
    for method in METHODS if isinstance(item, Object) else ():
        operation = item.get(method)
        if not isinstance(operation, Object):
            continue
        for key, kind, word in (
            ("requestBody", Kind.REQUEST_BODY, incoming),
            ("responses", Kind.OPERATION, outgoing),
            ("parameters", Kind.OPERATION, incoming),
        ):
            holder = operation.get(key) if kind is Kind.REQUEST_BODY else Object({key: operation.get(key)})
            yield from ((each, word) for each in _schemas_in(Place(holder, kind, "")))
        for callback in (operation.get("callbacks") or {}).values():
            for each in callback.values():
                yield from _of_item(each, outgoing, incoming)


def _schemas_in(start: Place) -> Iterator[Place]:
    stack = [start]
    while stack:
        place = stack.pop()
        if place.kind is Kind.SCHEMA:
            yield place
        else:
            stack.extend(children(place))


def _is_marked(schema: Any, schemas: Mapping[str, Any]) -> bool:
    """Whether a schema has properties, at any depth, that only one direction has; references are not followed."""
    return any(
        _lacks(each, word, schemas)
        for place in walk(schema, Kind.SCHEMA)
        if place.kind is Kind.SCHEMA and isinstance(place.node, dict)
        for each in place.node.get("properties", {}).values()
        for word in (_REQUEST, _ANSWER)
    )


def _lacks(schema: Any, word: str, schemas: Mapping[str, Any], depth: int = 0) -> bool:
    """Whether a property is read-only, or write-only; references and parts of it may say so."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return False
    if schema.get(word) is True:
        return True
    parts = list(schema.get("allOf", ()))
    name = str(schema.get("$ref", "")).removeprefix(_PREFIX)
    parts += [schemas[name]] if name in schemas else []
    return any(_lacks(part, word, schemas, depth + 1) for part in parts)


class _Turner:
    def __init__(self, schemas: Object, marked: set[str], inline: list[tuple[Place, str]]) -> None:
        self._schemas = schemas
        self._inline = inline
        # As it was written: what is turned loses its marks.
        self._written = {
            name: copy_object(each) if isinstance(each, Object) else each for name, each in schemas.items()
        }
        needs = {name: set(_mentioned(schema)) & schemas.keys() for name, schema in schemas.items()}
        self._needs = needs
        self._affected = {name for name in schemas if not marked.isdisjoint(self._closure([name]))}
        self._twins: dict[str, str] = {}

    def run(self) -> None:
        used = {
            word: self._closure(name for place, each in self._inline if each == word for name in _mentioned(place.node))
            for word in (_REQUEST, _ANSWER)
        }
        both = used[_REQUEST] & used[_ANSWER] & self._affected
        self._twins = {name: self._free(name) for name in sorted(both)}
        for name in sorted(self._affected & (used[_REQUEST] | used[_ANSWER])):
            if name in both:
                twin = copy_object(self._schemas[name])
                self._turn(twin, _REQUEST)
                self._schemas[self._twins[name]] = twin
            self._turn(self._schemas[name], _ANSWER if name in used[_ANSWER] else _REQUEST)
        for place, word in self._inline:
            self._turn(place.node, word)

    def _closure(self, names: Iterable[str]) -> set[str]:
        found: set[str] = set()
        pending = [name for name in names if name in self._needs]
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                pending += self._needs[name]
        return found

    def _free(self, name: str) -> str:
        twin = f"{class_name(name)}{_SUFFIX}"
        taken = {class_name(each) for each in self._schemas}
        while twin in taken:
            twin += "Inline"
        return twin

    def _turn(self, schema: Any, word: str) -> None:
        for place in list(walk(schema, Kind.SCHEMA)):
            node = place.node
            if place.kind is not Kind.SCHEMA or not isinstance(node, Object):
                continue
            name = str(node.get("$ref", "")).removeprefix(_PREFIX)
            if word == _REQUEST and name in self._twins:
                node["$ref"] = _PREFIX + self._twins[name]
            self._turn_properties(node, word)
        self._loosen(schema, word, frozenset())

    def _turn_properties(self, node: Object, word: str) -> None:
        properties = node.get("properties")
        if not isinstance(properties, Object):
            return
        for name in list(properties):
            if _lacks(properties[name], word, self._written):
                properties[name] = False

    def _loosen(self, node: Any, word: str, outer: frozenset[str]) -> None:
        """Nothing that the direction lacks is required, whatever part says so."""
        if not isinstance(node, Object):
            return
        lacking = outer | self._lacking(node, word, 0)
        if lacking and isinstance(node.get("required"), Array):
            node["required"] = Array([each for each in node["required"] if each not in lacking])
        for keyword in ("allOf", "anyOf", "oneOf"):
            for part in node.get(keyword, ()):
                self._loosen(part, word, lacking)
        for place in children(Place(node, Kind.SCHEMA, "")):
            if place.parent is not node.get("allOf"):
                self._loosen(place.node, word, frozenset())

    def _lacking(self, node: Any, word: str, depth: int) -> frozenset[str]:
        """The properties of an object, inherited ones among them, that the direction lacks."""
        if not isinstance(node, dict) or depth > _DEEPEST:
            return frozenset()
        found = {name for name, each in node.get("properties", {}).items() if each is False}
        found |= {name for name, each in node.get("properties", {}).items() if _lacks(each, word, self._written)}
        target = str(node.get("$ref", "")).removeprefix(_PREFIX)
        known = {twin: name for name, twin in self._twins.items()}
        parts = [*node.get("allOf", ()), self._written.get(known.get(target, target))]
        return frozenset(found).union(*(self._lacking(part, word, depth + 1) for part in parts))


def _mentioned(schema: Any) -> Iterator[str]:
    for place in walk(schema, Kind.SCHEMA):
        if place.kind is Kind.SCHEMA and isinstance(place.node, dict) and isinstance(place.node.get("$ref"), str):
            yield place.node["$ref"].removeprefix(_PREFIX)
