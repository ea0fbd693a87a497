"""Made values satisfy their schemas, whatever these ask for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tallystick.mock.texts import FORMATS
from tallystick.mock.values import Maker, Unmakeable
from tallystick.runtime.schemas import Schemas

SHARED = {
    "Node": {"type": "object", "required": ["next"], "properties":
             {"next": {"anyOf": [{"$ref": "#/s/Node"}, {"type": "null"}]}}},
    "Base": {"type": "object", "required": ["kind"],
             "properties": {"kind": {"type": "string"}, "size": {"type": "integer"}}},
    "Big": {"allOf": [{"$ref": "#/s/Base"}, {"required": ["size"], "properties": {"size": {"minimum": 9}}}]},
}  # fmt: skip
SCHEMAS: dict[str, Any] = {
    "boolean schema": True,
    "empty": {},
    "null": {"type": "null"},
    "nullable": {"type": ["null", "integer"]},
    "const": {"const": {"a": [1]}},
    "enum of any": {"enum": [None, 1, "a"]},
    "wrong example": {"type": "integer", "example": "x"},
    "wrong examples": {"type": "string", "examples": [1], "maxLength": 4},
    "default": {"type": "integer", "default": 7},
    "untyped bounds": {"minimum": 3, "maximum": 3},
    "untyped pattern": {"pattern": "^a{3}$"},
    "exclusive": {"type": "integer", "exclusiveMinimum": 4, "exclusiveMaximum": 6},
    "negative": {"type": "number", "maximum": -5},
    "multiple": {"type": "number", "multipleOf": 0.25, "minimum": 1, "maximum": 2},
    "bounded list": {"type": "array", "items": {"type": "boolean"}, "minItems": 5, "maxItems": 5},
    "no items": {"type": "array", "maxItems": 0},
    "contains": {"type": "array", "contains": {"const": 5}, "items": {"type": "integer"}, "minContains": 2},
    "tuple": {"type": "array", "prefixItems": [{"type": "string"}], "items": False},
    "unique objects": {
        "type": "array", "minItems": 2, "uniqueItems": True, "items": {"type": "integer", "example": 3},
    },
    "recursion": {"$ref": "#/s/Node"},
    "joined": {"$ref": "#/s/Big"},
    "joined enum": {"allOf": [{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]},
    "an enum of some of the constants": {
        "type": "integer", "enum": [3, 4], "allOf": [{"oneOf": [{"const": one} for one in range(6)]}],
    },
    "joined types": {"allOf": [{"type": ["integer", "string"]}, {"type": "integer", "maximum": 4}]},
    "joined twice": {"allOf": [{"properties": {"a": {"minLength": 2}}, "required": ["a"]},
                               {"properties": {"a": {"maxLength": 2}}}]},
    "one of": {"oneOf": [{"type": "integer", "minimum": 5}, {"type": "integer", "maximum": 3}]},
    "map": {"type": "object", "additionalProperties": {"type": "integer"}, "minProperties": 3},
    "named map": {"type": "object", "propertyNames": {"pattern": "^k[0-9]$"}, "minProperties": 1},
    "patterned map": {
        "type": "object", "patternProperties": {"^x-": {"type": "integer"}}, "additionalProperties": False,
        "minProperties": 1,
    },
    "at most": {"type": "object", "maxProperties": 1,
                "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}},
    "at least": {"type": "object", "minProperties": 2,
                 "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}},
    "required elsewhere": {"type": "object", "required": ["b"], "additionalProperties": {"type": "boolean"}},
    "base64": {"type": "string", "contentEncoding": "base64"},
    "encoded name": {"$ref": "#/s/Base", "minProperties": 1},
    **{
        form: {"type": "string", "format": form}
        for form in FORMATS
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def schemas() -> Schemas:
    return Schemas(json.loads(json.dumps({"s": {**SHARED, **SCHEMAS}})))


@pytest.mark.parametrize("name", [*SHARED, *SCHEMAS])
def test_made_values_are_valid(schemas: Schemas, name: str) -> None:
    for seed in range(5):
        value = Maker(schemas, seed).make(("s", name), "key")
        assert schemas.errors(("s", name), value) == []


def test_declared_examples_come_first() -> None:
    schemas = Schemas({"s": {"type": "object", "properties": {"a": {"type": "string", "example": "declared"}}}})
    assert Maker(schemas).make(("s",), "") == {"a": "declared"}


def test_what_cannot_be_made_is_told_with_the_nearest_value() -> None:
    schemas = Schemas({"s": {"type": "integer", "not": {}}})
    with pytest.raises(Unmakeable) as told:
        Maker(schemas).make(("s",), "")
    assert isinstance(told.value.nearest, int)
