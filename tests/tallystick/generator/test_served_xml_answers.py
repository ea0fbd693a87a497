"""Answers in XML and namespaces in bodies, over HTTP: a fault here sends XML that no reader takes, or reads what stands
in another vocabulary."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support.contracts import Contracts, Package, Served

CONTRACT = """
paths:
  /pets/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get:
      operationId: getPet
      responses:
        "200":
          description: ok
          content:
            application/json: {schema: {$ref: "#/components/schemas/Pet"}}
            application/xml: {schema: {$ref: "#/components/schemas/Pet"}}
    put:
      operationId: putPet
      requestBody: {required: true, content: {application/xml: {schema: {$ref: "#/components/schemas/Pet"}}}}
      responses: {"200": {description: ok, content: {application/xml: {schema: {$ref: "#/components/schemas/Pet"}}}}}
  /pets:
    get:
      operationId: getPets
      responses:
        "200":
          description: ok
          content: {text/xml: {schema: {type: array, items: {$ref: "#/components/schemas/Pet"}, xml: {name: pets}}}}
  /raw: {get: {operationId: getRaw, responses: {"200": {description: ok, content: {application/xml: {}}}}}}
components:
  schemas:
    Pet:
      type: object
      additionalProperties: false
      required: [name]
      xml: {name: pet, namespace: "urn:pets", prefix: p}
      properties:
        id: {type: integer, xml: {attribute: true}}
        kind: {type: string, xml: {attribute: true, namespace: "urn:kinds"}}
        name: {type: string}
        price: {type: number, xml: {namespace: "urn:money", prefix: m}}
        note: {type: [string, "null"]}
        urls: {type: array, items: {type: string, xml: {name: url}}, xml: {wrapped: true}}
        marks: {type: array, items: {type: boolean, xml: {name: mark}}}
        parent: {$ref: "#/components/schemas/Pet"}
        sizes: {type: object, additionalProperties: {type: number}}
