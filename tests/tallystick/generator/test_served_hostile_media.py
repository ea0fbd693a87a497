"""Whatever arrives where styles, parts, lines and ranges are read, over HTTP: never the server's fault."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import Message

from tallystick.runtime.ranges import RangedSource
from tests.support.contracts import Contracts, Served

CONTRACT = """
paths:
  /lists/{a}.{b}/{c}:
    get:
      operationId: getList
      parameters:
        - {name: a, in: path, required: true, schema: {type: string}}
        - {name: b, in: path, required: true, explode: true, schema: {type: object}}
        - name: c
          in: path
          required: true
          style: matrix
          explode: true
          schema: {anyOf: [{type: integer}, {type: array, items: {type: integer}}]}
        - name: tree
          in: query
          style: deepObject
          schema:
            anyOf:
              - {type: integer}
              - {type: array, items: {type: array, items: {type: integer}}}
              - {type: object, properties: {a: {$ref: "#/components/schemas/Tree"}}}
        - {name: pipes, in: query, style: pipeDelimited, explode: false, schema: {type: [array, integer], items: {}}}
        - {name: c, in: cookie, schema: {anyOf: [{type: boolean}, {type: array, items: {type: integer}}]}}
        - {name: X-Either, in: header, schema: {anyOf: [{type: integer}, {type: object}, {type: array, items: {}}]}}
      responses: {"204": {description: ok}}
  /bodies:
    post:
      operationId: postBody
      requestBody:
        required: true
        content:
          application/x-ndjson: {schema: {$ref: "#/components/schemas/Tree"}}
          application/json-seq: {schema: {$ref: "#/components/schemas/Tree"}}
          application/x-www-form-urlencoded: &form
            schema: {$ref: "#/components/schemas/Tree"}
            encoding:
              a: {style: deepObject, explode: true}
              b: {style: spaceDelimited}
              c: {style: form, explode: true}
          multipart/form-data: *form
          multipart/mixed: {schema: {type: array, items: {$ref: "#/components/schemas/Tree"}}}
          application/xml: {schema: {$ref: "#/components/schemas/Tree"}}
      responses: {"204": {description: ok}}
  /file:
    get:
      operationId: getFile
      responses:
        "200": {description: ok, content: {image/png: {}}}
        "206": {description: ok, content: {image/png: {}}}
        "416": {description: none}
components:
  schemas:
    Tree:
      type: object
      xml: {name: tree, namespace: "urn:t"}
      properties:
        a: {$ref: "#/components/schemas/Tree"}
        b: {type: array, items: {type: integer}}
        c: {anyOf: [{type: object, properties: {d: {type: [integer, "null"]}}}, {type: string, maxLength: 2}]}
        f: {anyOf: [{type: string, format: binary}, {type: integer}]}
"""
_PIECES = (
    *(
        "a",
        "b",
        "c",
        "d",
        "tree",
        "x",
        "0",
        "1",
        "-",
        "=",
        "&",
        ";",
        ",",
        ".",
        "|",
        " ",
        "[",
        "]",
        "[]",
        "[0]",
        "%",
        "%2C",
    ),
    *(
        "%5B",
        "%00",
        "%ff",
        "null",
        "true",
        "{",
        "}",
        '"',
        ":",
        "\n",
        "\r\n",
        "\x1e",
        "--x",
        "--x--",
        "<tree xmlns='urn:t'>",
    ),
    *("</tree>", "<a>", "</a>", "bytes=", "Content-Disposition: form-data; name=", "Content-Type: application/json"),
)
TEXTS = st.lists(st.sampled_from(_PIECES) | st.text(max_size=3), max_size=15).map("".join)
HEADERS = TEXTS.map(lambda text: "".join(c for c in text if c.isprintable() and ord(c) < 256))
PATHS = TEXTS.map(lambda text: "".join(c for c in text if c.isascii() and c.isprintable() and c not in '?# \\"<>{}|^`'))
MEDIA = st.sampled_from(
    [
        *("application/x-ndjson", "application/json-seq", "application/x-www-form-urlencoded", "application/xml"),
        *("multipart/form-data; boundary=x", "multipart/mixed; boundary=x", "multipart/form-data"),
    ]
)
ODD = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


async def read(body: Any) -> None:
    if isinstance(body, AsyncIterator):
        async for _ in body:
            pass


@pytest.fixture
def served(contracts: Contracts) -> Served:
    return contracts.text(CONTRACT).serve(get_list=None, post_body=read, get_file=RangedSource.of(b"PNG"))


async def status_of(app: Any, path: bytes, query: bytes, headers: list[tuple[bytes, bytes]]) -> int:
    """The status of a GET whose target no client library tidied up."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": unquote(path.decode()), "raw_path": path, "query_string": query}
    await app({**scope, "headers": headers, "root_path": "", "state": {}}, receive, send)
    status: int = sent[0]["status"]
    return status


@ODD
@given(PATHS, TEXTS, HEADERS, HEADERS)
async def test_styles_and_choices(served: Served, path: str, query: str, cookie: str, header: str) -> None:
    headers = [(b"cookie", cookie.encode("latin-1")), (b"x-either", header.encode("latin-1"))]
    raw = f"/lists/a.b=1/;c=1{path}".encode()
    assert await status_of(served.app, raw, query.encode("utf-8", "replace"), headers) < 500


@ODD
@given(MEDIA, TEXTS, st.booleans())
async def test_fields_parts_and_lines(served: Served, media: str, text: str, framed: bool) -> None:
    part = f'--x\r\nContent-Disposition: form-data; name="a[b]"\r\n\r\n{text}\r\n--x--\r\n'
    content = (part if framed and "multipart" in media else text).encode("utf-8", "replace")
    answer = await served.post("/bodies", content=content, headers={"Content-Type": media})
    assert answer.status_code < 500, answer.text


@ODD
@given(HEADERS, HEADERS)
async def test_ranges(served: Served, wanted: str, condition: str) -> None:
    headers = {"Range": b"bytes=" + wanted.encode("latin-1"), "If-Range": condition.encode("latin-1")}
    answer = await served.get("/file", headers=headers)
    assert answer.status_code in (200, 206, 416)
    assert answer.status_code == 416 or answer.content in b"PNG"
