"""Bodies that are neither JSON nor forms, over HTTP: a fault here loses a contract over one media type."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tallystick.generator.pipeline import generate
from tallystick.generator.request import GenerateRequest
from tests.support.contracts import Contracts, Package, with_head

CONTRACT = """
paths:
  /any:
    put:
      operationId: putAny
      requestBody:
        required: true
        content:
          application/json: {schema: {type: integer}}
          application/xml: {}
          application/atom+xml: {}
          text/csv: {schema: {type: array, items: {type: string}}}
          text/plain: {schema: {type: integer, maximum: 9}}
          application/x-thing: {schema: {type: object}}
          application/x-www-form-urlencoded:
            schema: {type: object, properties: {b: {type: array, items: {type: string}}}}
            encoding: {b: {style: pipeDelimited}}
          image/*: {}
          "*/*": {schema: {type: string, format: binary}}
      responses: {"204": {description: ok}}
"""


OCTETS = "application/octet-stream"


@pytest.fixture
def made(contracts: Contracts) -> Package:
    return contracts.text(CONTRACT)


@pytest.mark.parametrize(
    ("media_type", "content", "given"),
    [
        ("application/json", b"5", 5),
        ("application/xml", b'<?xml version="1.0"?><a b="c">d</a>', b'<?xml version="1.0"?><a b="c">d</a>'),
        ("application/atom+xml", b"<a/>", b"<a/>"),
        ("text/csv", b"a;b", "a;b"),
        ("text/plain", b"7", 7),
        ("application/x-thing", b"\x00\xff", b"\x00\xff"),
        ("image/gif", b"GIF", b"GIF"),
        ("video/webm", b"", b""),
        (None, b"octets", b"octets"),
    ],
)
async def test_what_a_handler_gets_of_each_media_type(
    made: Package, media_type: str | None, content: bytes, given: object
) -> None:
    served = made.serve(put_any=None)
    headers = {"Content-Type": media_type} if media_type else {}
    answer = await served.request("PUT", "/any", content=content, headers=headers)
    assert answer.status_code == 204, answer.text
    assert served.given == {"body": given}


async def test_a_required_body_of_bytes_can_be_missing(made: Package) -> None:
    """No bytes of a named type are a value; no bytes of no type are no body."""
    served = made.serve(put_any=None)
    assert (await served.request("PUT", "/any")).status_code == 422
    octets = {"Content-Type": OCTETS}
    assert (await served.request("PUT", "/any", content=b"", headers=octets)).status_code == 204


BOMB = b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><a>&d;</a>'


@pytest.mark.parametrize(
    ("media_type", "content", "status"),
    [
        ("application/xml", b"<a>", 400),
        ("application/xml", b"<a></b>", 400),
        ("application/xml", b"", 400),
        ("application/xml", BOMB, 400),
        ("application/xml", b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', 400),
        ("application/xml", b"<a>&b;</a>", 400),
        ("application/xml", b'<?xml version="1.0" encoding="utf-7"?><a/>', 400),
        ("application/xml", b'<?xml version="1.0" encoding="rot13"?><a/>', 400),
        ("application/xml", b"\xff\xfe\x00", 400),
        ("application/atom+xml", b"<a>" * 100_000, 400),
        ("text/plain", b"10", 422),
        ("text/plain", b"x", 422),
        ("text/csv", b"\xff", 400),
    ],
)
async def test_what_is_refused(made: Package, media_type: str, content: bytes, status: int) -> None:
    """Entities would let a client of a few bytes take gigabytes, or files of the server."""
    served = made.serve(put_any=None)
    answer = await served.request("PUT", "/any", content=content, headers={"Content-Type": media_type})
    assert answer.status_code == status, answer.text
    assert not served.given


STREAMED = """
paths:
  /big:
    put:
      operationId: putBig
      x-stream: true
      x-max-body-bytes: 3000
      requestBody: {content: {application/json: {schema: {type: integer}}, application/octet-stream: {}}}
      responses: {"204": {description: ok}}
"""


@pytest.mark.parametrize(("count", "status"), [(3, 204), (4, 413)])
async def test_a_streamed_body_arrives_in_pieces_up_to_its_limit(contracts: Contracts, count: int, status: int) -> None:
    sent: list[int] = []
    seen: list[tuple[int, int]] = []

    async def pieces() -> AsyncIterator[bytes]:
        for number in range(count):
            sent.append(number)
            yield b"x" * 1000

    async def put_big(body: AsyncIterator[bytes]) -> None:
        nonlocal seen
        async for piece in body:
            seen += [(len(piece), len(sent))] if piece else []

    served = contracts.text(STREAMED).serve(put_big=put_big)
    answer = await served.request("PUT", "/big", content=pieces(), headers={"Content-Type": OCTETS})
    assert answer.status_code == status
    assert seen == [(1000, 1), (1000, 2), (1000, 3)], "each piece before the next is sent"


async def test_a_form_field_is_json_where_the_contract_says_so(contracts: Contracts) -> None:
    served = contracts.text("""
paths:
  /form:
    post:
      operationId: postForm
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema: {type: object, properties: {a: {type: array, items: {type: integer}}, b: {type: string}}}
            encoding: {a: {contentType: application/json}, b: {contentType: application/json}}
      responses: {"204": {description: ok}}
""").serve(post_form=None)
    assert (await served.post("/form", data={"a": "[]", "b": '"c"'})).status_code == 204
    assert served.given["body"].model_dump() == {"a": [], "b": "c"}
    assert (await served.post("/form", data={"a": "1"})).status_code == 422


def test_that_a_schema_is_not_held_to_is_said_aloud(tmp_path: Path) -> None:
    contract = tmp_path / "openapi.yaml"
    contract.write_text(with_head(CONTRACT), encoding="utf-8")
    result = generate(GenerateRequest(contract, tmp_path / "out", "out", verify=False))
    found = [one.message for one in result.warnings if one.rule == "not-carried-out"]
    assert [message.split(" is not read")[0].rpartition(" ")[2] for message in found] == [
        "text/csv",
        "application/x-thing",
    ]


ANYTHING = """
paths:
  /options:
    delete:
      operationId: setOptions
      requestBody: {content: {"*/*": {schema: {type: object, properties: {grace: {type: integer}}}}}}
      responses: {"204": {description: ok}}
"""


async def test_an_object_in_any_media_type_is_judged_where_it_is_json(contracts: Contracts) -> None:
    """Taken as bytes, its schema would judge nothing; what is no JSON is for the handler to read."""
    served = contracts.text(ANYTHING).serve(set_options=None)
    headers = {"Content-Type": "application/json"}
    assert (await served.request("DELETE", "/options", content=b'{"grace": 3}', headers=headers)).status_code == 204
    assert served.given["body"].grace == 3
    assert (await served.request("DELETE", "/options", content=b'{"grace": "x"}', headers=headers)).status_code == 422
    assert (await served.request("DELETE", "/options")).status_code == 204
    yaml = {"Content-Type": "application/yaml"}
    assert (await served.request("DELETE", "/options", content=b"grace: 3", headers=yaml)).status_code == 204
    assert served.given["body"] == b"grace: 3"
