"""What no well-behaved client sends, sent to a real server: each gets a declared problem, and the server lives on."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import httpx
import pytest

from tests.support.server import RunningServer
from tests.support.wire import Answer, chunked, exchange, request

PROBLEM = "application/problem+json"
ITEMS = "/api/v1/items"
TOKEN = "/api/v1/auth/token"
PASSWORD = "seven notches on hazel"
ALLOW = "GET, HEAD, OPTIONS, POST"
JSON = ("Content-Type", "application/json")
FORM = ("Content-Type", "application/x-www-form-urlencoded")


@dataclass(frozen=True)
class Probe:
    """One request, and the status and problem it has to get."""

    name: str
    status: int
    problem: str
    method: str = "GET"
    target: str = ITEMS
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    signed_in: bool = True
    pointers: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return self.name


def json_body(name: str, status: int, body: bytes, *pointers: str, content_type: str = "application/json") -> Probe:
    problem = "bad-request" if status == 400 else "validation-failed"
    return Probe(name, status, problem, "POST", ITEMS, (("Content-Type", content_type),), body, pointers=pointers)


def query(name: str, status: int, text: str, pointer: str) -> Probe:
    problem = "bad-request" if status == 400 else "validation-failed"
    return Probe(name, status, problem, target=f"{ITEMS}?{text}", pointers=(pointer,))


def path(name: str, status: int, target: str) -> Probe:
    problems = {400: "bad-request", 404: "not-found", 422: "validation-failed"}
    return Probe(name, status, problems[status], target=target)


def title(value: bytes) -> bytes:
    return b'{"title": ' + value + b"}"


BODIES = [
    json_body("NaN", 400, b'{"title": "a", "priority": NaN}'),
    json_body("Infinity", 400, b'{"title": "a", "priority": -Infinity}'),
    json_body("a number no float holds", 422, b'{"title": "a", "priority": 1e400}', "/priority"),
    json_body("an integer of 5,000 digits", 400, b'{"title": "a", "priority": ' + b"9" * 5_000 + b"}"),
    json_body("an integer past 64 bits", 422, b'{"title": "a", "priority": 99999999999999999999}', "/priority"),
    json_body("true for an integer", 422, b'{"title": "a", "priority": true}', "/priority"),
    json_body("text for an integer", 422, b'{"title": "a", "priority": "1"}', "/priority"),
    json_body("a lone surrogate", 400, title(b'"\\ud800"')),
    json_body("NUL in a string", 422, title(b'"a\\u0000b"'), "/title"),
    json_body("a raw control character", 400, title(b'"a\x01"')),
    json_body("bytes that are not UTF-8", 400, title(b'"\xff"')),
    json_body("a byte order mark", 400, b"\xef\xbb\xbf" + title(b'"a"')),
    json_body("UTF-16", 400, '{"title": "a"}'.encode("utf-16")),
    json_body("60,000 arrays deep", 400, b"[" * 60_000),
    json_body("300 levels inside a property", 400, title(b'{"a":' * 300 + b"1" + b"}" * 300)),
    json_body("a name used twice", 400, b'{"title": "a", "title": "b"}'),
    json_body("two JSON texts", 400, b'{"title": "a"}{"title": "b"}'),
    json_body("half a JSON text", 400, b'{"title": '),
    json_body("white space only", 400, b"   "),
    json_body("null", 422, b"null", ""),
    json_body("a list", 422, b"[]", ""),
    json_body("a list with a hundred wrong items", 422, b'{"title": "a", "tags": [' + b"1," * 99 + b"1]}"),
    json_body("an unknown name that needs escaping", 422, b'{"title": "a", "a/b~c": 1}', "/a~1b~0c"),
    json_body("__proto__", 422, b'{"title": "a", "__proto__": {}}', "/__proto__"),
    json_body("a merge patch where none is taken", 415, b"{}", content_type="application/merge-patch+json"),
    json_body("another charset", 415, title(b'"\xe9"'), content_type="application/json; charset=latin-1"),
    json_body("text", 415, title(b'"a"'), content_type="text/plain"),
    json_body("multipart without boundary", 415, b"--\r\n", content_type="multipart/form-data"),
    json_body("no media type at all", 415, title(b'"a"'), content_type=""),
    Probe(
        "compressed", 415, "unsupported-media-type", "POST", ITEMS, (JSON, ("Content-Encoding", "gzip")), b"\x1f\x8b"
    ),
    Probe("no Content-Type", 415, "unsupported-media-type", "POST", ITEMS, (), b"{}"),
    Probe("no body", 422, "validation-failed", "POST", ITEMS, (JSON, ("Content-Length", "0")), pointers=("",)),
    Probe("an announced giant", 413, "content-too-large", "POST", ITEMS, (JSON, ("Content-Length", "10000000000"))),
    Probe("a large body", 413, "content-too-large", "POST", ITEMS, (JSON,), title(b'"' + b"a" * 70_000 + b'"')),
    Probe(
        "a large body in chunks",
        413,
        "content-too-large",
        "POST",
        ITEMS,
        (JSON, ("Transfer-Encoding", "chunked")),
        chunked(b" " * 70_000, 1_000),
    ),
]
QUERIES = [
    query("an integer with underscore", 422, "limit=1_0", "/limit"),
    query("an integer with sign", 422, "limit=%2B5", "/limit"),
    query("an integer with space", 422, "limit=+5", "/limit"),
    query("an integer with leading zero", 422, "limit=05", "/limit"),
    query("an Arabic digit", 422, "limit=%D9%A5", "/limit"),
    query("an integer of 5,000 digits", 422, "limit=" + "9" * 5_000, "/limit"),
    query("an empty integer", 422, "limit=", "/limit"),
    query("a parameter twice", 422, "limit=5&limit=5", "/limit"),
    query("an unknown parameter", 422, "limits=5", "/limits"),
    query("brackets", 422, "limit[]=5", "/limit[]"),
    query("a boolean in capitals", 422, "include_total=True", "/include_total"),
    query("bad percent-encoding", 400, "q=%zz", "/q"),
    query("percent-encoding cut off", 400, "q=%4", "/q"),
    query("not UTF-8", 400, "q=%ff", "/q"),
    query("a surrogate in UTF-8", 400, "q=%ED%A0%80", "/q"),
    query("NUL", 422, "q=%00", "/q"),
    query("NUL inside", 422, "q=hazel%00", "/q"),
    query("NUL in a cursor", 422, "cursor=%00", "/cursor"),
    query("NUL in a name", 422, "q%00=a", "/q\N{REPLACEMENT CHARACTER}"),
    query("a name that is not UTF-8", 400, "%ff=1", ""),
    query("a time without offset", 422, "created_after=2024-01-01T00:00:00", "/created_after"),
    query("a date for a time", 422, "created_after=2024-01-01", "/created_after"),
    query("a number for a time", 422, "created_after=1700000000", "/created_after"),
    query("a second 61", 422, "created_after=2016-12-31T23:59:61Z", "/created_after"),
    query("another way to write a UUID", 422, "owner_id=urn:uuid:00000000-0000-4000-8000-000000000000", "/owner_id"),
]
PATHS = [
    path("a slash too many at the end", 404, f"{ITEMS}/"),
    path("two slashes in front", 404, f"/{ITEMS}"),
    path("two slashes inside", 404, "/api//v1/items"),
    path("dots", 404, "/api/v1/users/../items"),
    path("encoded dots", 404, "/api/v1/users/%2e%2e/items"),
    path("an encoded slash between segments", 404, "/api/v1%2Fitems"),
    path("an encoded slash inside a segment", 422, f"{ITEMS}/a%2Fb"),
    path("capitals", 404, "/API/v1/items"),
    path("a matrix parameter", 404, f"{ITEMS};a=b"),
    path("a UUID in braces", 422, f"{ITEMS}/%7B00000000-0000-4000-8000-000000000000%7D"),
    path("a UUID without dashes", 422, f"{ITEMS}/00000000000040008000000000000000"),
    path("bad percent-encoding", 400, f"{ITEMS}/%zz"),
    path("not UTF-8", 400, f"{ITEMS}/%ff"),
    path("NUL", 422, f"{ITEMS}/%00"),
    path("nowhere", 404, "/"),
    path("nowhere, and not UTF-8", 400, "/%ff"),
]
HEADERS = [
    Probe("a target over 8 kB", 414, "uri-too-long", target=f"{ITEMS}?q=" + "a" * 9_000),
    Probe("headers over 16 kB", 431, "header-fields-too-large", headers=(("X-Large", "a" * 17_000),)),
    Probe("many headers", 431, "header-fields-too-large", headers=tuple((f"X-{i}", "a" * 90) for i in range(180))),
    Probe("another media type wanted", 406, "not-acceptable", headers=(("Accept", "text/html"),)),
    Probe("nothing wanted", 406, "not-acceptable", headers=(("Accept", "*/*;q=0"),)),
    Probe("no credential", 401, "unauthorized", signed_in=False),
    *(
        Probe(
            f"{value[:12]!r} as credential", 401, "unauthorized", headers=(("Authorization", value),), signed_in=False
        )
        for value in ("", "Bearer", "Bearer ", "Bearer a b", "Bearer \xff", "Bearer a.b.c", "Basic YTpi", "a" * 10_000)
    ),
]
METHODS = [
    Probe(f"method {method}", 405, "method-not-allowed", method, signed_in=False)
    for method in ("PUT", "PATCH", "DELETE", "TRACE", "PROPFIND")
]


@pytest.fixture(scope="module")
def token(server: RunningServer) -> str:
    """The access token of a user who has just registered."""
    with httpx.Client(base_url=server.url) as client:
        account = {"email": "probe@example.com", "password": PASSWORD, "display_name": "Probe"}
        client.post("/api/v1/auth/register", json=account).raise_for_status()
        grant = {"grant_type": "password", "username": account["email"], "password": PASSWORD}
        answer = client.post(TOKEN, data=grant).raise_for_status()
        access_token: str = answer.json()["access_token"]
        return access_token


def bearer(token: str) -> tuple[str, str]:
    return ("Authorization", f"Bearer {token}")


@pytest.mark.parametrize("probe", [*BODIES, *QUERIES, *PATHS, *HEADERS, *METHODS], ids=str)
def test_is_refused_by_a_problem(server: RunningServer, token: str, probe: Probe) -> None:
    credential = (bearer(token),) if probe.signed_in else ()
    sent = request(probe.method, probe.target, (*probe.headers, *credential), probe.body)
    answer = exchange(server.port, sent)
    assert (answer.status, answer.media_type) == (probe.status, PROBLEM), answer.body
    problem = answer.json()
    expected = "unsupported-media-type" if probe.status == 415 else probe.problem
    assert problem["type"] == f"/problems/{expected}"
    assert problem["status"] == probe.status
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert {error["pointer"] for error in problem.get("errors", ())} >= set(probe.pointers)
    assert len(answer.body) < 20_000
    assert b"Traceback" not in answer.body
    if probe.status == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")
    if probe.status == 405:
        assert answer.headers["allow"] == ALLOW


@pytest.mark.parametrize(
    "text",
    [
        "",
        "limit=5.0",
        "limit=1e1",
        "created_after=2016-12-31T23:59:60Z",
        "created_after=0001-01-01T00:00:00%2B23:59",
        "created_before=9999-12-31T23:59:59.999999999-23:59",
        "q=%F0%9F%98%80",
        "q=%27%20OR%201=1--",
        "q=%22unbalanced",
        "cursor=" + "f" * 48,
        "cursor=" + "0" * 48,
        "&&limit=5&",
        "include_total=true&sort=-priority",
    ],
)
def test_unusual_but_valid_queries_are_answered(server: RunningServer, token: str, text: str) -> None:
    answer = exchange(server.port, request("GET", f"{ITEMS}?{text}", [bearer(token)]))
    assert answer.status == 200, answer.body


@pytest.mark.parametrize(
    "body",
    [
        b'{"title": "a", "priority": 1.0}',
        b'{"title": "a", "priority": 1e3}',
        '{"title": "\N{GRINNING FACE} \N{RIGHT-TO-LEFT OVERRIDE}"}'.encode(),
        b'{"title": "\\ud83d\\ude00"}',
        b'\r\n\t {"title": "a"}\n',
    ],
    ids=["1.0", "1e3", "emoji and bidi", "surrogate pair", "white space around"],
)
def test_unusual_but_valid_bodies_are_taken(server: RunningServer, token: str, body: bytes) -> None:
    answer = exchange(server.port, request("POST", ITEMS, [JSON, bearer(token)], body))
    assert answer.status == 201, answer.body


def test_head_is_get_without_the_body(server: RunningServer, token: str) -> None:
    got = exchange(server.port, request("GET", ITEMS, [bearer(token)]))
    head = exchange(server.port, request("HEAD", ITEMS, [bearer(token)]))
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"] == str(len(got.body))
    refused = exchange(server.port, request("HEAD", ITEMS))
    assert (refused.status, refused.body, refused.media_type) == (401, b"", PROBLEM)


@pytest.mark.parametrize("target", [ITEMS, "/api/v1/auth/token", "/api/v1/users/me", "/health"])
def test_options_tells_the_same_methods_as_405(server: RunningServer, target: str) -> None:
    options = exchange(server.port, request("OPTIONS", target))
    refused = exchange(server.port, request("TRACE", target))
    assert (options.status, options.body) == (204, b"")
    assert (refused.status, refused.headers["allow"]) == (405, options.headers["allow"])


@pytest.mark.parametrize(
    "body",
    [
        b"grant_type=password&grant_type=password",
        b"grant_type=password&username=a%zz",
        b"grant_type=password&username=a%40b.c&password=%00",
        b"grant_type=password&username=a%40b.c&password=%ff",
        b"grant_type=magic",
        b"a=1",
        b"\xff\xfe",
        b"&".join([b"a=1"] * 4_000),
        b"",
    ],
    ids=["twice", "escape", "NUL", "not UTF-8", "no such grant", "unknown", "binary", "many", "empty"],
)
def test_broken_forms_are_answered_as_oauth_asks(server: RunningServer, body: bytes) -> None:
    answer = exchange(server.port, request("POST", TOKEN, [FORM, ("Content-Length", str(len(body)))], body))
    assert (answer.status, answer.media_type) == (400, "application/json"), answer.body
    assert answer.json()["error"] in ("invalid_request", "unsupported_grant_type")


@pytest.mark.parametrize(
    "condition", ["", "*", "abc", '"', '""', 'W/"1f"', '"1f", "20", abc', "\xff", "a" * 1_000, ", ,"]
)
def test_no_condition_breaks_the_server(server: RunningServer, token: str, condition: str) -> None:
    """Entity tags that nobody issued are stale or match nothing; never a 500."""
    body = json.dumps({"title": "a"}).encode()
    created = exchange(server.port, request("POST", ITEMS, [JSON, bearer(token)], body))
    target = created.headers["location"]
    read = exchange(server.port, request("GET", target, [("If-None-Match", condition), bearer(token)]))
    assert read.status == (304 if condition == "*" else 200)
    deleted = exchange(server.port, request("DELETE", target, [("If-Match", condition), bearer(token)]))
    assert deleted.status in ((204,) if condition == "*" else (412, 422, 428))


def test_two_credentials_are_none(server: RunningServer, token: str) -> None:
    """A proxy in front may read the other one of the two."""
    other = ("Authorization", "Bearer a.b.c")
    for headers in ([bearer(token), other], [other, bearer(token)]):
        assert exchange(server.port, request("GET", ITEMS, headers)).status == 401


def test_older_and_longer_ways_to_ask_are_understood(server: RunningServer) -> None:
    old = exchange(server.port, b"GET /health/live HTTP/1.0\r\nHost: localhost\r\n\r\n")
    absolute = exchange(server.port, request("GET", "http://localhost/health/live"))
    pipelined = exchange(
        server.port, b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n" + request("GET", "/nowhere")
    )
    assert (old.status, absolute.status, pipelined.status) == (200, 200, 200)
    assert pipelined.body.count(b"HTTP/1.1 404") == 1


@pytest.mark.parametrize("sent", ["", "a" * 129, "a b", '"a"', "\xff", "a\tb", "<script>"])
def test_a_malformed_request_id_is_replaced_not_repeated(server: RunningServer, sent: str) -> None:
    answer = exchange(server.port, request("GET", "/health/live", [("X-Request-Id", sent)]))
    assert answer.status == 200
    assert answer.headers["x-request-id"] not in ("", sent)


# What the HTTP parser in front of the application turns away itself, with uvicorn and httptools.
BEFORE_THE_APPLICATION = {
    "no HTTP": b"hello\r\n\r\n",
    "a method in small letters": b"get / HTTP/1.1\r\nHost: a\r\n\r\n",
    "NUL in a header": b"GET /health HTTP/1.1\r\nHost: a\r\nX-A: a\x00b\r\n\r\n",
    "a space in a header name": b"GET /health HTTP/1.1\r\nHost: a\r\nX A: b\r\n\r\n",
    "a line feed in the target": b"GET /health\nX HTTP/1.1\r\nHost: a\r\n\r\n",
    "a raw byte in the target": b"GET /api/v1/items?q=\xff HTTP/1.1\r\nHost: a\r\n\r\n",
    "DEL in a header": b"GET /health HTTP/1.1\r\nHost: a\r\nX-A: a\x7fb\r\n\r\n",
    "a negative length": b"POST /api/v1/items HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"POST /api/v1/items HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and chunks": (
        b"POST /api/v1/items HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "a broken chunk": b"POST /api/v1/items HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
}


@pytest.mark.parametrize("raw", BEFORE_THE_APPLICATION.values(), ids=BEFORE_THE_APPLICATION.keys())
def test_what_is_no_http_gets_a_400_and_a_closed_connection(server: RunningServer, raw: bytes) -> None:
    answer = exchange(server.port, raw)
    assert answer.status == 400
    assert b"Traceback" not in answer.body


def test_the_server_lives_on(server: RunningServer, token: str) -> None:
    """Last in this module: nothing above ended the process or left it unable to work."""
    assert server.process.poll() is None
    answer: Answer = exchange(server.port, request("GET", "/health"))
    assert answer.status == 200
    created = exchange(server.port, request("POST", ITEMS, [JSON, bearer(token)], json.dumps({"title": "a"}).encode()))
    assert created.status == 201
