"""Refusals of the run time in the error answers that a contract declares, whatever their shape."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.runtime.xml_door import read_xml
from tests.support.contracts import Contracts

PATH = "paths:\n  /a:\n    get:\n      operationId: getA\n      tags: [a]\n"
QUERY = "      parameters: [{name: n, in: query, schema: {type: integer}}]\n"


def contract(answers: str, schema: str = "{}") -> str:
    responses = "      responses:\n        '204': {description: Fine.}\n"
    return f"{PATH}{QUERY}{responses}{answers}components: {{schemas: {{Failure: {schema}}}}}\n"


def answer(status: str, media: str = "application/json") -> str:
    content = f"{{{media}: {{schema: {{$ref: '#/components/schemas/Failure'}}}}}}"
    return f"        '{status}': {{description: Bad., content: {content}}}\n"


SENTENCE = "query /n: Input should be an integer."


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        ("{type: object, required: [message], properties: {message: {type: string}, code: {type: integer}}}",
         {"message": SENTENCE}),
        ("{type: object, properties: {code: {type: integer}, detail: {type: string, enum: [a]}}}",
         {"code": 400, "detail": "a"}),
        ("{type: object, properties: {errors: {additionalProperties: {type: array, items: {type: string}}}}}",
         {"errors": {"error": [SENTENCE]}}),
        ("{allOf: [{type: object, required: [a], properties: {a: {type: number, exclusiveMinimum: 2}}}]}", {"a": 3}),
        ("{type: object, required: [on, at], properties: {on: {type: boolean}, at: {type: string, format: date-time}}}",
         {"on": False, "at": "2024-01-01T00:00:00Z"}),
        ("{type: object, required: [error], properties: {error: {oneOf: [{type: 'null'}, {type: string}]}}}",
         {"error": None}),
    ],
)  # fmt: skip
async def test_the_body_satisfies_the_declared_schema(contracts: Contracts, schema: str, body: dict[str, Any]) -> None:
    served = contracts.text(contract(answer("400"), schema)).serve(get_a=None)
    got = await served.get("/a?n=x")
    assert (got.status_code, got.headers["content-type"]) == (400, "application/json")
    told = got.json()
    assert told.keys() == body.keys()
    assert {name: value for name, value in told.items() if value != body[name] and "query /n" not in str(value)} == {}


FAULT = """{type: object, xml: {name: Fault}, required: [Code, Message], properties: {Code: {type: string, enum: [No]},
  Message: {type: string, xml: {name: Text}}, host: {type: string, xml: {attribute: true}}}}"""


@pytest.mark.parametrize("media", ["application/xml", "text/xml; charset=utf-8", "application/fault+xml"])
async def test_errors_in_xml_are_named_and_escaped(contracts: Contracts, media: str) -> None:
    served = contracts.text(contract(answer("400", f"'{media}'"), FAULT)).serve(get_a=None)
    got = await served.get("/a?n=x")
    assert (got.status_code, got.headers["content-type"]) == (400, media)
    root = read_xml(got.content)
    assert (root.name, {one.name: one.text for one in root.children}) == ("Fault", {"Code": "No", "Text": SENTENCE})
    hostile = await served.get("/a?n=x&n=%3C/Text%3E%26")
    assert len(read_xml(hostile.content).children) == 2, "nothing that was sent is taken for markup"


LIST = "{type: array, items: {type: object, required: [message], properties: {message: {type: string}}}, minItems: 1}"


@pytest.mark.parametrize(
    ("media", "schema", "sent_as", "body"),
    [
        ("text/plain", "{type: string}", "text/plain", SENTENCE),
        ("text/plain", "{type: string, enum: [no]}", "text/plain", "no"),
        ("text/*", "{type: string}", "text/plain", SENTENCE),
        ("application/json", "{type: string}", "application/json", f'"{SENTENCE}"'),
        ("application/json", LIST, "application/json", f'[{{"message":"{SENTENCE}"}}]'),
        ("'*/*'", "{type: object, required: [error], properties: {error: {type: string}}}", "application/json",
         f'{{"error":"{SENTENCE}"}}'),
    ],
)  # fmt: skip
async def test_what_is_no_object_is_said_too(
    contracts: Contracts, media: str, schema: str, sent_as: str, body: str
) -> None:
    """Texts, JSON strings, lists, and content of any type keep the declared media type and schema."""
    served = contracts.text(contract(answer("400", media), schema)).serve(get_a=None)
    got = await served.get("/a?n=x")
    assert (got.status_code, got.headers["content-type"], got.text) == (400, sent_as, body)


async def test_a_page_is_no_place_for_markup_of_the_client(contracts: Contracts) -> None:
    text = contract(answer("400", "text/html"), "{type: string}").replace("name: n,", "name: 'n<b>',")
    got = await contracts.text(text).serve(get_a=None).get("/a?n%3Cb%3E=x")
    assert got.text == "query /n&lt;b&gt;: Input should be an integer."


async def test_an_open_problem_without_constants_tells_everything(contracts: Contracts) -> None:
    schema = "{type: object, properties: {title: {type: string}, type: {type: string}}}"
    text = contract(answer("400", "application/problem+json"), schema)
    got = (await contracts.text(text).serve(get_a=None).get("/a?n=x")).json()
    assert (got["type"], got["status"]) == ("/problems/validation-failed", 400)
    assert got["errors"][0]["pointer"] == "/n"


async def test_a_closed_problem_tells_what_it_may(contracts: Contracts) -> None:
    schema = "{type: object, additionalProperties: false, properties: {title: {type: string}, type: {type: string}}}"
    text = contract(answer("400", "application/problem+json"), schema)
    got = (await contracts.text(text).serve(get_a=None).get("/a?n=x")).json()
    assert got == {"type": "/problems/validation-failed", "title": "Validation failed"}


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [(["422", "400"], 422), (["400"], 400), (["4XX"], 422), (["default"], 422), (["4XX", "400"], 400), (["404"], 422)],
)
async def test_the_status_that_fits_best_is_taken(contracts: Contracts, statuses: list[str], expected: int) -> None:
    schema = "{type: object, required: [message], properties: {message: {type: string}}}"
    got = await contracts.text(contract("".join(map(answer, statuses)), schema)).serve(get_a=None).get("/a?n=x")
    assert got.status_code == expected
    is_declared = statuses != ["404"]
    assert ("message" in got.json()) == is_declared


async def test_an_answer_without_content_keeps_its_status(contracts: Contracts) -> None:
    text = contract("        '400': {description: Bad.}\n")
    got = await contracts.text(text).serve(get_a=None).get("/a?n=x")
    assert (got.status_code, got.content) == (400, b"")


async def test_a_schema_that_nothing_satisfies_leaves_the_plain_problem(contracts: Contracts) -> None:
    got = await contracts.text(contract(answer("400"), "{not: {}}")).serve(get_a=None).get("/a?n=x")
    assert (got.status_code, got.headers["content-type"]) == (422, "application/problem+json")
