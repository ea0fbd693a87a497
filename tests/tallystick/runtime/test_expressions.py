"""Runtime expressions in an exchange: a fault here sends a callback to somebody else."""

from __future__ import annotations

import pytest

from tallystick.runtime.expressions import Answered, Exchange, ExpressionError, From, Template, evaluate

JSON = {"content-type": "application/vnd.x+json; charset=utf-8"}
EXCHANGE = Exchange(
    url="https://api.test/a?b=1",
    method="POST",
    path={"id": "a/b"},
    query={"u": ["https://q.test/"], "many": ["1", "2"]},
    headers={**JSON, "x-url": "https://h.test"},
    body=b'{"url": "https://b.test", "n": 7, "yes": true, "a/b": ["x", {"~": "deep"}], "none": null, "o": {}}',
    answer=Answered(201, {"content-type": "application/json", "location": "/a/1"}, b'{"id": 1.5}'),
)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ((From("url"),), "https://api.test/a?b=1"),
        ((From("method"), " ", From("statusCode")), "POST 201"),
        ((From("request", "body", "/url"), "/x"), "https://b.test/x"),
        ((From("request", "body", "/a~1b/0"),), "x"),
        ((From("request", "body", "/a~1b/1/~0"),), "deep"),
        ((From("request", "body", "/yes"), From("request", "body", "/n")), "true7"),
        ((From("request", "query", "u"),), "https://q.test/"),
        ((From("request", "header", "x-url"),), "https://h.test"),
        ((From("request", "path", "id"),), "a/b"),
        ((From("response", "body", "/id"),), "1.5"),
        ((From("response", "header", "location"),), "/a/1"),
        # A value that came from outside stays one part of the URL it is put in.
        (("https://x.test/", From("request", "path", "id"), "?v=", From("url")),
         "https://x.test/a%2Fb?v=https%3A%2F%2Fapi.test%2Fa%3Fb%3D1"),
    ],
)  # fmt: skip
def test_values(template: Template, text: str) -> None:
    assert evaluate(template, EXCHANGE) == text


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        (From("request", "body", "/nothing"), "no 'nothing'"),
        (From("request", "body", "/url/deeper"), "no 'deeper'"),
        (From("request", "body", "/a~1b/2"), "no '2'"),
        (From("request", "body", "/a~1b/-1"), "no '-1'"),
        (From("request", "body", "/none"), "is null"),
        (From("request", "body", "/o"), "cannot stand in a URL"),
        (From("request", "body"), "cannot stand in a URL"),
        (From("request", "query", "many"), "sent 2 times"),
        (From("request", "query", "other"), "leads nowhere"),
        (From("request", "path", "other"), "leads nowhere"),
        (From("response", "header", "x-other"), "leads nowhere"),
    ],
)
def test_expressions_that_lead_nowhere(expression: From, reason: str) -> None:
    with pytest.raises(ExpressionError, match=reason) as found:
        evaluate((expression,), EXCHANGE)
    assert str(expression) in str(found.value), "the message names the expression as the contract writes it"


@pytest.mark.parametrize(
    ("content_type", "body", "pointer", "text"),
    [
        ("application/x-www-form-urlencoded", b"url=https%3A%2F%2Ff.test&a=1&a=2", "/url", "https://f.test"),
        ("application/x-www-form-urlencoded", b"url=https%3A%2F%2Ff.test&a=1&a=2", "/a/1", "2"),
        ("text/plain", b"https://t.test", "", "https://t.test"),
    ],
)
def test_bodies_that_are_no_json(content_type: str, body: bytes, pointer: str, text: str) -> None:
    sent = Exchange(url="", method="POST", headers={"content-type": content_type}, body=body)
    assert evaluate((From("request", "body", pointer),), sent) == text


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b"[" * 100_000),
        ("application/json", b"\xff"),
        ("application/xml", b"<a/>"),
        ("text/plain", b"text"),
        ("", b"{}"),
    ],
)
def test_bodies_that_cannot_be_looked_into(content_type: str, body: bytes) -> None:
    sent = Exchange(url="", method="POST", headers={"content-type": content_type}, body=body)
    with pytest.raises(ExpressionError):
        evaluate((From("request", "body", "/a"),), sent)
