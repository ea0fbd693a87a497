"""The contract of this project, changed in every place: a place that is not looked at would hide its changes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tallystick.checks.diff.changes import Level
from tallystick.checks.diff.compare import Comparison, compare
from tallystick.spec.bundle import bundle
from tallystick.spec.grammar import Kind, walk
from tallystick.spec.loader import load
from tallystick.spec.nodes import Array, Object, copy_object
from tallystick.spec.pointers import look_up

_ROOT = Path(__file__).parents[4]


@cache
def _contract() -> Object:
    return bundle(load(_ROOT / "openapi/openapi.yaml"))


def _pointers(keyword: str) -> list[str]:
    return [
        place.pointer
        for place in walk(_contract())
        if place.kind is Kind.SCHEMA and isinstance(place.node, dict) and keyword in place.node
    ]


def _changed(pointer: str, key: str, value: Any) -> Comparison:
    old, new = copy_object(_contract()), copy_object(_contract())
    look_up(new, pointer)[key] = value
    return compare(old, new)


@pytest.mark.parametrize("pointer", _pointers("maxLength"))
def test_every_length_counts(pointer: str) -> None:
    length = look_up(_contract(), pointer)["maxLength"]
    levels = set()
    for value in (length - 1, length + 1):
        changes = _changed(pointer, "maxLength", value).changes
        assert changes, "nobody looks at this place"
        assert changes[0].operations, "no operation is named"
        assert any(change.new_pointer == f"{pointer}/maxLength" for change in changes)
        levels.add(changes[0].level)
    assert Level.BREAKING in levels, "what is harmless to send is breaking to receive, or the other way round"


@pytest.mark.parametrize("pointer", _pointers("properties"))
def test_every_object_counts(pointer: str) -> None:
    properties = {**look_up(_contract(), pointer)["properties"], "brand_new": {"type": "string"}}
    changes = _changed(pointer, "properties", Object(properties)).changes
    assert {change.rule.id for change in changes} <= {"request-property-added", "response-property-added-closed"}
    assert changes


def _reordered(value: Any) -> Any:
    if isinstance(value, Object):
        return Object({key: _reordered(value[key]) for key in reversed(value)}, marks=value.marks)
    return Array([_reordered(each) for each in value], marks=value.marks) if isinstance(value, Array) else value


def test_nothing_changed() -> None:
    assert not compare(copy_object(_contract()), copy_object(_contract())).changes
    assert not compare(copy_object(_contract()), _reordered(_contract())).changes
