"""Links and callbacks: operations and parameters that exist, expressions that can be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any
from urllib.parse import unquote

from tallystick.spec.errors import Diagnostic, Severity
from tallystick.spec.expressions import Expression, ExpressionError, parse_template
from tallystick.spec.grammar import Kind, Place
from tallystick.spec.nodes import Object, key_position, position_of
from tallystick.spec.pointers import child, look_up, split

_LOCATIONS = ("path", "query", "header", "cookie")
_EXAMPLE = "write one such as $response.body#/id"


def check_links(bundled: Object, places: Sequence[Place]) -> Iterator[Diagnostic]:
    operations = {place.pointer: place for place in places if place.kind is Kind.OPERATION}
    ids = {
        str(place.node["operationId"]): place
        for place in operations.values()
        if isinstance(place.node, dict) and "operationId" in place.node
    }
    for place in places:
        if not isinstance(place.node, dict) or "$ref" in place.node:
            continue
        if place.kind is Kind.LINK:
            yield from _check_link(bundled, place, operations, ids)
        elif place.kind is Kind.CALLBACK:
            for url in place.node:
                if not url.startswith("x-"):
                    hint = "write one such as {$request.body#/callbackUrl}"
                    where = key_position(place.node, url)
                    yield from _check_text(url, "callback-expression", hint, where, child(place.pointer, url))


def _check_link(
    bundled: Object, place: Place, operations: Mapping[str, Place], ids: Mapping[str, Place]
) -> Iterator[Diagnostic]:
    target: Place | None = None
    link = place.node
    if isinstance(name := link.get("operationId"), str):
        target = ids.get(name)
        if target is None:
            where, near = position_of(link, "operationId"), get_close_matches(name, ids, n=1)
            message = f'the link leads to an operation "{name}" that does not exist'
            hint = f'did you mean "{near[0]}"?' if near else "name an operationId of this contract"
            yield Diagnostic("link-operation", message, where, place.pointer, hint)
    elif isinstance(reference := link.get("operationRef"), str) and reference.startswith("#"):
        target = operations.get(unquote(reference[1:]))
        if target is None:
            where = position_of(link, "operationRef")
            message = f"{reference} is no operation"
            hint = "write one such as #/paths/~1items/get, or use operationId"
            yield Diagnostic("link-operation", message, where, place.pointer, hint)
    parameters = link.get("parameters")
    if isinstance(parameters, dict):
        if target is not None:
            yield from _check_names(bundled, parameters, target, place.pointer)
        for key, value in parameters.items():
            yield from _check_value(bundled, place, value, position_of(parameters, key), ("parameters", key))
    if "requestBody" in link:
        yield from _check_value(bundled, place, link["requestBody"], position_of(link, "requestBody"), ("requestBody",))


def _check_names(bundled: Object, parameters: Any, target: Place, pointer: str) -> Iterator[Diagnostic]:
    declared = _parameters(bundled, target)
    known = {name for _, name in declared} | {f"{location}.{name}" for location, name in declared}
    for key in parameters:
        if key not in known:
            what = target.node.get("operationId") or "the operation it leads to"
            near = get_close_matches(key, known, n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"there are: {', '.join(sorted(known)) or 'none'}"
            where = key_position(parameters, key)
            message = f'the link fills a parameter "{key}", which {what} does not have'
            yield Diagnostic("link-parameter", message, where, child(pointer, "parameters", key), hint)


def _check_value(bundled: Object, place: Place, value: Any, where: Any, keys: tuple[str, ...]) -> Iterator[Diagnostic]:
    if not isinstance(value, str):
        return
    pointer = child(place.pointer, *keys)
    problems = list(_check_text(value, "link-expression", _EXAMPLE, where, pointer))
    yield from problems
    source = _source(bundled, place)
    if problems or source is None:
        return
    declared = {
        (location, name.lower() if location == "header" else name) for location, name in _parameters(bundled, source)
    }
    for piece in parse_template(value):
        is_parameter = isinstance(piece, Expression) and piece.source == "request" and piece.place in _LOCATIONS
        if is_parameter and isinstance(piece, Expression) and (piece.place, piece.name) not in declared:
            message = f'the link takes the {piece.place} parameter "{piece.name}", which its operation does not declare'
            hint = "declare it; what is not declared cannot be taken (OpenAPI 3.1, section 4.8.20.5)"
            yield Diagnostic("link-parameter", message, where, pointer, hint, Severity.WARNING)


def _check_text(text: str, rule: str, hint: str, where: Any, pointer: str) -> Iterator[Diagnostic]:
    try:
        parse_template(text)
    except ExpressionError as error:
        yield Diagnostic(rule, str(error), where, pointer, hint)


def _source(bundled: Object, place: Place) -> Place | None:
    """The operation in whose answer a link stands; None for one that is shared."""
    tokens = split(place.pointer)
    if "responses" not in tokens or tokens[0] == "components":
        return None
    pointer = child("", *tokens[: len(tokens) - 1 - tokens[::-1].index("responses")])
    return Place(look_up(bundled, pointer), Kind.OPERATION, pointer)


def _parameters(bundled: Object, operation: Place) -> set[tuple[str, str]]:
    """Location and name of an operation's parameters, those of its path included."""
    item = look_up(bundled, operation.pointer.rpartition("/")[0])
    found: set[tuple[str, str]] = set()
    for holder in (item, operation.node):
        listed = holder.get("parameters") if isinstance(holder, dict) else None
        for each in listed if isinstance(listed, list) else ():
            node = _followed(bundled, each)
            found.add((str(node.get("in")), str(node.get("name"))))
    return found


def _followed(bundled: Object, node: Any) -> Mapping[str, Any]:
    for _ in range(50):
        if not (isinstance(node, dict) and isinstance(node.get("$ref"), str)):
            break
        try:
            node = look_up(bundled, unquote(node["$ref"]))
        except KeyError:
            return {}
    return node if isinstance(node, dict) else {}
