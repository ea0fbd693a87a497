"""`itemSchema` of OpenAPI 3.2, over HTTP: a fault here reads one value as the whole, or leaves values unjudged."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tallystick.generator.pipeline import generate
from tallystick.generator.request import GenerateRequest
from tallystick.runtime.watch import StreamBreach
from tests.support.contracts import Contracts, Package, refused, with_head

CONTRACT = """openapi: 3.2.0
info: {title: Test, version: "1"}
paths:
  /events:
    get:
      operationId: getEvents
      responses:
        "200":
          description: ok
          content:
            text/event-stream:
              itemSchema:
                type: object
                required: [data]
                properties:
                  event: {type: string}
                  data:
                    type: string
                    contentMediaType: application/json
                    contentSchema: {$ref: "#/components/schemas/Number"}
  /lines:
    post:
      operationId: postLines
      requestBody:
        required: true
        content: {application/jsonl: {itemSchema: {$ref: "#/components/schemas/Number"}}}
      responses: {"200": {description: ok, content: {application/x-ndjson: {itemSchema: {type: integer, maximum: 5}}}}}
  /parts:
    post:
      operationId: postParts
      requestBody:
        required: true
        content:
          multipart/mixed:
            itemSchema: {$ref: "#/components/schemas/Number"}
            itemEncoding: {contentType: application/json}
      responses: {"204": {description: ok}}
components:
  schemas:
    Number: {type: object, required: [n], properties: {n: {type: integer}}}
"""


@pytest.fixture
def made(contracts: Contracts) -> Package:
    return contracts.text(CONTRACT)


async def test_events_are_described_with_their_fields(made: Package) -> None:
    async def events() -> AsyncIterator[Any]:
        yield made.models.GetEventsResponse200Item(event="a", data=made.models.Number(n=1))

    answer = await made.serve(get_events=lambda: events()).get("/events")
    assert answer.text == 'event: a\ndata: {"n":1}\n\n'


async def test_each_line_is_judged_on_its_way_in_and_out(made: Package) -> None:
    async def twice(body: AsyncIterator[Any]) -> AsyncIterator[int]:
        async for number in body:
            yield 2 * number.n

    served = made.serve(post_lines=lambda body: twice(body))
    jsonl = {"Content-Type": "application/jsonl"}
    assert (await served.post("/lines", content=b'{"n":1}\n{"n":2}\n', headers=jsonl)).text == "2\n4\n"
    with pytest.raises(StreamBreach, match="6 is greater than the maximum"):
        await served.post("/lines", content=b'{"n":3}\n', headers=jsonl)


async def test_each_part_is_judged(made: Package) -> None:
    served = made.serve(post_parts=None)
    headers = {"Content-Type": "multipart/mixed; boundary=x"}
    content = '--x\r\nContent-Type: application/json\r\n\r\n{"n": 1}\r\n--x--\r\n'
    assert (await served.post("/parts", content=content.encode(), headers=headers)).status_code == 204
    answer = await served.post("/parts", content=content.replace("1", '"1"').encode(), headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/0/n")


@pytest.mark.parametrize(
    "place", ["requestBody: {content: {%s}}", 'responses: {"200": {description: ok, content: {%s}}}']
)
def test_a_media_type_of_one_value_has_no_items(tmp_path: Path, place: str) -> None:
    media = place % "application/json: {itemSchema: {type: integer}}"
    more = "" if "responses" in place else '\n      responses: {"204": {description: ok}}'
    text = f"""openapi: 3.2.0
info: {{title: Test, version: "1"}}
paths:
  /a:
    post:
      operationId: a
      {media}{more}
"""
    (found,) = refused(tmp_path, text)
    assert found.startswith("7:")
    assert found.endswith(" unsupported-media-type")


def test_an_answer_that_handlers_write_themselves_is_told(tmp_path: Path) -> None:
    contract = tmp_path / "openapi.yaml"
    text = """
paths:
  /a:
    get:
      operationId: a
      responses:
        "200":
          description: ok
          content: {text/csv: {schema: {type: array}}, image/png: {}, multipart/mixed: {schema: {type: object}}}
        "204": {description: none, content: {text/plain: {}}}
"""
    contract.write_text(with_head(text), encoding="utf-8")
    result = generate(GenerateRequest(contract, tmp_path / "out", "out", verify=False))
    assert [one.message for one in result.warnings if one.rule == "not-carried-out"] == [
        "an answer in text/csv is not written by its schema: handlers give text",
        "an answer in multipart/mixed is not written by its schema: handlers give bytes",
        "the content of an answer with status 204 is not sent: HTTP gives it none",
    ]
