"""Examples and defaults, judged against their schemas (JSON Schema 2020-12, formats included)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

import jsonschema_rs

from tallystick.checks.lint.findings import Finding, rule
from tallystick.checks.lint.view import View, items, mapping
from tallystick.spec.errors import Position
from tallystick.spec.grammar import Kind, Place
from tallystick.spec.nodes import Key, position_of
from tallystick.spec.pointers import child

_JSON = re.compile(r"application/(?:.+\+)?json(?:;.*)?$", re.IGNORECASE)
_BASE = "urn:contract"
_HOLDERS = (Kind.PARAMETER, Kind.HEADER, Kind.MEDIA_TYPE)


class Judge:
    """Validates values against schemas of one document, whose references it knows.

    `pointers` are the schemas that will be asked for: one validator for all of them, because what they reach is
    compiled once then, and not once for each.
    """

    def __init__(self, bundled: Mapping[str, Any], pointers: Iterable[str] = ()) -> None:
        # The validator takes plain data only, and the 3.0 dialect has words of its own.
        plain = json.loads(json.dumps(bundled))
        if str(bundled.get("openapi")).startswith("3.0"):
            _to_2020(plain)
        self._document = plain
        resource = {"$id": _BASE, "$schema": "https://json-schema.org/draft/2020-12/schema", **plain}
        self._registry = jsonschema_rs.Registry([(_BASE, resource)], draft=jsonschema_rs.Draft202012)
        self._validators: dict[str, Any] = {}
        self._together = frozenset(pointers)
        self._all = self._compile({"properties": {each: _reference(each) for each in sorted(self._together)}})

    def errors(self, pointer: str, value: Any) -> list[tuple[str, list[Key]]]:
        """What is wrong with a value, as message and path, by the schema at a pointer of the document."""
        if self._all is not None and pointer in self._together:
            holder = {pointer: value}
            if self._all.is_valid(holder):
                return []
            return [(each.message, list(each.instance_path)[1:]) for each in self._all.iter_errors(holder)]
        if pointer not in self._validators:
            self._validators[pointer] = self._compile(_reference(pointer))
        validator = self._validators[pointer]
        if validator is None or validator.is_valid(value):
            return []
        return [(each.message, list(each.instance_path)) for each in validator.iter_errors(value)]

    def _compile(self, schema: Any) -> Any:
        try:
            return jsonschema_rs.Draft202012Validator(schema, registry=self._registry, validate_formats=True)
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError):
            return None  # the schema itself is broken, which is reported elsewhere


def _reference(pointer: str) -> dict[str, str]:
    return {"$ref": f"{_BASE}#{quote(pointer, safe='/~')}"}


class _Example(NamedTuple):
    """An example or default: the pointer of its schema, where it stands, and its own pointer."""

    schema: str
    holder: Any
    key: Key
    pointer: str


@rule("example-valid")
def example_valid(view: View) -> Iterator[Finding]:
    found = list(_all_examples(view))
    judge = Judge(view.bundled, {each.schema for each in found})
    for each in found:
        yield from _judge(judge, each)


def _all_examples(view: View) -> Iterator[_Example]:
    for place in view.places:
        if not isinstance(place.node, dict) or ("$ref" in place.node and place.kind is not Kind.SCHEMA):
            continue
        if place.kind is Kind.SCHEMA:
            yield from _schema_examples(place)
        elif place.kind in _HOLDERS and _is_judged(place):
            yield from _examples(view, place)


def _is_judged(place: Place) -> bool:
    """Only JSON is compared: the example of a CSV or an image is text that no schema describes."""
    return "schema" in place.node and (place.kind is not Kind.MEDIA_TYPE or _is_form_or_json(str(place.key)))


def _is_form_or_json(media_type: str) -> bool:
    return bool(_JSON.match(media_type)) or "form" in media_type


def _schema_examples(place: Place) -> Iterator[_Example]:
    node, pointer = place.node, place.pointer
    for key in ("example", "default"):
        if key in node:
            yield _Example(pointer, node, key, child(pointer, key))
    examples = node.get("examples")
    for index, _ in enumerate(items(examples)):
        yield _Example(pointer, examples, index, child(pointer, "examples", index))


def _examples(view: View, place: Place) -> Iterator[_Example]:
    node, schema = place.node, child(place.pointer, "schema")
    if "example" in node:
        yield _Example(schema, node, "example", child(place.pointer, "example"))
    for name, example in mapping(node.get("examples")).items():
        part = view.part(example, child(place.pointer, "examples", name))
        for key in [key for key in ("value", "dataValue") if key in part.node]:
            yield _Example(schema, part.node, key, child(part.pointer, key))


def _judge(judge: Judge, each: _Example) -> Iterator[Finding]:
    word = "default" if each.key == "default" else "example"
    for message, path in judge.errors(each.schema, each.holder[each.key]):
        where = _locate(each.holder, [each.key, *path])
        text = message if len(message) <= 200 else message[:197] + "..."
        said = f"this {word} breaks its schema: {text}"
        yield Finding(said, child(each.pointer, *path), where, "correct one of the two")


def _locate(node: Any, path: list[Key]) -> Position | None:
    where = None
    for key in path:
        where = position_of(node, key) or where
        node = node[key]
    return where


def _to_2020(node: Any) -> None:
    """The words of the 3.0 dialect that change what is valid."""
    if isinstance(node, list):
        for each in node:
            _to_2020(each)
    elif isinstance(node, dict):
        for bound in ("Minimum", "Maximum"):
            if node.get(f"exclusive{bound}") is True and bound.lower() in node:
                node[f"exclusive{bound}"] = node.pop(bound.lower())
            elif node.get(f"exclusive{bound}") is False:
                del node[f"exclusive{bound}"]
        if node.get("nullable") is True and isinstance(node.get("type"), str):
            node["type"] = [node["type"], "null"]
            if isinstance(node.get("enum"), list) and None not in node["enum"]:
                node["enum"] = [*node["enum"], None]
        for each in node.values():
            _to_2020(each)
