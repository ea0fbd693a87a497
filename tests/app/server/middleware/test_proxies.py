"""Who the client is: believed from trusted proxies, from nobody else."""

from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from app.server.middleware.proxies import TrustedProxies

PROXIES = ("10.0.0.0/8", "::1")


async def seen_by_the_app(
    headers: dict[str, str], peer: str = "10.0.0.1", path: str = "/things", root_path: str = ""
) -> dict[str, Any]:
    """What the application finds in its scope."""
    seen: dict[str, Any] = {}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.update(scope)

    async def never(*_: object) -> Any:
        raise AssertionError

    scope = {
        "type": "http",
        "client": (peer, 1234),
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "headers": [(b"host", b"inner"), *((k.lower().encode(), v.encode()) for k, v in headers.items())],
    }
    await TrustedProxies(app, PROXIES, root_path)(scope, never, never)
    return seen


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:4711", "203.0.113.7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7, 10.9.9.9", "203.0.113.7"),
        ("10.1.1.1, 10.2.2.2", "10.1.1.1"),
        ("203.0.113.7, nonsense", "10.0.0.1"),
        ("", "10.0.0.1"),
    ],
)
async def test_the_last_address_that_is_no_proxy_is_the_client(forwarded: str, client: str) -> None:
    seen = await seen_by_the_app({"X-Forwarded-For": forwarded})
    assert seen["client"][0] == client


async def test_a_stranger_is_not_believed() -> None:
    headers = {
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Prefix": "/evil",
    }
    seen = await seen_by_the_app(headers, peer="203.0.113.9")
    assert (seen["client"][0], seen["scheme"], dict(seen["headers"])[b"host"]) == ("203.0.113.9", "http", b"inner")
    assert seen.get("root_path", "") == ""


async def test_scheme_host_and_prefix_come_from_the_proxy() -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "api.example.com", "X-Forwarded-Prefix": "/shop/"}
    seen = await seen_by_the_app(headers, peer="::1")
    assert (seen["scheme"], dict(seen["headers"])[b"host"]) == ("https", b"api.example.com")
    assert (seen["root_path"], seen["path"], seen["raw_path"]) == ("/shop", "/shop/things", b"/shop/things")


@pytest.mark.parametrize("prefix", ["//evil.example", "shop", ""])
async def test_a_prefix_that_is_no_path_is_ignored(prefix: str) -> None:
    assert (await seen_by_the_app({"X-Forwarded-Prefix": prefix})).get("root_path", "") == ""


@pytest.mark.parametrize(("path", "mounted"), [("/things", "/shop/things"), ("/shop/things", "/shop/things")])
async def test_root_path_holds_whether_the_proxy_cuts_it_off_or_not(path: str, mounted: str) -> None:
    seen = await seen_by_the_app({}, path=path, root_path="/shop")
    assert (seen["root_path"], seen["path"]) == ("/shop", mounted)


async def test_a_path_that_only_begins_with_the_same_letters_is_below_root_path_too() -> None:
    assert (await seen_by_the_app({}, path="/shopping", root_path="/shop"))["path"] == "/shop/shopping"
