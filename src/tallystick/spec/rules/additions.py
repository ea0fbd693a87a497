"""What OpenAPI 3.2 adds: further methods, the query as one value, nested tags, other forms of XML."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from tallystick.spec.errors import Diagnostic
from tallystick.spec.grammar import METHODS, Kind, Place
from tallystick.spec.nodes import Object, key_position, position_of
from tallystick.spec.pointers import child

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Z-]+")
_FORM = "application/x-www-form-urlencoded"
_XML_NODES = ("element", "attribute")


def check_additions(bundled: Object, places: Sequence[Place]) -> Iterator[Diagnostic]:
    """What the schemas of OpenAPI 3.2 leave open."""
    yield from _check_tags(bundled)
    for place in places:
        if place.kind is Kind.PATH_ITEM and isinstance(place.node, dict):
            yield from _check_methods(place)
        elif place.kind is Kind.PARAMETER and isinstance(place.node, dict) and place.node.get("in") == "querystring":
            yield from _check_querystring(place)
        elif place.kind is Kind.SCHEMA and isinstance(place.node, dict) and isinstance(place.node.get("xml"), dict):
            yield from _check_xml(place)


def _check_methods(place: Place) -> Iterator[Diagnostic]:
    more = place.node.get("additionalOperations")
    for method in more if isinstance(more, dict) else ():
        message, hint = "", ""
        if method.lower() in METHODS:
            message, hint = f"{method} has a field of its own", f"write `{method.lower()}` into the path item"
        elif method.upper() == "CONNECT":
            message, hint = "CONNECT asks for a tunnel, not for a resource", "remove the operation"
        elif not _TOKEN.fullmatch(method):
            is_lower = _TOKEN.fullmatch(method.upper())
            message = f"servers cannot tell {method} from {method.upper()}" if is_lower else f"{method} is no method"
            hint = f"write {method.upper()}" if is_lower else "use capital letters, digits and hyphens"
        if message:
            where, pointer = key_position(more, method), child(place.pointer, "additionalOperations", method)
            yield Diagnostic("method", message, where, pointer, hint)


def _check_querystring(place: Place) -> Iterator[Diagnostic]:
    content = place.node.get("content")
    for media, node in content.items() if isinstance(content, dict) else ():
        base = media.partition(";")[0].strip().lower()
        is_known = base == _FORM or base.endswith(("/json", "+json")) or base.startswith("text/")
        if not is_known:
            message = f"a query in {media} cannot be read"
            hint = f"use {_FORM}, application/json or text/plain"
            yield Diagnostic("unsupported-parameter", message, key_position(content, media), place.pointer, hint)
        elif isinstance(node, dict) and "encoding" in node:
            message = "the query is read by its schema alone"
            hint = "leave `encoding` out, or declare the parameters one by one"
            yield Diagnostic("unsupported-parameter", message, key_position(node, "encoding"), place.pointer, hint)


def _check_tags(bundled: Object) -> Iterator[Diagnostic]:
    tags = bundled.get("tags")
    known = {tag["name"]: tag for tag in tags or () if isinstance(tag, dict) and isinstance(tag.get("name"), str)}
    for index, tag in enumerate(tags if isinstance(tags, list) else ()):
        parent = tag.get("parent") if isinstance(tag, dict) else None
        if not isinstance(parent, str):
            continue
        where, pointer = position_of(tag, "parent"), child("/tags", index, "parent")
        if parent not in known:
            hint = "declare it among `tags`, or correct the name"
            yield Diagnostic("tag-parent", f'there is no tag "{parent}"', where, pointer, hint)
        elif _leads_back(known, tag["name"]):
            message = f'the tag "{tag["name"]}" is a part of itself'
            yield Diagnostic("tag-parent", message, where, pointer, "remove one of these parents")


def _leads_back(known: dict[str, Any], name: str) -> bool:
    seen, here = {name}, known[name].get("parent")
    while isinstance(here, str) and here in known and here not in seen:
        seen.add(here)
        here = known[here].get("parent")
    return bool(here == name)


def _check_xml(place: Place) -> Iterator[Diagnostic]:
    xml = place.node["xml"]
    kind = xml.get("nodeType")
    if kind is not None and kind not in _XML_NODES:
        message = f"XML nodes of the type {kind!r} are not carried out"
        hint = f"supported are {' and '.join(_XML_NODES)}; leave the others to the handler as raw XML"
        where = position_of(xml, "nodeType")
        yield Diagnostic("unsupported-xml", message, where, child(place.pointer, "xml", "nodeType"), hint)
