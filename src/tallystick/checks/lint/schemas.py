"""Schemas that leave nothing open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tallystick.checks.lint.findings import Finding, at_key, at_node, at_value, rule
from tallystick.checks.lint.view import View, mapping
from tallystick.spec.grammar import Place
from tallystick.spec.nodes import position_of
from tallystick.spec.pointers import child, split

_MERGE_PATCH = "application/merge-patch+json"
_NOT_PORTABLE = re.compile(r"\\(?:\\|[^dDwWsSpPbBk1-9])|(\(\?(?!:)|\\[dDwWsSpPbBk1-9])", re.DOTALL)
_CLASS = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]", re.DOTALL)
_JUDGED_FORMATS = frozenset(
    (
        "date-time", "date", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6",
        "uri", "uri-reference", "iri", "iri-reference", "uuid", "uri-template", "json-pointer",
        "relative-json-pointer", "regex", "byte",
    )
)  # fmt: skip
_NUL_PROBES = ("\0", "a\0", "\0a", "a\0a", "a" * 8 + "\0")


def has_type(node: Any, name: str) -> bool:
    declared = node.get("type")
    return declared == name or (isinstance(declared, list) and name in declared)


def _is_closed_set(node: Any) -> bool:
    return "enum" in node or "const" in node


def _is_condition(place: Place) -> bool:
    """Part of `not`, `if` or of an allOf: it narrows another schema instead of describing a value."""
    tokens = split(place.pointer)
    return bool({"not", "if", "then", "else"} & set(tokens[3:])) or (len(tokens) > 1 and tokens[-2] == "allOf")


@rule("closed-objects")
def closed_objects(view: View) -> Iterator[Finding]:
    for place in view.schemas:
        node = place.node
        if not (has_type(node, "object") or "properties" in node) or _is_condition(place):
            continue
        rest = node.get("additionalProperties", node.get("unevaluatedProperties", True))
        if rest is True or rest == {}:
            message = "this object accepts unknown properties"
            yield at_node(node, place.pointer, message, "add `additionalProperties: false`")


@rule("bounded-integers")
def bounded_integers(view: View) -> Iterator[Finding]:
    for place in view.schemas:
        node = place.node
        if not has_type(node, "integer") or _is_closed_set(node):
            continue
        missing = [] if "format" in node else ["format"]
        missing += [] if "minimum" in node or "exclusiveMinimum" in node else ["minimum"]
        missing += [] if "maximum" in node or "exclusiveMaximum" in node else ["maximum"]
        if missing:
            yield at_node(node, place.pointer, f"this integer has no {' and no '.join(missing)}", "add what is missing")


@rule("bounded-strings")
def bounded_strings(view: View) -> Iterator[Finding]:
    for place in view.schemas:
        node = place.node
        bounded = "maxLength" in node or _is_closed_set(node) or node.get("format") in ("uuid", "binary")
        if has_type(node, "string") and not bounded:
            yield at_node(node, place.pointer, "this string has no maxLength", "add `maxLength`")


@rule("enum-has-values")
def enum_has_values(view: View) -> Iterator[Finding]:
    for place in view.schemas:
        if place.node.get("enum") == []:
            yield at_key(place.node, "enum", place.pointer, "this enum allows no value at all", "list the values")


@rule("format-has-one-type")
def format_has_one_type(view: View) -> Iterator[Finding]:
    """Tools that take `format` for a remark where there are several types send and expect any text there."""
    for place in view.schemas:
        node = place.node
        several = isinstance(node.get("type"), list) and len(node["type"]) > 1 and has_type(node, "string")
        if several and node.get("format") in _JUDGED_FORMATS and id(node) in view.request_schemas:
            message = f"some tools do not apply the format {node['format']} beside several types"
            hint = "write `anyOf: [{type: string, format: ...}, {type: 'null'}]`"
            yield at_key(node, "format", place.pointer, message, hint)


@rule("bounded-arrays")
def bounded_arrays(view: View) -> Iterator[Finding]:
    for place in view.schemas:
        if has_type(place.node, "array") and "maxItems" not in place.node and not _is_condition(place):
            yield at_node(place.node, place.pointer, "this array has no maxItems", "add `maxItems`")


@rule("free-text-excludes-controls")
def free_text_excludes_controls(view: View) -> Iterator[Finding]:
    for place in view.schemas:
        node = place.node
        bounded = _is_closed_set(node) or node.get("format") in ("uuid", "date-time", "date", "binary")
        if not has_type(node, "string") or bounded or id(node) not in view.request_schemas:
            continue
        pattern = node.get("pattern")
        if not isinstance(pattern, str):
            message = "this text of a request may hold control characters"
            yield at_node(node, place.pointer, message, r"add a pattern like `^[^\x00-\x1f\x7f]*$`")
        elif _lets_nul_through(pattern):
            yield at_value(node, "pattern", place.pointer, "this pattern lets U+0000 through", "exclude it")


def _lets_nul_through(pattern: str) -> bool:
    try:
        compiled = re.compile(pattern)
    except re.error:
        return False
    return any(compiled.search(probe) for probe in _NUL_PROBES)


@rule("patterns-portable")
def patterns_portable(view: View) -> Iterator[Finding]:
    for place in view.schemas:
        pattern = place.node.get("pattern")
        if isinstance(pattern, str) and (why := _why_not_portable(pattern)):
            yield at_value(place.node, "pattern", place.pointer, f"this pattern {why}", "see the rule's reason")
        keys = mapping(place.node.get("patternProperties"))
        for key in keys:
            if why := _why_not_portable(key):
                pointer = child(place.pointer, "patternProperties")
                yield at_key(keys, key, pointer, f"this pattern {why}", "see the rule's reason")


def _why_not_portable(pattern: str) -> str:
    for found in _NOT_PORTABLE.finditer(pattern):
        if found.group(1):
            return f"uses {found.group(1)}, which engines read differently"
    if not pattern.startswith("^") or not pattern.endswith("$") or pattern.endswith("\\$"):
        return "is not anchored by ^ and $"
    if _has_bare_alternative(pattern):
        return "is anchored only in some of its alternatives"
    return ""


def _has_bare_alternative(pattern: str) -> bool:
    depth = 0
    for character in _CLASS.sub("", pattern):
        depth += (character == "(") - (character == ")")
        if character == "|" and depth == 0:
            return True
    return False


@rule("merge-patch-media-type")
def merge_patch_media_type(view: View) -> Iterator[Finding]:
    for each in view.operations:
        content = mapping(each.body.node.get("content")) if each.method == "patch" and each.body else {}
        for media_type in content:
            if media_type != _MERGE_PATCH and each.body:
                pointer = child(each.body.pointer, "content")
                yield at_key(content, media_type, pointer, f"PATCH takes {media_type}", f"take {_MERGE_PATCH}")


@rule("patch-min-properties")
def patch_min_properties(view: View) -> Iterator[Finding]:
    for each in view.operations:
        content = mapping(each.body.node.get("content")) if each.method == "patch" and each.body else {}
        for media_type, media in content.items():
            schema = view.part(mapping(media).get("schema"), "").node
            minimum = schema.get("minProperties", 0)
            if "minProperties" not in schema or minimum < 1:
                where = position_of(schema) or position_of(content, media_type)
                pointer = child(each.body.pointer if each.body else "", "content", media_type, "schema")
                yield Finding("a patch may be empty", pointer, where, "add `minProperties: 1`")
