"""Ranges of bytes, over HTTP: a fault here gives a client the wrong bytes of a file, or breaks a download for good."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tallystick.runtime.ranges import RangedSource
from tests.support.contracts import Contracts, Package

CONTRACT = """
paths:
  /file:
    get:
      operationId: getFile
      responses:
        "200":
          description: All of it.
          headers:
            ETag: {schema: {type: string}}
            Last-Modified: {schema: {type: string, format: date-time}}
            Accept-Ranges: {required: true, schema: {const: bytes}}
            Content-Length: {required: true, schema: {type: integer}}
          content: {application/octet-stream: {schema: {type: string, format: binary}}}
        "206":
          description: A part of it.
          headers: {Content-Range: {required: true, schema: {type: string, pattern: "^bytes "}}}
          content: {application/octet-stream: {schema: {type: string, format: binary}}}
        "416":
          description: Nothing there.
          headers: {Content-Range: {required: true, schema: {type: string}}}
          content: {application/problem+json: {schema: {$ref: "#/components/schemas/NoRange"}}}
  /plain:
    get:
      operationId: getPlain
      responses:
        "200": {description: ok, content: {image/png: {}}}
        "206": {description: part, content: {image/png: {}}}
components:
  schemas:
    NoRange:
      type: object
      required: [type, title, status]
      properties:
        type: {const: /problems/range-not-satisfiable}
        title: {const: Range not satisfiable}
        status: {const: 416}
