"""The contract as it was written is served, and can be read without a network."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette

from tallystick.runtime.docs import documentation_routes

DOCUMENT = b'{"openapi": "3.1.0"}'


def client_of(*, pages: bool = True) -> httpx.AsyncClient:
    routes = documentation_routes(DOCUMENT, b"openapi: 3.1.0\n", 'Things & "more"', pages=pages)
    transport = httpx.ASGITransport(Starlette(routes=routes))
    return httpx.AsyncClient(transport=transport, base_url="http://test")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with client_of() as client:
        yield client


async def test_serves_the_document_byte_for_byte(client: httpx.AsyncClient) -> None:
    json = await client.get("/openapi.json")
    assert (json.content, json.headers["content-type"]) == (DOCUMENT, "application/json")
    yaml = await client.get("/openapi.yaml")
    assert (yaml.content, yaml.headers["content-type"]) == (b"openapi: 3.1.0\n", "application/yaml")
    assert json.headers["etag"] != yaml.headers["etag"]
    head = await client.head("/openapi.json")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", json.headers["etag"])


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
async def test_answers_304_to_who_has_the_document(client: httpx.AsyncClient, form: str) -> None:
    etag = (await client.get("/openapi.json")).headers["etag"]
    answer = await client.get("/openapi.json", headers={"If-None-Match": form.format(etag.removeprefix("W/"))})
    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)
    assert (await client.get("/openapi.json", headers={"If-None-Match": '"other"'})).status_code == 200


@pytest.mark.parametrize("path", ["/docs", "/reference"])
async def test_a_page_and_all_it_loads_come_from_this_server(client: httpx.AsyncClient, path: str) -> None:
    page = await client.get(path)
    assert page.headers["content-type"].startswith("text/html")
    assert "<title>Things &amp; &quot;more&quot;" in page.text
    assert "//" not in page.text.replace("<!doctype html>", "")
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(loaded) == 4
    for address in loaded:
        answer = await client.get("/" + address)
        assert answer.status_code == 200
        assert answer.headers["content-type"].partition(";")[0] in ("text/css", "text/javascript", "image/png")


@pytest.mark.parametrize("path", ["/docs", "/reference"])
async def test_a_page_runs_no_script_but_those_of_this_server(client: httpx.AsyncClient, path: str) -> None:
    page = await client.get(path)
    policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert policy["default-src"] == "'none'"
    assert re.findall(r"<script[^>]*>(.+?)</script>", page.text) == []


async def test_pages_can_be_left_out() -> None:
    async with client_of(pages=False) as client:
        assert (await client.get("/openapi.json")).status_code == 200
        for path in ("/docs", "/reference", "/docs/assets/swagger-ui.css"):
            assert (await client.get(path)).status_code == 404
