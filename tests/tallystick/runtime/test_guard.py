"""The guard must see every way in which an answer breaks the contract, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tallystick.runtime.guard import ContractGuard
from tallystick.runtime.operation import Operation
from tallystick.runtime.reply import Reply

JSON = (b"content-type", b"application/json; charset=utf-8")
PROBLEM = (b"content-type", b"application/problem+json")


def ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


def problem(slug: str, status: int) -> dict[str, Any]:
    properties = {"type": {"const": f"/problems/{slug}"}, "status": {"const": status}}
    return {"type": "object", "properties": properties, "required": ["type", "status"]}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/things/{id}": {
            "get": {
                "responses": {
                    "200": {
                        "headers": {
                            "ETag": ref("headers", "ETag"),
                            "X-Count": {"schema": {"type": "integer", "minimum": 1}},
                            "X-Tags": {"schema": {"type": "array", "items": {"enum": ["a", "b"]}}},
                            "X-Request-Id": {"required": True, "schema": {"type": "string"}},
                            "Content-Type": {"required": True, "schema": {"const": "ignored"}},
                        },
                        "content": {"application/json": {"schema": ref("schemas", "Thing")}, "text/*": {}},
                    },
                    "204": {"description": "nothing"},
                    "304": {"description": "same"},
                    "404": ref("responses", "Missing"),
                    "4XX": {"content": {"application/problem+json": {"schema": problem("other", 400)}}},
                }
            },
            "delete": {"responses": {"default": {"description": "anything"}}},
        }
    },
    "components": {
        "headers": {"ETag": {"required": True, "schema": {"type": "string", "pattern": '^"[0-9a-f]+"$'}}},
        "responses": {
            "Missing": {
                "content": {
                    "application/problem+json": {
                        "schema": {"oneOf": [ref("schemas", "Gone"), ref("schemas", "Hidden")]},
                    }
                }
            }
        },
        "schemas": {
            "Thing": {
                "type": "object",
                "properties": {"at": {"type": "string", "format": "date-time"}, "next": ref("schemas", "Thing")},
                "required": ["at"],
                "additionalProperties": False,
            },
            "Gone": problem("gone", 404),
            "Hidden": problem("hidden", 404),
        },
    },
}
GET = Operation(id="getThing", method="GET", path="/things/{id}", tag="things", statuses=(200,))
DELETE = Operation(id="deleteThing", method="DELETE", path="/things/{id}", tag="things", statuses=())
GUARD = ContractGuard(DOCUMENT, server_headers=["X-REQUEST-ID"])
ETAG = (b"etag", b'"0a"')
THING = b'{"at": "2024-01-01T00:00:00Z", "next": {"at": "2024-01-01T00:00:00Z"}}'


def wrong(slug: str) -> bytes:
    return json.dumps({"type": f"/problems/{slug}", "status": 404}).encode()


@pytest.mark.parametrize(
    ("operation", "reply"),
    [
        (GET, Reply(200, [JSON, ETAG], THING)),
        (GET, Reply(200, [JSON, ETAG, (b"x-count", b"5"), (b"x-tags", b"a, b")], THING)),
        (GET, Reply(200, [(b"content-type", b"text/csv"), ETAG], b"a,b")),
        (GET, Reply(204)),
        (GET, Reply(304, [ETAG])),
        (GET, Reply(404, [PROBLEM], wrong("gone"))),
        (GET, Reply(404, [PROBLEM], wrong("hidden"))),
        (GET, Reply(400, [PROBLEM], b'{"type": "/problems/other", "status": 400}')),
        (DELETE, Reply(299)),
    ],
)
def test_is_silent_about_answers_that_keep_the_contract(operation: Operation, reply: Reply) -> None:
    assert GUARD.check(operation, reply) == []


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(201, [JSON, ETAG], THING), "status 201 is not declared"),
        (Reply(500), "status 500 is not declared"),
        (Reply(200, [JSON], THING), "the required header ETag is missing"),
        (Reply(200, [JSON, (b"etag", b"0a")], THING), "header ETag"),
        (Reply(200, [JSON, ETAG, (b"x-count", b"0")], THING), "header X-Count"),
        (Reply(200, [JSON, ETAG, (b"x-count", b"many")], THING), "header X-Count"),
        (Reply(200, [JSON, ETAG, (b"x-tags", b"a, c")], THING), "header X-Tags"),
        (Reply(200, [ETAG], THING), "there is no Content-Type"),
        (Reply(200, [(b"content-type", b"image/png"), ETAG], b""), "image/png is not declared"),
        (Reply(200, [JSON, ETAG], b""), "not JSON"),
        (Reply(200, [JSON, ETAG], b"NaN"), "NaN is no JSON"),
        (Reply(200, [JSON, ETAG], b"\xff"), "not JSON"),
        (Reply(200, [JSON, ETAG], b"{}"), '"at" is a required property'),
        (Reply(200, [JSON, ETAG], b'{"at": "yesterday"}'), "/at:"),
        (Reply(200, [JSON, ETAG], b'{"at": "2024-01-01T00:00:00Z", "next": {"at": 1}}'), "/next/at:"),
        (Reply(200, [JSON, ETAG], b'{"at": "2024-01-01T00:00:00Z", "x": 1}'), "'x' was unexpected"),
        (Reply(204, [], b"x"), "status 204 has a body"),
        (Reply(304, [], b"x"), "status 304 has a body"),
        (Reply(404, [PROBLEM], wrong("other")), "the problem '/problems/other' is not declared here"),
        (Reply(404, [PROBLEM], b"[]"), "the value"),
        (Reply(409, [PROBLEM], wrong("gone")), "the problem '/problems/gone' is not declared here"),
    ],
)
def test_names_what_breaks_the_contract(reply: Reply, reason: str) -> None:
    breaches = GUARD.check(GET, reply)
    assert len(breaches) == 1
    assert reason in breaches[0]


def test_tells_everything_that_is_wrong_at_once() -> None:
    breaches = GUARD.check(GET, Reply(200, [JSON, (b"x-count", b"0")], b'{"x": 1}'))
    assert len(breaches) == 4


def test_misses_headers_of_the_server_only_where_nobody_adds_them() -> None:
    strict = ContractGuard(DOCUMENT)
    assert strict.check(GET, Reply(200, [JSON, ETAG], THING)) == ["the required header X-Request-Id is missing"]


OLD = {
    "openapi": "3.0.3",
    "paths": {
        "/a": {
            "get": {
                "responses": {
                    "default": {
                        "description": "ok",
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}},
                    }
                }
            }
        }
    },
    "components": {
        "schemas": {
            "Secret": {"type": "string", "writeOnly": True},
            "Item": {
                "allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["secret", "count"]}],
                "properties": {"nullable": {"type": "integer", "nullable": True, "enum": [1, 2]}},
            },
            "Base": {
                "type": "object",
                "required": ["secret"],
                "properties": {
                    "secret": {"$ref": "#/components/schemas/Secret"},
                    "count": {"type": "integer", "minimum": 1, "exclusiveMinimum": True},
                    "other": {"nullable": True, "allOf": [{"type": "string"}]},
                },
            },
        }
    },
}


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        ({"count": 2}, True),
        ({"count": 2, "nullable": None, "other": None}, True),
        ({"count": 1}, False),
        ({}, False),
        ({"count": 2, "nullable": 3}, False),
        ({"count": 2, "other": 1}, False),
        ({"count": 2, "secret": "s"}, False),
    ],
)
def test_contracts_of_3_0_and_what_is_write_only(body: dict[str, Any], fits: bool) -> None:
    """A guard that reads `nullable` as nothing, or misses a password in an answer, cries wolf until it is silenced."""
    guard = ContractGuard(OLD)
    operation = Operation(id="a", method="GET", path="/a", tag="a", statuses=(200,))
    reply = Reply(200, [(b"content-type", b"application/json")], json.dumps(body).encode())
    assert (not guard.check(operation, reply)) is fits
