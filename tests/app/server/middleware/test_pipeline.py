"""All layers together around the real application: their order is part of what they do."""

import httpx
import pytest
from fastapi import FastAPI

from app.main import create_app
from app.server.middleware.refusals import MAX_TARGET_BYTES
from app.settings import ServerSettings, Settings

ORIGIN = "https://app.example.com"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A server with every layer switched on."""
    server = ServerSettings(trusted_hosts=("testserver",), trusted_proxies=("192.0.2.1",), cors_origins=(ORIGIN,))
    return settings.model_copy(update={"server": server})


async def test_refusals_of_the_layers_carry_what_every_answer_carries(client: httpx.AsyncClient) -> None:
    answers = [
        await client.get("/health", headers={"Host": "evil.example"}),
        await client.get("/health?" + "x" * MAX_TARGET_BYTES),
        await client.get("/nothing"),
        await client.delete("/health"),
    ]
    assert [answer.status_code for answer in answers] == [400, 414, 404, 405]
    for answer in answers:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "server-timing" in answer.headers


async def test_an_error_that_nobody_foresaw_carries_it_too(app: FastAPI) -> None:
    """FastAPI's last-resort answer is made outside of its own middleware; ours stands around that as well."""

    @app.get("/crash")
    async def crash() -> None:
        raise ZeroDivisionError("hunter2")

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        answer = await client.get("/crash")
    assert answer.status_code == 500
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "hunter2" not in answer.text


async def test_the_contract_is_compressed_and_not_sent_to_who_has_it(client: httpx.AsyncClient) -> None:
    first = await client.get("/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert first.headers["content-encoding"] == "gzip"
    tag = first.headers["etag"]
    again = await client.get("/openapi.json", headers={"Accept-Encoding": "gzip", "If-None-Match": tag})
    assert (again.status_code, again.headers["etag"]) == (304, tag)


async def test_pages_of_a_named_origin_may_call_and_read_what_they_need(client: httpx.AsyncClient) -> None:
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "if-match"}
    preflight = await client.options("/api/v1/items/1", headers=asked)
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == ORIGIN
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
    answer = await client.get("/health", headers={"Origin": ORIGIN})
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "ETag" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in answer.headers


async def test_pages_of_other_origins_may_not(client: httpx.AsyncClient) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "GET"}
    assert (await client.options("/health", headers=asked)).status_code == 400
    answer = await client.get("/health", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


async def test_options_without_cors_is_answered_by_the_contract(client: httpx.AsyncClient) -> None:
    answer = await client.options("/health")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS")


async def test_without_origins_no_page_of_another_origin_may_call(settings: Settings) -> None:
    closed = settings.model_copy(update={"server": ServerSettings()})
    transport = httpx.ASGITransport(create_app(closed))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        answer = await client.get("/health/live", headers={"Origin": ORIGIN})
    assert not [name for name in answer.headers if name.startswith("access-control-")]
