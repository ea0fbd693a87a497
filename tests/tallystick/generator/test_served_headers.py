"""Headers and statuses of answers, over HTTP: a fault here sends what clients cannot read, or HTTP does not allow."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from tests.support.contracts import Contracts, Package, refused

CONTRACT = """
paths:
  /a:
    get:
      operationId: getA
      responses:
        "204":
          description: ok
          headers:
            X-Json: {content: {application/json: {schema: {$ref: "#/components/schemas/Point"}}}}
            X-List: {schema: {type: array, items: {type: integer}}}
            X-Point: {schema: {$ref: "#/components/schemas/Point"}}
            X-Spread: {explode: true, schema: {$ref: "#/components/schemas/Point"}}
            X-Time: {schema: {type: string, format: date-time}}
            X-Day: {schema: {type: string, format: date}}
            X-Http: {schema: {type: string, format: http-date}}
            X-Color: {schema: {type: string, enum: [red, green]}}
            X-Number: {schema: {enum: [1, 2]}}
            X-Uuid: {schema: {type: string, format: uuid}}
            X-Ratio: {schema: {type: number}}
            Last-Modified: {schema: {type: string, format: date-time}}
            Retry-After: {schema: {type: integer}}
            Set-Cookie: {schema: {type: string}}
        "4XX": {description: range, content: {application/json: {schema: {type: string}}}}
        default: {description: other, content: {text/plain: {schema: {type: string}}}}
  /moved:
    get:
      operationId: getMoved
      responses:
        "302":
          description: elsewhere
          headers: {Location: {required: true, schema: {type: string, format: uri-reference}}}
        "304": {description: the same, headers: {ETag: {schema: {type: string}}}, content: {text/plain: {}}}
components:
  schemas:
    Point: {type: object, required: [xPos], properties: {xPos: {type: integer}, name: {type: string}}}
"""
NOON = datetime(2024, 2, 29, 12, 0, 1, tzinfo=timezone(timedelta(hours=1)))


@pytest.fixture
def made(contracts: Contracts) -> Package:
    return contracts.text(CONTRACT)


@pytest.mark.parametrize(
    ("name", "value", "sent"),
    [
        ("X-Json", "point", '{"xPos":1,"name":"a\\u00f6\\ud83d\\ude00,b"}'),
        ("X-List", [1, 2], "1,2"),
        ("X-Spread", "point", "xPos=1,name=b"),
        ("X-Point", "point", "xPos,1,name,b"),
        ("X-Time", NOON, "2024-02-29T12:00:01+01:00"),
        ("X-Time", NOON.astimezone(UTC), "2024-02-29T11:00:01Z"),
        ("X-Day", date(2024, 2, 29), "2024-02-29"),
        ("X-Http", NOON, "Thu, 29 Feb 2024 11:00:01 GMT"),
        ("X-Color", "red", "red"),
        ("X-Number", 2, "2"),
        ("X-Ratio", 0.5, "0.5"),
        ("Last-Modified", NOON, "Thu, 29 Feb 2024 11:00:01 GMT"),
        ("Retry-After", 7, "7"),
    ],
)
async def test_each_header_is_written_as_its_schema_says(made: Package, name: str, value: Any, sent: str) -> None:
    """The guard reads it back and judges it by the contract."""
    point = made.models.Point(x_pos=1, name="aö😀,b" if name == "X-Json" else "b")
    field = name.lower().replace("-", "_")
    answer = made.answer("default", "GetA204")(**{field: point if value == "point" else value})
    received = await made.serve(get_a=answer).get("/a")
    assert received.status_code == 204, received.text
    assert received.headers[name] == sent


@pytest.mark.parametrize(
    ("field", "value"),
    [("x_time", NOON.replace(tzinfo=None)), ("x_http", NOON.replace(tzinfo=None)), ("x_color", "a\nb")],
    ids=["time without zone", "HTTP-date without zone", "line end"],
)
async def test_what_cannot_be_written_is_a_failure_of_the_server(
    made: Package, field: str, value: object, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("CRITICAL", "tallystick.runtime.dispatch"):
        answer = await made.serve(get_a=made.answer("default", "GetA204")(**{field: value})).get("/a")
    assert answer.status_code == 500


@pytest.mark.parametrize(
    ("name", "code", "status"),
    [
        ("GetA4XX", 418, 418),
        ("GetA4XX", 200, 500),
        ("GetADefault", 503, 503),
        ("GetADefault", 204, 500),
        ("GetADefault", 99, 500),
    ],
)
async def test_a_chosen_status_is_one_of_those_declared(
    made: Package, name: str, code: int, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("CRITICAL", "tallystick.runtime.dispatch"):
        answer = await made.serve(get_a=made.answer("default", name)(code=code, body="x")).get("/a")
    assert answer.status_code == status


async def test_redirects_have_a_place_and_no_content(made: Package) -> None:
    answer = await made.serve(get_moved=made.answer("default", "GetMoved302")(location="/b?c=d")).get("/moved")
    assert (answer.status_code, answer.headers["location"], answer.content) == (302, "/b?c=d", b"")
    assert answer.headers["content-length"] == "0"
    assert "content-type" not in answer.headers
    head = await made.serve(get_moved=made.answer("default", "GetMoved302")(location="/b")).request("HEAD", "/moved")
    assert (head.status_code, head.headers["location"]) == (302, "/b")


async def test_an_answer_that_http_gives_no_content_has_none(made: Package) -> None:
    answer = await made.serve(get_moved=made.answer("default", "GetMoved304")(etag='"a"')).get("/moved")
    assert (answer.status_code, answer.headers["etag"], answer.content) == (304, '"a"', b"")
    assert "content-length" not in answer.headers


@pytest.mark.parametrize(
    "schema",
    ["{type: array, items: {type: object}}", "{type: object, properties: {a: {type: array}}}"],
)
def test_a_header_that_no_style_writes_is_refused_when_generating(tmp_path: Path, schema: str) -> None:
    text = f"""
paths:
  /a:
    get:
      operationId: a
      responses:
        "204":
          description: ok
          headers:
            X-A: {{schema: {schema}}}
"""
    assert refused(tmp_path, text) == ["10:18 unsupported-header"]
