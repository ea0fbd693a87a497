"""Schemas: valid by their own meta-schema, patterns that compile, bounds that leave something, discriminators."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import jsonschema_rs

from tallystick.spec.errors import Diagnostic, Severity
from tallystick.spec.grammar import Kind, Place, children
from tallystick.spec.nodes import Object, key_position, position_of
from tallystick.spec.pointers import child
from tallystick.spec.resolve import is_reference_like, mapping_entries
from tallystick.spec.rules.explain import explain

_META = {"$ref": "https://json-schema.org/draft/2020-12/schema"}
_SPELLINGS = [
    (re.compile(r"\[\^\]"), r"[\\s\\S]"),
    (re.compile(r"(?<!\\)\[\]"), "(?!)"),
    (re.compile(r"\(\?<(?![=!])"), "(?P<"),
    (re.compile(r"\\k<(\w+)>"), r"(?P=\1)"),
    (re.compile(r"\\[pP]\{[^}]*\}|\\c[A-Za-z]"), r"\\w"),
    (re.compile(r"(\\[wdsWDS])-"), r"\1\\-"),
]
_BOUNDS = [
    ("minimum", "maximum"),
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
    ("minContains", "maxContains"),
]
_LOW = frozenset(low for low, _ in _BOUNDS)


def check_schemas(bundled: Object, places: Sequence[Place], version: str) -> Iterator[Diagnostic]:
    for place in places:
        if place.kind is Kind.SCHEMA:
            yield from _check_one(bundled, place, version)
        elif version != "3.0":
            for each in children(place):
                if each.kind is Kind.SCHEMA:
                    yield from _check_meta(each)


def _check_one(bundled: Object, place: Place, version: str) -> Iterator[Diagnostic]:
    node = place.node
    if not isinstance(node, dict):
        return
    yield from _check_patterns(node, place.pointer)
    yield from _check_bounds(node, place.pointer)
    if version != "3.0" and "nullable" in node:
        hint = 'add "null" to its types, or say `oneOf` with `type: "null"`'
        where = key_position(node, "nullable")
        message = "`nullable` has no meaning since OpenAPI 3.1"
        yield Diagnostic("schema-dialect", message, where, child(place.pointer, "nullable"), hint, Severity.WARNING)
    if "discriminator" in node:
        yield from _check_discriminator(bundled, node, place.pointer)


@cache
def _meta_schema() -> Any:
    return jsonschema_rs.validator_for(_META)


def _check_meta(place: Place) -> Iterator[Diagnostic]:
    if _meta_schema().is_valid(place.node):
        return
    # Imported here: only a broken schema needs the slow validator, which says more.
    from openapi_spec_validator.schemas.backend.jsonschema import create_validator

    for error in create_validator({**_META, "$schema": _META["$ref"]}).iter_errors(place.node):
        yield from explain("schema", place.node, error, place.pointer, position_of(place.parent, place.key))


def _check_patterns(node: dict[str, Any], pointer: str) -> Iterator[Diagnostic]:
    pattern = node.get("pattern")
    if isinstance(pattern, str) and (why := why_not_compiled(pattern)):
        where = position_of(node, "pattern")
        yield _bad_pattern(pattern, why, pointer=child(pointer, "pattern"), where=where)
    properties = node.get("patternProperties")
    for key in properties if isinstance(properties, dict) else ():
        if why := why_not_compiled(key):
            where = key_position(properties, key)
            yield _bad_pattern(key, why, pointer=child(pointer, "patternProperties", key), where=where)


def _bad_pattern(pattern: str, why: str, *, pointer: str, where: Any) -> Diagnostic:
    message = f"the pattern {pattern} does not compile: {why}"
    return Diagnostic("pattern", message, where, pointer, "correct the regular expression (ECMA-262)")


@cache
def why_not_compiled(pattern: str) -> str:
    """What is wrong with a regular expression, or the empty string. Only what two engines refuse is refused."""
    try:
        jsonschema_rs.validator_for({"pattern": pattern})
    except (jsonschema_rs.ValidationError, ValueError):
        try:
            re.compile(_in_words_of_python(pattern))
        except (re.error, OverflowError, RecursionError) as error:
            return str(error)
    return ""


def _in_words_of_python(pattern: str) -> str:
    """What ECMA-262 spells in another way; good enough to compile, not to match."""
    for form, spelling in _SPELLINGS:
        pattern = form.sub(spelling, pattern)
    return pattern


def _check_bounds(node: dict[str, Any], pointer: str) -> Iterator[Diagnostic]:
    if _LOW.isdisjoint(node):
        return
    for low, high in _BOUNDS:
        least, most = _number(node.get(low)), _number(node.get(high))
        if least is not None and most is not None and least > most:
            message = f"{low} {least} exceeds {high} {most}: no value is valid"
            yield Diagnostic(
                "schema-bounds", message, position_of(node, low), child(pointer, low), "swap or correct them"
            )


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _check_discriminator(bundled: Object, node: dict[str, Any], pointer: str) -> Iterator[Diagnostic]:
    discriminator = node["discriminator"]
    here = child(pointer, "discriminator")
    if not isinstance(discriminator, dict) or not isinstance(discriminator.get("propertyName"), str):
        where = position_of(node, "discriminator")
        message = "a discriminator needs the name of a property"
        yield Diagnostic("discriminator", message, where, here, "add `propertyName`")
        return
    components = bundled.get("components")
    schemas = components.get("schemas") if isinstance(components, dict) else None
    for mapping, key in mapping_entries(node):
        name = mapping[key]
        if isinstance(name, str) and not is_reference_like(name) and name not in (schemas or ()):
            where = position_of(mapping, key)
            message = f'the mapping names a schema "{name}" that does not exist'
            yield Diagnostic(
                "discriminator",
                message,
                where,
                child(here, key) if mapping is discriminator else child(here, "mapping", key),
                "name a component schema",
            )
