"""Values stand in XML where the XML Object of their schemas puts them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tallystick.spec.xml_writing import write_xml

SCHEMAS: dict[str, Any] = {
    "Tag": {"type": "object", "xml": {"name": "tag"}, "properties": {"id": {"type": "integer"}}},
    "Name": {"type": "string", "xml": {"name": "not-here"}},
}
LIST = {"type": "array", "items": {"type": "string"}}


def look(schema: Any) -> Mapping[str, Any]:
    node = schema if isinstance(schema, Mapping) else {}
    return SCHEMAS[node["$ref"].rpartition("/")[2]] if "$ref" in node else node


def of(**properties: Any) -> dict[str, Any]:
    return {"xml": {"name": "a"}, "properties": properties}


@pytest.mark.parametrize(
    ("value", "schema", "written"),
    [
        ({"b": 1}, of(), "<a><b>1</b></a>"),
        ({"b": True, "c": None}, of(), "<a><b>true</b><c></c></a>"),
        ({"b": "<&>"}, of(), "<a><b>&lt;&amp;&gt;</b></a>"),
        ({"b": "x\x00y"}, of(), "<a><b>xy</b></a>"),
        ({"b": '"'}, of(b={"xml": {"attribute": True, "name": "c"}}), "<a c='\"'></a>"),
        ({"b": 1}, of(b={"xml": {"name": "c"}}), "<a><c>1</c></a>"),
        ({"b": "x"}, of(b={"$ref": "#/s/Name"}), "<a><b>x</b></a>"),
        ({"b": ["x", "y"]}, of(b=LIST), "<a><b>x</b><b>y</b></a>"),
        ({"b": ["x"]}, of(b={**LIST, "xml": {"wrapped": True}}), "<a><b><b>x</b></b></a>"),
        (
            {"b": ["x"]},
            of(b={"xml": {"wrapped": True, "name": "c"}, "items": {"xml": {"name": "d"}}}),
            "<a><c><d>x</d></c></a>",
        ),
        ({"b": [{"id": 1}]}, of(b={"items": {"$ref": "#/s/Tag"}}), "<a><tag><id>1</id></tag></a>"),
        ({"id": 1}, {"$ref": "#/s/Tag"}, "<tag><id>1</id></tag>"),
        ({"b": 1}, {"xml": {"name": "a", "prefix": "p", "namespace": "urn:x"}}, '<p:a xmlns:p="urn:x"><b>1</b></p:a>'),
        ([1, 2], {"xml": {"name": "a"}, "items": {"xml": {"name": "b"}}}, "<a><b>1</b><b>2</b></a>"),
        ("x", {}, "<root>x</root>"),
        ({"1 b": {"": 1}}, of(), "<a><_1_b><item>1</item></_1_b></a>"),
    ],
)
def test_a_value_is_written_as_its_schema_says(value: Any, schema: Any, written: str) -> None:
    assert write_xml(value, schema, look).partition("\n")[2] == written
