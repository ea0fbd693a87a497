"""OpenAPI 3.2, over HTTP: a construct that is lost here is one that a newer contract has and nobody carries out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.contracts import Package, Served, refused

Made = Callable[[str], Package]
PATH = "/a: {get: {operationId: a, responses: {'204': {description: ok}}}}"


@pytest.fixture
def served(package: Made) -> Served:
    names = ("copy_search", "m_search", "read_form", "read_json", "read_text", "add_pet", "device")
    answers: dict[str, Any] = dict.fromkeys(names)
    return package("openapi_3_2").serve(search=lambda body: body, **answers)


async def test_query_asks_with_a_body(served: Served) -> None:
    answer = await served.request("QUERY", "/search", json={"limit": 3, "q": "a"})
    assert (answer.status_code, answer.json()) == (200, {"limit": 3, "q": "a"})
    assert type(served.given["body"]).__name__ == "Filter", "a media type that is a component names its schema"
    assert (await served.request("QUERY", "/search", json={"limit": "3"})).status_code == 422
    assert (
        await served.request("QUERY", "/search", content="x", headers={"Content-Type": "text/plain"})
    ).status_code == 415


async def test_further_methods(served: Served) -> None:
    assert (await served.request("COPY", "/search", headers={"Destination": "/b"})).status_code == 204
    assert served.given["destination"] == "/b"
    assert (await served.request("COPY", "/search")).status_code == 422
    assert (await served.request("M-SEARCH", "/search")).status_code == 204
    refused_method = await served.request("MOVE", "/search")
    assert (refused_method.status_code, refused_method.headers["allow"]) == (405, "COPY, M-SEARCH, OPTIONS, QUERY")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=3&tags=a&tags=b%20c", 204),
        ("limit=3", 204),
        ("limit=10", 422),
        ("limit=x", 422),
        ("tags=a", 422),
        ("limit=3&other=1", 422),
        ("limit=%zz", 400),
        ("", 422),
    ],
)
async def test_the_query_as_a_form(served: Served, query: str, status: int) -> None:
    answer = await served.get(f"/form?{query}")
    assert answer.status_code == status, answer.text
    if status == 204:
        (given,) = served.given.values()
        assert given.limit == 3


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (quote('{"limit": 3, "a": "&=+"}'), 204),
        ('{"limit":3}', 204),
        ("", 204),
        (quote('{"limit": "x"}'), 422),
        (quote("{"), 400),
        ("%ff", 400),
        ("limit=3", 400),
    ],
)
async def test_the_query_as_json(served: Served, query: str, status: int) -> None:
    answer = await served.get(f"/json?{query}")
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [("a%20b+c", 204, "a b+c"), ("a=1&b=2", 204, "a=1&b=2"), ("", 422, None), ("0123456789", 422, None)],
)
async def test_the_query_as_text(served: Served, query: str, status: int, words: str | None) -> None:
    answer = await served.get(f"/text?{query}")
    assert (answer.status_code, served.given.get("words")) == (status, words), answer.text


@pytest.mark.parametrize(
    ("pet", "status"),
    [
        ({"kind": "cat", "lives": 9}, 204),
        ({"kind": "dog", "name": "Rex"}, 204),
        ({"name": "Rex"}, 204),
        ({"kind": "cat", "name": "Rex"}, 422),
        ({"kind": "dog", "lives": 9}, 422),
    ],
)
async def test_a_default_mapping_takes_what_no_other_does(served: Served, pet: dict[str, Any], status: int) -> None:
    assert (await served.post("/pets", json=pet)).status_code == status


async def test_a_device_flow_is_a_bearer_token(served: Served) -> None:
    assert (await served.get("/device", headers={"Authorization": "Bearer reader"})).status_code == 204
    assert (await served.get("/device")).status_code == 401


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"paths: {{{PATH[:-1]}, additionalOperations: {{GET: {{}}}}}}}}", "method"),
        (f"paths: {{{PATH[:-1]}, additionalOperations: {{copy: {{}}}}}}}}", "method"),
        (f"paths: {{{PATH[:-1]}, additionalOperations: {{CONNECT: {{}}}}}}}}", "method"),
        (f"paths: {{{PATH[:-1]}, additionalOperations: {{'A B': {{}}}}}}}}", "structure"),
        (f"tags: [{{name: a, parent: b}}]\npaths: {{{PATH}}}", "1:28 tag-parent"),
        (f"tags: [{{name: a, parent: b}}, {{name: b, parent: a}}]\npaths: {{{PATH}}}", "1:28 tag-parent"),
        (
            f"components: {{schemas: {{A: {{type: string, xml: {{nodeType: cdata}}}}}}}}\npaths: {{{PATH}}}",
            "1:63 unsupported-xml",
        ),
    ],
)
def test_what_is_not_carried_out_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    found = refused(tmp_path, "openapi: 3.2.0\ninfo: {title: T, version: '1'}\n" + text + "\n")
    assert any(each.endswith(problem.partition(" ")[2] or problem) for each in found), found


@pytest.mark.parametrize(
    ("parameters", "rule"),
    [
        ("[{name: q, in: querystring, content: {application/cbor: {schema: {}}}}]", "unsupported-parameter"),
        (
            "[{name: q, in: querystring, content: {application/x-www-form-urlencoded: {schema: {type: string}}}}]",
            "unsupported-parameter",
        ),
        ("[{name: q, in: querystring, schema: {type: string}}]", "structure"),
        (
            "[{name: q, in: querystring, content: {text/plain: {schema: {}}}}, {name: p, in: query, schema: {}}]",
            "structure",
        ),
    ],
)
def test_queries_that_cannot_be_read_are_refused(tmp_path: Path, parameters: str, rule: str) -> None:
    operation = f"{{operationId: a, parameters: {parameters}, responses: {{'204': {{description: ok}}}}}}"
    text = f"openapi: 3.2.0\ninfo: {{title: T, version: '1'}}\npaths: {{/a: {{get: {operation}}}}}\n"
    found = refused(tmp_path, text)
    assert any(each.endswith(rule) and each.startswith("3:") for each in found), found


def test_the_words_of_3_2_are_unknown_to_3_1(tmp_path: Path) -> None:
    text = f"openapi: 3.1.0\n$self: https://a.test\ninfo: {{title: T, version: '1'}}\npaths: {{{PATH}}}\n"
    assert refused(tmp_path, text) == ["2:1 structure"]
