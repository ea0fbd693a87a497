"""Bodies in XML by their schema, over HTTP: a fault here lets in what the contract refuses, or loses what was sent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.contracts import Contracts, Package

Made = Callable[[str], Package]
XML = {"Content-Type": "application/xml"}


async def test_xml_arrives_as_the_model_that_json_arrives_as(package: Made) -> None:
    served = package("body_xml").serve(add_pet=None)
    content = """<?xml version="1.0" encoding="ISO-8859-1"?>
      <pet id="7" xmlns:p="urn:p"><name>Bär &amp; <![CDATA[<Co>]]></name><p:is-alive> true </p:is-alive>
        <parent><name>Old</name><urls/></parent>
        <urls><urls>a</urls><urls>b</urls></urls>
        <tags><tag><n>1</n><mark>2</mark><mark>3</mark></tag><tag/></tags>
        <nick>x</nick><nick> y</nick>
        <sizes><tail>1.5</tail></sizes>
      </pet>"""
    answer = await served.post("/pets", content=content.encode("latin-1"), headers=XML)
    assert answer.status_code == 204, answer.text
    assert served.given["body"].model_dump(exclude_unset=True) == {
        "id": 7,
        "name": "Bär & <Co>",
        "alive": True,
        "parent": {"name": "Old", "urls": []},
        "urls": ["a", "b"],
        "tags": [{"n": 1, "marks": [2, 3]}, {"marks": []}],
        "nick": ["x", " y"],
        "sizes": {"tail": 1.5},
    }
    assert (await served.post("/pets", json={"name": "ab", "urls": []})).status_code == 204


async def test_what_an_open_object_does_not_name_may_be_anything(package: Made) -> None:
    served = package("body_xml").serve(add_tags=None)
    content = b"<x><tag><n>1</n><a/><a>b<c/>d</a><e><f/><f g='1'/></e></tag></x>"
    answer = await served.post("/tags", content=content, headers=XML)
    assert answer.status_code == 204, answer.text


async def test_a_root_may_be_an_array(package: Made) -> None:
    served = package("body_xml").serve(add_tags=None)
    assert (await served.post("/tags", content=b"<x><tag><n>1</n></tag></x>", headers=XML)).status_code == 204
    assert [tag.n for tag in served.given["body"]] == [1]
    answer = await served.post("/tags", content=b"<x><tag/><tag/><tag/></x>", headers=XML)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("<pet><name>a</name></pet>", {("/name", "string_too_short"), ("/urls", "missing")}),
        ("<pet id='x'><name>ab</name><urls/></pet>", {("/id", "integer_type")}),
        ("<pet><name>ab</name><urls>text</urls></pet>", {("/urls", "array_type")}),
        ("<pet><name>ab</name><urls/><other/></pet>", {("/other", "unknown")}),
        ("<pet other='1'><name>ab</name><urls/></pet>", {("/other", "unknown")}),
        ("<pet><name>ab</name><name>ab</name><urls/></pet>", {("/name", "repeated")}),
        ("<pet><name><b/></name><urls/></pet>", {("/name", "string_type")}),
        ("<pet>text<name>ab</name><urls/></pet>", {("", "object_type")}),
        ("<pet><name>ab</name><urls><url/></urls></pet>", {("/urls", "unknown")}),
        ("<pet><name>ab</name><urls>a</urls></pet>", {("/urls", "array_type")}),
        ("<pet><name>ab</name><urls/><nick/><nick/><nick/></pet>", {("/nick", "too_long")}),
        (
            "<pet><name>ab</name><urls/><tags><tag><mark>a</mark></tag></tags></pet>",
            {("/tags/0/marks/0", "integer_type")},
        ),
        ("<dog><name>ab</name><urls/></dog>", {("", "unknown")}),
    ],
)
async def test_every_fault_points_to_its_value(package: Made, content: str, found: set[tuple[str, str]]) -> None:
    served = package("body_xml").serve(add_pet=None)
    answer = await served.post("/pets", content=content.encode(), headers=XML)
    assert answer.status_code == 422, answer.text
    assert {(each["pointer"], each["code"]) for each in answer.json()["errors"]} == found


async def test_the_deepest_xml_is_still_no_500(package: Made) -> None:
    served = package("body_xml").serve(add_pet=None)
    for depth in (80, 89, 90, 91, 50_000):
        content = b"<pet>" + b"<parent>" * depth + b"</parent>" * depth + b"</pet>"
        assert (await served.post("/pets", content=content, headers=XML)).status_code in (400, 422)


_NAMES = ("pet", "name", "urls", "tags", "nick", "parent", "sizes")
_ODD = ("<tag/>", "&lt;", "&#0;", "&#xD800;", "<!DOCTYPE a>", "<?a?>", "<a:b/>", "]]>", "<![CDATA[", "<!--", "-->", "1")
PIECES = st.sampled_from([*(f"<{name}>" for name in _NAMES), *(f"</{name}>" for name in _NAMES), *_ODD])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PIECES | st.text(max_size=4), max_size=20).map("".join), st.booleans())
async def test_hostile_xml_is_never_a_500(package: Made, text: str, whole: bool) -> None:
    served = package("body_xml").serve(add_pet=None)
    content = f"<pet>{text}</pet>" if whole else text
    answer = await served.post("/pets", content=content.encode("utf-8", "replace"), headers=XML)
    assert answer.status_code in (204, 400, 422)


NAMED = """
paths:
  /places:
    put:
      operationId: putPlace
      requestBody:
        content:
          text/xml:
            schema:
              type: object
              xml: {name: Place}
              additionalProperties: false
              properties: {side: {type: string, enum: [left, right], xml: {name: Where}}}
      responses: {"204": {description: ok}}
"""


async def test_what_is_written_in_place_keeps_its_name_in_xml(contracts: Contracts) -> None:
    """An enumeration becomes a component of its own, but nobody wrote one: its name for XML is the property's."""
    served = contracts.text(NAMED).serve(put_place=None)
    for side, status in (("left", 204), ("up", 422)):
        content = f"<Place><Where>{side}</Where></Place>".encode()
        assert (
            await served.request("PUT", "/places", content=content, headers={"Content-Type": "text/xml"})
        ).status_code == status
