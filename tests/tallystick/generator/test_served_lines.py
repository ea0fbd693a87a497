"""Bodies of one JSON value after another, over HTTP: a fault here holds whole bodies in memory, or lets values in that
the contract refuses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tallystick.runtime.lines import MAX_LINE
from tallystick.runtime.watch import StreamBreach
from tests.support.contracts import Contracts, Served, refused

CONTRACT = """
paths:
  /items:
    post:
      operationId: addItems
      x-max-body-bytes: 4194304
      requestBody:
        required: true
        content:
          application/x-ndjson: {schema: {$ref: "#/components/schemas/Item"}}
          application/jsonl: {schema: {type: array, minItems: 1, maxItems: 2, items: {type: integer}}}
          application/json-seq: {schema: {$ref: "#/components/schemas/Item"}}
      responses: {"200": {description: ok, content: {application/json: {schema: {type: integer}}}}}
    get:
      operationId: getItems
      responses:
        "200":
          description: ok
          content: {application/json-seq: {schema: {type: array, items: {$ref: "#/components/schemas/Item"}}}}
components:
  schemas:
    Item: {type: object, additionalProperties: false, required: [n], properties: {n: {type: integer, maximum: 9}}}
"""
NDJSON = {"Content-Type": "application/x-ndjson"}
SEQUENCE = {"Content-Type": "application/json-seq"}
SEEN: list[Any] = []


async def count(body: AsyncIterator[Any], **_: Any) -> int:
    async for each in body:
        SEEN[len(SEEN) :] = [each if isinstance(each, int) else each.n]
    return len(SEEN)


@pytest.fixture
def served(contracts: Contracts) -> Served:
    SEEN.clear()
    return contracts.text(CONTRACT).serve(add_items=count)


@pytest.mark.parametrize(
    ("media_type", "content", "seen"),
    [
        ("x-ndjson", b'{"n": 1}\n{"n": 2}\n', [1, 2]),
        ("x-ndjson", b'{"n": 1}\r\n\r\n{"n": 2}', [1, 2]),
        ("x-ndjson", b"", []),
        ("jsonl", b"5\n6", [5, 6]),
        ("json-seq", b'\x1e{"n":\n1}\n\x1e{"n": 2}\n', [1, 2]),
    ],
)
async def test_a_handler_gets_each_value_as_its_type(
    served: Served, media_type: str, content: bytes, seen: list[int]
) -> None:
    answer = await served.post("/items", content=content, headers={"Content-Type": f"application/{media_type}"})
    assert (answer.status_code, answer.json()) == (200, len(seen)), answer.text
    assert seen == SEEN


@pytest.mark.parametrize(
    ("media_type", "content", "status", "pointer", "code", "line"),
    [
        ("x-ndjson", b'{"n": 1}\n\n{"n": "2"}\n{', 422, "/1/n", "integer_type", "Value 2, line 3"),
        ("x-ndjson", b'{"n": 1}\n{"n": 1, "m": 2}', 422, "/1/m", "unknown", "Value 2, line 2"),
        ("x-ndjson", b'{"n": 1}\n{"n":\n', 400, "/1", "json_invalid", "Value 2, line 2"),
        ("x-ndjson", b'{"n": 1, "n": 2}', 400, "/0", "json_duplicate_key", "Value 1, line 1"),
        ("jsonl", b"", 422, "", "too_short", "At least 1"),
        ("jsonl", b"1\n2\n3", 422, "", "too_long", "At most 2"),
        ("json-seq", b'{"n": 1}\n', 400, "/0", "malformed", "record separator"),
        ("json-seq", b'\x1e{"n": 1}', 400, "/0", "malformed", "line feed"),
    ],
)
async def test_the_first_bad_value_is_refused_with_its_place(
    served: Served, media_type: str, content: bytes, status: int, pointer: str, code: str, line: str
) -> None:
    answer = await served.post("/items", content=content, headers={"Content-Type": f"application/{media_type}"})
    assert answer.status_code == status, answer.text
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert line in error["message"]


async def test_values_reach_the_handler_while_the_rest_is_still_sent(served: Served) -> None:
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        for piece in (b'{"n": 1}\n{"n', b'": 2}\n', b'{"n": 3}\n'):
            assert len(SEEN) == sent, "a value is not held back"
            sent = piece.count(b"\n") + sent
            yield piece

    answer = await served.post("/items", content=pieces(), headers=NDJSON)
    assert (answer.status_code, SEEN) == (200, [1, 2, 3])


async def test_one_value_has_a_limit_of_its_own(served: Served) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(2 * MAX_LINE // 65536):
            yield b" " * 65536

    answer = await served.post("/items", content=endless(), headers=NDJSON)
    assert (answer.status_code, "One value" in answer.json()["detail"]) == (413, True)
    long = b'{"n": 1}' + b" " * (MAX_LINE - 8)
    assert (await served.post("/items", content=long + b"\n" + long, headers=NDJSON)).status_code == 200


async def test_the_whole_is_held_by_the_operations_limit(served: Served) -> None:
    async def many() -> AsyncIterator[bytes]:
        for _ in range(6_000):
            yield b'{"n": 1}\n' * 100

    answer = await served.post("/items", content=many(), headers=NDJSON)
    assert (answer.status_code, "4194304 bytes" in answer.json()["detail"]) == (413, True)


async def test_sequences_are_answered_with_separators(contracts: Contracts) -> None:
    made = contracts.text(CONTRACT)

    async def items(*numbers: Any) -> AsyncIterator[Any]:
        for number in numbers:
            yield made.models.Item.model_construct(n=number)

    answer = await made.serve(get_items=lambda: items(1, 2)).get("/items")
    assert answer.content == b'\x1e{"n":1}\n\x1e{"n":2}\n'
    with pytest.raises(StreamBreach, match="10 is greater than the maximum"):
        await made.serve(get_items=lambda: items(1, 10)).get("/items")


def test_what_no_iterator_can_judge_is_refused_when_generating(tmp_path: Path) -> None:
    text = """
paths:
  /a:
    post:
      operationId: a
      requestBody: {content: {application/x-ndjson: {schema: {type: array, uniqueItems: true, items: {}}}}}
      responses: {"204": {description: ok}}
"""
    assert refused(tmp_path, text) == ["6:89 unsupported-media-type"]