"""
CONTENT = bytes(range(200))
MODIFIED = datetime(2024, 2, 29, 12, tzinfo=UTC)
DATE = "Thu, 29 Feb 2024 12:00:00 GMT"


@pytest.fixture
def made(contracts: Contracts) -> Package:
    return contracts.text(CONTRACT)


def file(made: Package, body: Any = CONTENT) -> Any:
    return made.answer("default", "GetFile200")(body=body, etag='"a"', last_modified=MODIFIED)


@pytest.mark.parametrize(
    ("value", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=199-", 199, 200),
        ("bytes=10-1000", 10, 200),
        ("bytes=-5", 195, 200),
        ("bytes=-1000", 0, 200),
        ("Bytes = 0-1", 0, 2),
        ("bytes=0-4,5-9", 0, 10),
        ("bytes=5-9 , 0-6, 500-", 0, 10),
        ("bytes=,0-1,", 0, 2),
    ],
)
async def test_one_range_is_answered_with_its_bytes(made: Package, value: str, start: int, end: int) -> None:
    answer = await made.serve(get_file=file(made)).get("/file", headers={"Range": value})
    assert (answer.status_code, answer.content) == (206, CONTENT[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/200"
    assert answer.headers["content-length"] == str(end - start)
    assert (answer.headers["etag"], answer.headers["last-modified"]) == ('"a"', DATE)


@pytest.mark.parametrize(
    "value",
    [
        *("bytes=", "bytes=a-b", "bytes=5-4", "bytes=1", "bytes=--1", "items=0-1", "bytes 0-1", "bytes=0x1-2"),
        *("bytes=0-1,5-9", "bytes=0-1,a", "bytes=" + ",".join(["0-1"] * 17), "bytes=\u0661-2", "bytes=9" * 9),
    ],
)
async def test_what_is_no_range_or_too_many_of_them_gets_the_whole(made: Package, value: str) -> None:
    answer = await made.serve(get_file=file(made)).get("/file", headers={"Range": value.encode()})
    assert (answer.status_code, answer.content, answer.headers["accept-ranges"]) == (200, CONTENT, "bytes")
    assert "content-range" not in answer.headers


@pytest.mark.parametrize("value", ["bytes=200-", "bytes=500-600", "bytes=-0", "bytes=200-,300-"])
async def test_a_range_behind_the_end_is_refused_with_the_length(made: Package, value: str) -> None:
    answer = await made.serve(get_file=file(made)).get("/file", headers={"Range": value})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */200")
    assert answer.json()["type"] == "/problems/range-not-satisfiable"


async def test_a_contract_without_416_gives_the_whole_instead(made: Package) -> None:
    answer = await made.serve(get_plain=b"PNG").get("/plain", headers={"Range": "bytes=3-"})
    assert (answer.status_code, answer.content) == (200, b"PNG")
    answer = await made.serve(get_plain=b"PNG").get("/plain", headers={"Range": "bytes=1-"})
    assert (answer.status_code, answer.content) == (206, b"NG")


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ('"a"', 206),
        ('"b"', 200),
        ('W/"a"', 200),
        (DATE, 206),
        ("Thu, 29 Feb 2024 12:00:01 GMT", 200),
        ("yesterday", 200),
        ("a", 200),
    ],
)
async def test_a_part_is_sent_only_of_the_content_the_client_knows(made: Package, condition: str, status: int) -> None:
    headers = {"Range": "bytes=0-1", "If-Range": condition}
    assert (await made.serve(get_file=file(made)).get("/file", headers=headers)).status_code == status


async def test_without_a_validator_no_condition_holds(made: Package) -> None:
    headers = {"Range": "bytes=0-1", "If-Range": '"a"'}
    assert (await made.serve(get_plain=b"PNG").get("/plain", headers=headers)).status_code == 200


async def test_head_has_the_length_and_no_part(made: Package) -> None:
    served = made.serve(get_file=file(made))
    answer = await served.request("HEAD", "/file", headers={"Range": "bytes=0-1"})
    assert (answer.status_code, answer.headers["content-length"], answer.content) == (200, "200", b"")
    assert answer.headers["accept-ranges"] == "bytes"


async def test_an_empty_content_has_no_parts(made: Package) -> None:
    served = made.serve(get_file=file(made, b""))
    assert (await served.get("/file")).headers["content-length"] == "0"
    assert (await served.get("/file", headers={"Range": "bytes=-5"})).status_code == 200
    answer = await served.get("/file", headers={"Range": "bytes=0-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, "bytes */0")


async def test_only_what_was_asked_for_is_read(made: Package) -> None:
    asked: list[tuple[int, int]] = []

    async def read(start: int, end: int) -> AsyncIterator[bytes]:
        asked.append((start, end))
        for place in range(start, end, 10):
            yield b"x" * min(10, end - place)

    source = RangedSource(10**12, read)
    answer = await made.serve(get_plain=source).get("/plain", headers={"Range": "bytes=1000-1024"})
    assert (answer.status_code, answer.content) == (206, b"x" * 25)
    assert answer.headers["content-range"] == "bytes 1000-1024/1000000000000"
    await made.serve(get_plain=source).request("HEAD", "/plain")
    assert asked == [(1000, 1025)]


async def test_a_file_on_disk(made: Package, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(CONTENT * 1000)
    served = made.serve(get_plain=RangedSource.file(path))
    assert (await served.get("/plain")).content == CONTENT * 1000
    answer = await served.get("/plain", headers={"Range": "bytes=65000-135999"})
    assert answer.content == (CONTENT * 1000)[65000:136000]


@pytest.mark.parametrize("given", [b"abc", b"abcde"], ids=["short", "long"])
async def test_a_source_that_lied_about_its_length_breaks_the_connection(made: Package, given: bytes) -> None:
    async def read(_start: int, _end: int) -> AsyncIterator[bytes]:
        yield given

    with pytest.raises(ValueError, match="the source of an answer"):
        await made.serve(get_plain=RangedSource(4, read)).get("/plain")


async def test_a_stream_of_unknown_length_is_sent_whole(made: Package) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"PNG"

    answer = await made.serve(get_plain=lambda: pieces()).get("/plain", headers={"Range": "bytes=0-0"})
    assert (answer.status_code, answer.content, answer.headers["accept-ranges"]) == (200, b"PNG", "none")
