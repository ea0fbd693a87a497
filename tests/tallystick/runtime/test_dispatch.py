"""Operations inside a real FastAPI application: what a client gets for each way a request can end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

import httpx
import pytest
from fastapi import Depends, FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tallystick.runtime.call import Call
from tallystick.runtime.front import with_front
from tallystick.runtime.mount import Runtime, mount
from tallystick.runtime.operation import Operation, RateLimit, Requirement
from tallystick.runtime.ports import RateDecision
from tallystick.runtime.problems import Kind, Problem, ProblemSpec, Refusal, Violations
from tallystick.runtime.reply import Reply
from tallystick.runtime.responses import body_reply
from tallystick.runtime.routing import Endpoint
from tallystick.runtime.security import BearerScheme

PROBLEM = "application/problem+json"
LOGGER = "tallystick.runtime.dispatch"


@dataclass(frozen=True)
class Caller:
    subject: str
    scopes: frozenset[str] = field(default_factory=frozenset)


class Tokens:
    async def verify(self, token: str) -> Caller | None:
        return {"reader": Caller("r", frozenset({"read"})), "writer": Caller("w", frozenset({"write"}))}.get(token)


class OutOfStock(Problem):
    spec: ClassVar[ProblemSpec] = ProblemSpec(
        "OutOfStock",
        409,
        PROBLEM,
        {"type": "/problems/out-of-stock", "title": "Out of stock", "status": 409},
        frozenset({"type", "title", "status", "detail", "instance", "request_id"}),
    )


class DomainError(Exception):
    """An error of the product that a table translates."""


class OwnError(Exception):
    """An error for which the application registers a handler of its own."""


EVENTS: list[str] = []
KIND: type[FastAPI] = FastAPI


async def transaction() -> AsyncIterator[str]:
    EVENTS.append("begin")
    try:
        yield "transaction"
    except BaseException:
        EVENTS.append("rollback")
        raise
    EVENTS.append("commit")


class Limiter:
    def __init__(self) -> None:
        self.left = 2

    async def hit(self, limit: RateLimit, operation_id: str, client: str) -> RateDecision:
        self.left -= 1
        return RateDecision(self.left >= 0, max(self.left, 0), 30)


class Handlers:
    def __init__(self, work: Annotated[str, Depends(transaction)]) -> None:
        self.work = work

    async def make(self, what: str) -> str:
        if what == "stock":
            raise OutOfStock("None left.")
        if what == "domain":
            raise DomainError
        if what == "own":
            raise OwnError
        if what == "bug":
            raise RuntimeError("secret detail")
        if what == "slow":
            await asyncio.sleep(5)
        return self.work


def translate(error: Exception) -> Problem | Refusal | None:
    return OutOfStock("Translated.") if isinstance(error, DomainError) else None


class Guard:
    def check(self, operation: Operation, reply: Reply) -> Sequence[str]:
        return [] if reply.status in operation.statuses else [f"{reply.status} is not declared"]


GET = Operation("getThing", "GET", "/things/{id}", "things", (200, 404), response_media=("application/json",))
MAKE = Operation(
    "makeThing",
    "POST",
    "/things/{id}",
    "things",
    (201, 401, 403, 406, 409, 413, 415, 422, 428, 429),
    security=((Requirement("bearer", ("write",)),),),
    request_media=("application/json",),
    response_media=("application/json",),
    problems=frozenset({"OutOfStock"}),
    required_headers={"if-match": Kind.PRECONDITION_REQUIRED},
    max_body_bytes=20,
    rate_limit=RateLimit(2, "minute"),
    timeout=0.2,
)


class Fronted(FastAPI):
    """An application in which requests for the contract do not pass through FastAPI's layers."""

    def build_middleware_stack(self) -> ASGIApp:
        return with_front(self, super().build_middleware_stack())


