"""Schemas changed at random, judged by values: what was accepted and is refused has to be told, and not as harmless."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import Any

import jsonschema_rs
import pytest

from tallystick.checks.diff.changes import Change, Level
from tallystick.checks.diff.compare import compare
from tallystick.spec.nodes import Array, Object
from tests.tallystick.checks.diff.random_pairs import Maker, Schema, Schemas

_NAMES = ("P", "Q")
_TRIES = 60
Side = tuple[Schema, Schemas]


def _nodes(value: Any) -> Any:
    if isinstance(value, dict):
        return Object({key: _nodes(each) for key, each in value.items()})
    return Array(map(_nodes, value)) if isinstance(value, list) else value


def _document(side: Side, *, sent: bool) -> Object:
    schema, schemas = copy.deepcopy(side)
    content = {"content": {"application/json": {"schema": schema}}}
    operation = {"requestBody": content, "responses": {}} if sent else {"responses": {"200": content}}
    document: Object = _nodes({"openapi": "3.1.0", "paths": {"/a": {"post": operation}}})
    document["components"] = _nodes({"schemas": schemas})
    return document


def _changes(old: Side, new: Side, *, sent: bool) -> tuple[Change, ...]:
    return compare(_document(old, sent=sent), _document(new, sent=sent)).changes


def _validator(side: Side) -> jsonschema_rs.Draft202012Validator:
    schema, schemas = side
    return jsonschema_rs.Draft202012Validator({"allOf": [schema], "components": {"schemas": schemas}})


def _pair(seed: int) -> tuple[Side, Side, Maker]:
    maker = Maker(Random(seed), _NAMES)
    schemas = {name: Maker(Random(f"{seed} {name}"), ()).schema(1) for name in _NAMES}
    old = maker.schema(), schemas
    if seed % 3:
        return old, (maker.changed(old[0]), schemas), maker
    return old, (old[0], {**schemas, "P": maker.changed(schemas["P"])}), maker


def _witness(maker: Maker, accepted: Side, refused: Side) -> Any:
    """A value of the one that the other does not take."""
    one, other = _validator(accepted), _validator(refused)
    for _ in range(_TRIES):
        value = maker.value(*accepted)
        if one.is_valid(value) and not other.is_valid(value):
            return value
    return ...


@pytest.mark.parametrize("start", range(0, 1200, 100))
def test_no_refusal_is_called_harmless(start: int) -> None:
    found = 0
    for seed in range(start, start + 100):
        old, new, maker = _pair(seed)
        value = _witness(maker, old, new)
        if value is not ...:
            found += 1
            changes = _changes(old, new, sent=True)
            assert changes, (seed, value)
            assert changes[0].level is not Level.HARMLESS, (seed, json.dumps(value), old, new)
    assert found > 10, "the changes are too small to prove anything"


@pytest.mark.parametrize("start", range(0, 1200, 100))
def test_nothing_new_to_receive_is_called_harmless(start: int) -> None:
    for seed in range(start, start + 100):
        old, new, maker = _pair(seed)
        # A variant less makes values valid that matched two before; clients that read either variant do not notice.
        value = ... if "oneOf" in json.dumps(old) else _witness(maker, new, old)
        if value is not ...:
            changes = _changes(old, new, sent=False)
            assert changes, (seed, value)
            assert changes[0].level is not Level.HARMLESS, (seed, json.dumps(value), old, new)


def test_the_same_schemas() -> None:
    for seed in range(300):
        old, _, _ = _pair(seed)
        for sent in (True, False):
            assert not _changes(old, old, sent=sent)
            assert not _changes(old, (_reordered(old[0]), old[1]), sent=sent)
            inlined = _changes(old, (_inlined(old), old[1]), sent=sent)
            assert all(change.level is Level.HARMLESS for change in inlined), (seed, inlined)


def _reordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _reordered(value[key]) for key in reversed(value)}
    return [_reordered(each) for each in value] if isinstance(value, list) else value


def _inlined(side: Side) -> Schema:
    def inline(value: Any) -> Any:
        if isinstance(value, dict) and "$ref" in value:
            rest = {key: inline(each) for key, each in value.items() if key != "$ref"}
            target = side[1][value["$ref"].rpartition("/")[2]]
            return {"allOf": [target], **rest} if rest else target
        if isinstance(value, dict):
            return {key: inline(each) for key, each in value.items()}
        return [inline(each) for each in value] if isinstance(value, list) else value

    return inline(side[0])
