"""Operations: unique ids, paths that agree with their parameters, security that leads somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import unquote

from tallystick.spec.errors import Diagnostic, Position, Severity
from tallystick.spec.grammar import Kind, Place, operations_of
from tallystick.spec.nodes import Object, key_position, position_of
from tallystick.spec.pointers import child, look_up

_TEMPLATE = re.compile(r"\{([^{}]*)\}")
_IGNORED_HEADERS = {"accept", "content-type", "authorization"}


def check_operations(bundled: Object, places: Sequence[Place]) -> Iterator[Diagnostic]:
    yield from _check_ids(places)
    yield from _check_paths(bundled)
    yield from _check_security(bundled, places)
    yield from _check_tags(bundled)


def _check_ids(places: Sequence[Place]) -> Iterator[Diagnostic]:
    first: dict[str, Position | None] = {}
    for place in places:
        name = place.node.get("operationId") if place.kind is Kind.OPERATION and isinstance(place.node, dict) else None
        if not isinstance(name, str):
            continue
        where = position_of(place.node, "operationId")
        if name in first:
            message = f'the operationId "{name}" is used twice, first at {first[name]}'
            pointer = child(place.pointer, "operationId")
            yield Diagnostic("operation-id", message, where, pointer, "give each operation an id of its own")
        first.setdefault(name, where)


def _check_paths(bundled: Object) -> Iterator[Diagnostic]:
    paths = _object(bundled.get("paths"))
    shapes: dict[str, str] = {}
    for path, item in paths.items():
        if not path.startswith("/"):
            continue
        shape = _TEMPLATE.sub("{}", path)
        if shape in shapes:
            message = f"{path} is the same path as {shapes[shape]} at {key_position(paths, shapes[shape])}"
            where = key_position(paths, path)
            yield Diagnostic("path-duplicate", message, where, child("/paths", path), "join the two path items")
        shapes.setdefault(shape, path)
        yield from _check_template(paths, path)
        yield from _check_parameters(bundled, path, _object(item))


def _check_template(paths: Any, path: str) -> Iterator[Diagnostic]:
    names = _TEMPLATE.findall(path)
    message = ""
    if "{" in _TEMPLATE.sub("", path) or "}" in _TEMPLATE.sub("", path):
        message = f"the braces in {path} do not match"
    elif "" in names:
        message = f"a parameter in {path} has no name"
    elif len(set(names)) != len(names):
        message = f"a parameter stands twice in {path}"
    if message:
        where = key_position(paths, path)
        yield Diagnostic("path-template", message, where, child("/paths", path), "correct the path")


def _check_parameters(bundled: Object, path: str, item: dict[str, Any]) -> Iterator[Diagnostic]:
    in_path = set(_TEMPLATE.findall(path))
    pointer = child("/paths", path)
    shared: set[str] = set()
    yield from _check_list(bundled, item.get("parameters"), child(pointer, "parameters"), in_path, shared)
    for _, keys, operation in operations_of(item):
        here = child(pointer, *keys)
        own: set[str] = set()
        yield from _check_list(bundled, operation.get("parameters"), child(here, "parameters"), in_path, own)
        for name in sorted(in_path - own - shared):
            message = f"the path has {{{name}}}, and the operation declares no path parameter of that name"
            where = key_position(item, keys[0]) if len(keys) == 1 else position_of(operation)
            hint = f"add a parameter `name: {name}`, `in: path`, `required: true`"
            yield Diagnostic("path-parameter", message, where, here, hint)


def _check_list(
    bundled: Object, parameters: Any, pointer: str, in_path: set[str], declared: set[str]
) -> Iterator[Diagnostic]:
    """One list of parameters; the names of its path parameters are added to `declared`."""
    first: dict[tuple[str, str], Position | None] = {}
    for index, each in enumerate(parameters if isinstance(parameters, list) else ()):
        parameter = _dereferenced(bundled, each)
        name, location = parameter.get("name"), parameter.get("in")
        if not isinstance(name, str) or not isinstance(location, str):
            continue
        where, here = position_of(parameters, index), child(pointer, index)
        key = (name.lower() if location == "header" else name, location)
        if key in first:
            message = f'the {location} parameter "{name}" is declared twice, first at {first[key]}'
            yield Diagnostic("parameter-duplicate", message, where, here, "remove one of them")
        first.setdefault(key, where)
        if location == "path":
            declared.add(name)
            if name not in in_path:
                hint = f"write {{{name}}} into the path, or remove the parameter"
                message = f'the path has no {{{name}}} for the path parameter "{name}"'
                yield Diagnostic("path-parameter", message, where, here, hint)
        elif location == "header" and name.lower() in _IGNORED_HEADERS:
            message = f'OpenAPI ignores a header parameter called "{name}"'
            hint = "use `content` or `security` instead"
            yield Diagnostic("parameter-ignored", message, where, here, hint, Severity.WARNING)


def _check_security(bundled: Object, places: Sequence[Place]) -> Iterator[Diagnostic]:
    schemes = _object(_object(bundled.get("components")).get("securitySchemes"))
    holders = [("", bundled)]
    holders += [(each.pointer, each.node) for each in places if each.kind is Kind.OPERATION]
    for pointer, holder in holders:
        requirements = _object(holder).get("security")
        for index, requirement in enumerate(requirements if isinstance(requirements, list) else ()):
            for name in _object(requirement):
                if name not in schemes:
                    message = f'there is no security scheme "{name}"'
                    where, here = key_position(requirement, name), child(pointer, "security", index, name)
                    hint = f"there are: {', '.join(schemes) or 'none'}"
                    yield Diagnostic("security-scheme", message, where, here, hint)
            ways = {_authentication(_dereferenced(bundled, schemes.get(name))): name for name in _object(requirement)}
            ways.pop("", None)
            if len(ways) > 1:
                message = (
                    f"{' and '.join(ways.values())} both need the one field Authorization: nobody can satisfy this"
                )
                where, here = position_of(requirements, index), child(pointer, "security", index)
                hint = "make alternatives of them, or move one to another field"
                yield Diagnostic("security-impossible", message, where, here, hint, Severity.WARNING)


def _authentication(scheme: dict[str, Any]) -> str:
    """What a scheme puts into `Authorization`; empty for nothing. Schemes that all want a bearer token get along."""
    kind = scheme.get("type")
    if kind == "http":
        return str(scheme.get("scheme")).lower()
    if kind == "apiKey" and scheme.get("in") == "header" and str(scheme.get("name")).lower() == "authorization":
        return "apiKey"
    return "bearer" if kind in ("oauth2", "openIdConnect") else ""


def _check_tags(bundled: Object) -> Iterator[Diagnostic]:
    tags = bundled.get("tags")
    first: dict[str, Position | None] = {}
    for index, tag in enumerate(tags if isinstance(tags, list) else ()):
        name = _object(tag).get("name")
        if not isinstance(name, str):
            continue
        where = position_of(tag, "name")
        if name in first:
            message = f'the tag "{name}" is declared twice, first at {first[name]}'
            yield Diagnostic("tag-duplicate", message, where, child("/tags", index), "remove one of them")
        first.setdefault(name, where)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dereferenced(bundled: Object, node: Any) -> dict[str, Any]:
    seen: set[str] = set()
    while isinstance(node, dict) and isinstance(node.get("$ref"), str) and node["$ref"] not in seen:
        seen.add(node["$ref"])
        try:
            node = look_up(bundled, unquote(node["$ref"]))
        except KeyError:
            return {}
    return _object(node)