@pytest.fixture(autouse=True, params=[FastAPI, Fronted], ids=["the long way", "the short way"])
def _way_in(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test holds for both ways in."""
    monkeypatch.setattr(f"{__name__}.KIND", request.param)


def application(*, guarded: bool = True, declares: bool = True) -> FastAPI:
    app = KIND(openapi_url=None, docs_url=None, redoc_url=None)
    runtime = Runtime(
        app=app,
        schemes={"bearer": BearerScheme(Tokens())},
        limiter=Limiter(),
        translate=translate,
        guard=Guard() if guarded else None,
    )
    gate, sessions = runtime.gate(), runtime.sessions(Handlers)

    async def get(call: Call) -> Reply:
        await gate.open(call)
        return body_reply(200, b"application/json", b'{"id":"%s"}' % call.path_values["id"].encode())

    async def make(call: Call) -> Reply:
        await gate.admit(call)
        found = Violations()
        if await call.body() == b"{}":
            found.add("body", "/name", "missing", "This property is required.")
        found.refuse()
        async with sessions.open(call) as handler:
            text = await handler.make(call.path_values["id"])
            EVENTS.append("encode")
            return body_reply(201 if text != "odd" else 299, b"application/json", b"{}")

    operation = MAKE if declares else Operation("makeThing", "POST", "/things/{id}", "things", (201,))

    async def own(_: Request, __: Exception) -> PlainTextResponse:
        return PlainTextResponse("own", 418)

    app.add_exception_handler(OwnError, own)
    mount(runtime, [Endpoint(GET, get), Endpoint(operation, make)])
    return app


@asynccontextmanager
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as session:
        yield session


async def send(method: str, path: str, app: FastAPI | None = None, **options: Any) -> httpx.Response:
    EVENTS.clear()
    async with client(app or application()) as session:
        return await session.request(method, path, **options)


WRITER = {"Authorization": "Bearer writer", "If-Match": "*", "Content-Type": "application/json"}


def without(*names: str, **changed: str) -> dict[str, str]:
    headers = {**WRITER, **{name.replace("_", "-"): value for name, value in changed.items()}}
    return {name: value for name, value in headers.items() if name not in names}


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("GET", "/nothing", {}, b"", 404),
        ("GET", "/things/", {}, b"", 404),
        ("GET", "/things/%zz", {}, b"", 400),
        ("GET", "/things/%ff", {}, b"", 400),
        ("PUT", "/things/1", {}, b"", 405),
        ("TRACE", "/things/1", {}, b"", 405),
        ("POST", "/things/1", {"Content-Length": "21"}, b"x" * 21, 413),
        ("POST", "/things/1", without("Authorization", "If-Match"), b"{}", 401),
        ("POST", "/things/1", without("If-Match", Authorization="Bearer no"), b"{}", 401),
        ("POST", "/things/1", without("If-Match", Authorization="Bearer reader"), b"{}", 403),
        ("POST", "/things/1", without("If-Match", Content_Type="text/plain"), b"{}", 415),
        ("POST", "/things/1", without("If-Match", "Content-Type"), b"{}", 415),
        ("POST", "/things/1", without("If-Match", Content_Type="application/json; charset=latin-1"), b"{}", 415),
        ("POST", "/things/1", without("If-Match", Content_Encoding="gzip"), b"{}", 415),
        ("POST", "/things/1", without("If-Match", Accept="text/html"), b"{}", 406),
        ("POST", "/things/1", without("If-Match"), b"{}", 428),
        ("POST", "/things/1", WRITER, b"{}", 422),
        ("POST", "/things/stock", WRITER, b"[]", 409),
        ("POST", "/things/domain", WRITER, b"[]", 409),
        ("POST", "/things/bug", WRITER, b"[]", 500),
        ("POST", "/things/slow", WRITER, b"[]", 503),
        ("POST", "/things/1", WRITER, b"[]", 201),
    ],
)
async def test_each_refusal_comes_before_the_next_and_is_a_problem(
    method: str, path: str, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = await send(method, path, headers=headers, content=body)
    assert answer.status_code == status
    if status >= 400:
        problem = answer.json()
        assert answer.headers["content-type"] == PROBLEM
        assert problem["status"] == status
        assert problem["type"].startswith("/problems/")


async def test_a_rate_limit_comes_after_security_and_before_the_body_is_looked_at() -> None:
    app = application()
    for _ in range(2):
        assert (await send("POST", "/things/1", app, headers=WRITER, content=b"[]")).status_code == 201
    answer = await send("POST", "/things/1", app, headers=without("Content-Type"), content=b"[]")
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "30"
    assert (await send("POST", "/things/1", app, content=b"[]")).status_code == 401


async def test_a_chunked_body_over_the_limit_is_refused_while_it_arrives() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"x" * 10

    answer = await send("POST", "/things/1", headers=WRITER, content=chunks())
    assert answer.status_code == 413


async def test_nothing_of_an_unexpected_error_reaches_the_client(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, LOGGER):
        answer = await send("POST", "/things/bug", headers=WRITER, content=b"[]")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert "secret detail" in caplog.text


async def test_a_handler_that_the_application_registers_is_asked() -> None:
    answer = await send("POST", "/things/own", headers=WRITER, content=b"[]")
    assert (answer.status_code, answer.text) == (418, "own")


@pytest.mark.parametrize("guarded", [True, False])
async def test_a_problem_that_the_operation_does_not_declare_is_our_fault(guarded: bool) -> None:
    app = application(guarded=guarded, declares=False)
    answer = await send("POST", "/things/stock", app, headers=WRITER, content=b"[]")
    assert answer.status_code == 500


async def test_405_and_options_list_every_method() -> None:
    refused = await send("PUT", "/things/1")
    asked = await send("OPTIONS", "/things/1")
    assert refused.headers["allow"] == asked.headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert (asked.status_code, asked.content) == (204, b"")


async def test_head_has_the_headers_of_get_and_no_body() -> None:
    head = await send("HEAD", "/things/1")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == "10"


@pytest.mark.parametrize(("what", "last"), [("1", "commit"), ("stock", "rollback"), ("bug", "rollback")])
async def test_the_transaction_ends_after_encoding_and_before_the_first_byte(what: str, last: str) -> None:
    EVENTS.clear()
    app = application()

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        async def noted(message: Message) -> None:
            EVENTS.append(message["type"].removeprefix("http.response."))
            await send(message)

        await app(scope, receive, noted)

    transport = httpx.ASGITransport(app=watched, raise_app_exceptions=False)
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://test"))
        await session.post(f"/things/{what}", headers=WRITER, content=b"[]")
    encoded = ["encode"] if last == "commit" else []
    expected = ["begin", *encoded, last, "start", "body"]
    assert expected == EVENTS


async def test_the_instance_is_a_uri_whatever_the_path_holds() -> None:
    answer = await send("PUT", "/things/%E2%82%AC%20x")
    assert answer.json()["instance"] == "/things/%E2%82%AC%20x"


async def test_middleware_of_the_application_sees_every_request() -> None:
    """It must not be passed by, whichever way in there is."""
    seen: list[str] = []
    app = application()

    @app.middleware("http")
    async def note(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        seen.append(request.url.path)
        return await call_next(request)

    assert (await send("GET", "/things/1", app)).status_code == 200
    assert seen == ["/things/1"]


async def test_a_dependency_cannot_hide_an_error() -> None:
    """Else a write that failed would be answered as done."""

    async def forgiving() -> AsyncIterator[str]:
        with suppress(DomainError):
            yield "transaction"

    app = application()
    app.dependency_overrides[transaction] = forgiving
    answer = await send("POST", "/things/domain", app, headers=WRITER, content=b"[]")
    assert answer.status_code == 409
