"""Values that a media type writes alike: what cannot be told apart on the wire no server can judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tallystick.checks.lint.findings import Finding, at_key, rule
from tallystick.checks.lint.schemas import has_type
from tallystick.checks.lint.view import Operation, Part, View, items, mapping
from tallystick.spec.pointers import child

_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_DEEPEST = 20

# What is wrong with a property of this schema; None if nothing is.
_Judge = Callable[[Part], str | None]


@rule("form-can-say-it")
def form_can_say_it(view: View) -> Iterator[Finding]:
    """Forms know texts only; in parts of a multipart body objects are JSON."""
    hint = "take JSON instead, or say how by `encoding`"
    for each in view.operations:
        for name in _media(each):
            if name == _FORM:
                yield from _ambiguous(view, each, name, _in_a_form, hint)
            elif name.partition(";")[0].strip().lower() == _MULTIPART:
                yield from _ambiguous(view, each, name, _in_parts, hint)


@rule("xml-can-say-it")
def xml_can_say_it(view: View) -> Iterator[Finding]:
    """XML has elements, and no lists or objects: an empty element may be any of them."""
    for each in view.operations:
        for name in _media(each):
            if name.partition(";")[0].strip().lower().endswith(("/xml", "+xml")):
                yield from _ambiguous(view, each, name, _in_xml, "take JSON instead, or let it have a required part")


def _media(operation: Operation) -> Mapping[str, Any]:
    return mapping(operation.body.node.get("content")) if operation.body else {}


def _ambiguous(view: View, operation: Operation, name: str, judge: _Judge, hint: str) -> Iterator[Finding]:
    content = _media(operation)
    media = mapping(content[name])
    if operation.body is None or "schema" not in media:
        return
    pointer = child(operation.body.origin, "content")
    found: dict[str, dict[str, None]] = {}
    for property_, part in _properties(view, view.part(media["schema"], child(pointer, name, "schema"))):
        reason = None if property_ in mapping(media.get("encoding")) else judge(part)
        if reason is not None:
            found.setdefault(reason, {})[f'"{property_}"'] = None
    for reason, names in found.items():
        yield at_key(content, name, pointer, f"{reason}: {', '.join(names)}", hint)


def _properties(view: View, schema: Part, depth: int = 0, seen: set[str] | None = None) -> Iterator[tuple[str, Part]]:
    """Its own and those of what it is composed of, each schema once: they may share parts, which share parts."""
    seen = set() if seen is None else seen
    if schema.origin in seen:
        return
    seen.add(schema.origin)
    for name, one in mapping(schema.node.get("properties")).items():
        yield name, view.part(one, child(schema.origin, "properties", name))
    for keyword in ("allOf", "anyOf", "oneOf"):
        for index, one in enumerate(items(schema.node.get(keyword))):
            if depth < _DEEPEST:
                yield from _properties(view, view.part(one, child(schema.origin, keyword, index)), depth + 1, seen)


def _in_parts(part: Part) -> str | None:
    if has_type(part.node, "array"):
        return "a form cannot tell an empty list from a missing one, nor a list of one value from the value"
    return None


def _in_a_form(part: Part) -> str | None:
    if has_type(part.node, "array"):
        return _in_parts(part)
    if has_type(part.node, "object"):
        return "forms have no notation for objects that everybody knows"
    return None


def _in_xml(part: Part) -> str | None:
    if has_type(part.node, "array") and mapping(part.node.get("xml")).get("wrapped") is True:
        return "XML cannot tell an empty list in an element of its own from an empty object or text"
    if has_type(part.node, "object") and not part.node.get("required"):
        return "XML cannot tell an empty object from an empty list or text"
    return None