"""
XML = {"Content-Type": "application/xml"}


@pytest.fixture
def made(contracts: Contracts) -> Package:
    return contracts.text(CONTRACT)


def pet(made: Package, **values: Any) -> Any:
    return made.models.Pet.model_validate({"name": 'a<&>"é', **values})


async def test_each_property_stands_where_the_contract_says(made: Package) -> None:
    whole = pet(
        made,
        id=7,
        kind='d"g',
        price=Decimal("1.50"),
        note=None,
        urls=["u", "v"],
        marks=[True, False],
        parent={"name": "b", "urls": []},
        sizes={"tail": 2.5},
    )
    answer_class = made.answer("default", "GetPet200Xml")
    answer = await made.serve(get_pet=answer_class(body=whole)).get("/pets/1", headers={"Accept": "application/xml"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml"), answer.text
    assert answer.text == (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<p:pet xmlns:p="urn:pets" id="7" xmlns:ns="urn:kinds" ns:kind=\'d"g\'><name>a&lt;&amp;&gt;"é</name>'
        '<m:price xmlns:m="urn:money">1.5</m:price>'
        '<note xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/>'
        "<urls><url>u</url><url>v</url></urls><mark>true</mark><mark>false</mark>"
        "<parent><name>b</name><urls></urls></parent><sizes><tail>2.5</tail></sizes></p:pet>"
    )


async def test_what_is_written_is_read_back_as_the_same(made: Package) -> None:
    served = made.serve(put_pet=lambda body, **_: body)
    first = pet(made, id=7, kind="dog", price=1.5, note=None, urls=["u"], marks=[True], sizes={"a": 1})
    answer = await made.serve(put_pet=first).request(
        "PUT", "/pets/1", content=b"<p:pet xmlns:p='urn:pets'><name/></p:pet>", headers=XML
    )
    again = await served.request("PUT", "/pets/1", content=answer.content, headers=XML)
    assert again.status_code == 200, again.text
    assert served.given["body"] == first
    assert again.content == answer.content


async def test_a_list_is_an_element_with_elements(made: Package) -> None:
    answer = await made.serve(get_pets=lambda: [pet(made)]).get("/pets")
    assert answer.text.endswith('<pets><p:pet xmlns:p="urn:pets"><name>a&lt;&amp;&gt;"é</name></p:pet></pets>')


@pytest.mark.parametrize("values", [{"note": "\x01"}, {"sizes": {"a b": 1}}, {"sizes": {"1": 1}}, {"sizes": {"": 1}}])
async def test_what_no_xml_holds_is_never_sent(
    made: Package, values: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("CRITICAL", "tallystick.runtime.dispatch"):
        assert (await made.serve(get_pets=lambda: [pet(made, **values)]).get("/pets")).status_code == 500


@pytest.mark.parametrize(("body", "status"), [(b"<a><b/></a>", 200), (b"<a>", 500), (b"<!DOCTYPE a><a/>", 500)])
async def test_raw_xml_of_handlers_is_well_formed(
    made: Package, body: bytes, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("CRITICAL", "tallystick.runtime.dispatch"):
        assert (await made.serve(get_raw=body).get("/raw")).status_code == status


@pytest.fixture
def served(made: Package) -> Served:
    return made.serve(put_pet=lambda body, **_: body)


PET = '<x:pet xmlns:x="urn:pets" xmlns:k="urn:kinds" xmlns:y="urn:money"{}>{}</x:pet>'


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (PET.format("", "<name>a</name><y:price>1</y:price>"), {"name": "a", "price": 1}),
        ('<pet xmlns="urn:pets"><name>a</name></pet>', {"name": "a"}),
        (PET.format(" k:kind='dog' id='1'", "<name>a</name>"), {"name": "a", "kind": "dog", "id": 1}),
        (PET.format(" xml:lang='en'", "<name xml:space='preserve'> a </name>"), {"name": " a "}),
    ],
)
async def test_prefixes_are_the_clients_choice(served: Served, content: str, value: dict[str, Any]) -> None:
    answer = await served.request("PUT", "/pets/1", content=content.encode(), headers=XML)
    assert answer.status_code == 200, answer.text
    assert served.given["body"].model_dump(exclude_unset=True) == value


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ("<pet><name>a</name></pet>", ""),
        ('<pet xmlns="urn:other"><name>a</name></pet>', ""),
        (PET.format("", "<name>a</name><price>1</price>"), "/price"),
        (PET.format("", "<name>a</name><x:price>1</x:price>"), "/price"),
        (PET.format(" kind='dog'", "<name>a</name>"), "/kind"),
    ],
)
async def test_a_name_of_another_vocabulary_is_another_name(served: Served, content: str, pointer: str) -> None:
    answer = await served.request("PUT", "/pets/1", content=content.encode(), headers=XML)
    assert answer.status_code == 422, answer.text
    assert {(each["pointer"], each["code"]) for each in answer.json()["errors"]} == {(pointer, "unknown")}


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "content",
    [
        f'<!DOCTYPE pet [<!ENTITY l0 "ha">{LAUGHS}]><pet><name>&l9;</name></pet>',
        '<!DOCTYPE pet [<!ENTITY x SYSTEM "file:///etc/passwd">]><pet><name>&x;</name></pet>',
        '<!DOCTYPE pet SYSTEM "http://127.0.0.1:9/x.dtd"><pet/>',
        "<!DOCTYPE pet [<!ENTITY % x \"<!ENTITY y 'z'>\">%x;]><pet/>",
        "<pet><name>&unknown;</name></pet>",
        "<q:pet/>",
    ],
    ids=["billion laughs", "external entity", "external document type", "parameter entity", "entity", "prefix"],
)
async def test_hostile_xml_is_refused_before_anything_is_made_of_it(served: Served, content: str) -> None:
    answer = await served.request("PUT", "/pets/1", content=content.encode(), headers=XML)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "malformed")
