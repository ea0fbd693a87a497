"""Requests that go no further: too long, or for another host."""

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from app.server.middleware.pipeline import LOOPBACK, trusted_hosts
from app.server.middleware.refusals import MAX_HEADER_BYTES, MAX_TARGET_BYTES, SizeLimits, TrustedHosts
from app.settings import Environment, ServerSettings, Settings


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


def limited() -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(SizeLimits(hello)), base_url="http://testserver")


async def test_a_target_up_to_the_limit_passes_and_one_byte_more_is_414() -> None:
    async with limited() as client:
        fits = await client.get("/?" + "x" * (MAX_TARGET_BYTES - 1))
        exceeds = await client.get("/?" + "x" * MAX_TARGET_BYTES)
    assert (fits.status_code, exceeds.status_code) == (200, 414)
    assert exceeds.headers["content-type"] == "application/problem+json"
    assert exceeds.json()["type"] == "/problems/uri-too-long"


async def test_header_fields_over_the_limit_are_431() -> None:
    async with limited() as client:
        answer = await client.get("/", headers={"X-Long": "x" * MAX_HEADER_BYTES})
    assert answer.status_code == 431
    assert answer.json()["type"] == "/problems/header-fields-too-large"


async def test_a_refusal_of_head_has_no_body() -> None:
    async with limited() as client:
        answer = await client.head("/?" + "x" * MAX_TARGET_BYTES)
    assert (answer.status_code, answer.content) == (414, b"")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("api.example.com", 200),
        ("API.example.com:8443", 200),
        ("a.b.example.org", 200),
        ("example.org", 400),
        ("evilexample.org", 400),
        ("[::1]:8000", 200),
        ("[::2]:8000", 400),
        ("evil.example", 400),
        ("", 400),
    ],
)
async def test_only_our_own_names_are_answered(host: str, status: int) -> None:
    app = TrustedHosts(hello, ["api.example.com", "*.example.org", "[::1]"])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as client:
        answer = await client.get("/", headers={"Host": host})
    assert answer.status_code == status
    if status == 400:
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("environment", "server", "hosts"),
    [
        (Environment.DEVELOPMENT, ServerSettings(), LOOPBACK),
        (Environment.DEVELOPMENT, ServerSettings(host="0.0.0.0"), ("*",)),
        (Environment.DEVELOPMENT, ServerSettings(trusted_proxies=("10.0.0.0/8",)), ("*",)),
        (Environment.PRODUCTION, ServerSettings(), ("*",)),
        (Environment.PRODUCTION, ServerSettings(trusted_hosts=("api.example.com",)), ("api.example.com",)),
    ],
)
def test_a_development_server_on_loopback_is_for_this_machine_only(
    environment: Environment, server: ServerSettings, hosts: tuple[str, ...]
) -> None:
    assert trusted_hosts(Settings(environment=environment, server=server)) == hosts
