"""What every answer carries, and what the log may and may not hold."""

import httpx
import pytest
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from app.server.middleware.envelope import Envelope, masked


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    """Says its request id; paths choose what else happens."""
    if scope["path"] == "/crash":
        raise ZeroDivisionError
    status = 503 if scope["path"] == "/health/ready" else 200
    headers = [(b"content-type", b"application/json")]
    if scope["path"] == "/page":
        headers.append((b"content-security-policy", b"script-src 'self'"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": str(scope["state"]["request_id"]).encode()})


def client_of(app: ASGIApp) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://testserver")


async def test_a_well_formed_request_id_is_taken_over() -> None:
    async with client_of(Envelope(hello)) as client:
        answer = await client.get("/", headers={"X-Request-Id": "abc-1.2_3"})
    assert answer.headers["x-request-id"] == answer.text == "abc-1.2_3"


@pytest.mark.parametrize("sent", ["", "a b", "a\tb", "<script>", "x" * 129, "a,b", 'a"b'])
async def test_any_other_request_id_is_replaced_not_repeated(sent: str) -> None:
    async with client_of(Envelope(hello)) as client:
        answer = await client.get("/", headers={"X-Request-Id": sent})
    assert answer.headers["x-request-id"] == answer.text != sent


async def test_two_request_ids_are_none() -> None:
    async with client_of(Envelope(hello)) as client:
        answer = await client.get("/", headers=[("X-Request-Id", "one"), ("X-Request-Id", "two")])
    assert answer.text not in {"one", "two"}


async def test_every_answer_says_how_long_it_took_and_protects_browsers() -> None:
    async with client_of(Envelope(hello)) as client:
        headers = (await client.get("/")).headers
    assert headers["server-timing"].startswith("app;dur=")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "strict-transport-security" not in headers


async def test_a_page_keeps_the_policy_it_brings() -> None:
    async with client_of(Envelope(hello)) as client:
        answer = await client.get("/page")
    assert answer.headers.get_list("content-security-policy") == ["script-src 'self'"]


async def test_production_tells_browsers_to_come_back_by_https() -> None:
    async with client_of(Envelope(hello, https_only=True)) as client:
        assert "max-age=" in (await client.get("/")).headers["strict-transport-security"]


async def logged(path: str, **headers: str) -> list[dict[str, object]]:
    with structlog.testing.capture_logs() as lines:
        async with client_of(Envelope(hello)) as client:
            await client.get(path, headers=headers)
    return [dict(line) for line in lines]


async def test_a_request_is_one_line() -> None:
    [line] = await logged("/things?limit=2")
    assert (line["method"], line["path"], line["query"], line["status"]) == ("GET", "/things", "limit=2", 200)
    assert line["log_level"] == "info"
    assert isinstance(line["duration_ms"], float)


async def test_a_crash_is_an_error_without_a_status() -> None:
    [line] = await logged("/crash")
    assert (line["log_level"], line["status"]) == ("error", None)


async def test_probes_are_quiet_while_all_is_well() -> None:
    [fine] = await logged("/health/live")
    [trouble] = await logged("/health/ready")
    assert (fine["log_level"], trouble["log_level"]) == ("debug", "error")


async def test_the_log_holds_no_secrets() -> None:
    lines = await logged("/?access_token=hunter2&a=b&X-Api-Key=hunter2&code=hunter2", authorization="Bearer hunter2")
    assert "hunter2" not in str(lines)
    assert lines[0]["query"] == "access_token=***&a=b&X-Api-Key=***&code=***"


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        (b"", None),
        (b"q=token", "q=token"),
        (b"pass%77ord=1", "pass%77ord=***"),
        (b"encode=1&country_code=2", "encode=1&country_code=2"),
        (b"token", "token"),
        (b"refresh_token=a=b", "refresh_token=***"),
    ],
)
def test_masking_looks_at_names(query: bytes, shown: str | None) -> None:
    assert masked(query) == shown


async def test_a_long_query_is_cut_in_the_log() -> None:
    [line] = await logged("/?q=" + "x" * 5000)
    assert len(str(line["query"])) <= 500
