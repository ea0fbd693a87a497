"""Streams, cookies and negotiation, over HTTP: a fault here holds whole files in memory, or loses an answer's end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from starlette.types import Message

from tallystick.runtime.mount import Runtime, mount
from tests.support.contracts import Package

Made = Callable[[str], Package]
EVENTS: list[str] = []


@pytest.fixture
def made(package: Made) -> Package:
    EVENTS.clear()
    return package("answer_streams")


async def pieces() -> AsyncIterator[bytes]:
    try:
        for piece in (b"a", b"", b"bc"):
            yield piece
            await asyncio.sleep(0)
    finally:
        EVENTS.append("closed")


async def test_bytes_are_sent_as_they_come_or_at_once(made: Package) -> None:
    answer_class = made.answer("default", "GetFile200")
    answer = await made.serve(get_file=lambda: answer_class(body=pieces(), x_name="n")).get("/file")
    assert (answer.content, answer.headers["x-name"]) == (b"abc", "n")
    assert "content-length" not in answer.headers
    answer = await made.serve(get_file=answer_class(body=b"abc", x_name="n")).get("/file")
    assert (answer.content, answer.headers["content-length"]) == (b"abc", "3")
    assert EVENTS == ["closed"]


async def test_each_line_is_a_json_value_under_the_contracts_names(made: Package) -> None:
    async def lines() -> AsyncIterator[Any]:
        for name in ("a", "b\n"):
            yield made.models.Line(camel_name=name)

    answer = await made.serve(get_lines=lambda: lines()).get("/lines")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.content == b'{"camelName":"a"}\n{"camelName":"b\\n"}\n'


async def test_head_of_a_stream_has_its_headers_and_makes_none_of_it(made: Package) -> None:
    answer = await made.serve(get_lines=lambda: pieces()).request("HEAD", "/lines")
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (200, "application/x-ndjson", b"")
    assert EVENTS == []


async def session() -> AsyncIterator[str]:
    EVENTS.append("opened")
    try:
        yield "session"
    except BaseException as error:
        EVENTS.append(f"failed {type(error).__name__}")
        raise
    EVENTS.append("left")


def application(made: Package, body: Callable[[], Any]) -> FastAPI:
    """Handlers that depend on a session, and answer with this body."""
    app = FastAPI(openapi_url=None)
    runtime: Runtime[Any] = Runtime(app, {}, None, None)
    registry: Any = made.module("registry")

    class Written(made.module("unimplemented.default").UnimplementedDefault[Any]):  # type: ignore[misc] # made at run time
        def __init__(self, session: Annotated[str, Depends(session)]) -> None:
            self.session = session

        async def get_file(self) -> Any:
            EVENTS.append("answered")
            return body()

    mount(runtime, registry.endpoints(registry.Handlers(default=Written), runtime))
    return app


async def ask(app: FastAPI, *, until: int | None = None) -> list[Message]:
    """What is sent; the client goes away after so many messages."""
    sent: list[Message] = []
    enough = asyncio.Event()

    async def receive() -> Message:
        await enough.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        EVENTS.append(message["type"].rpartition(".")[2])
        sent.append(message)
        if len(sent) == until:
            enough.set()

    scope = {"type": "http", "method": "GET", "path": "/file", "raw_path": b"/file", "query_string": b"", "headers": []}
    await app({**scope, "root_path": ""}, receive, send)
    return sent


async def test_what_a_stream_reads_from_is_left_after_its_end(made: Package) -> None:
    """A transaction that closes before would leave the stream without its source."""
    answer_class = made.answer("default", "GetFile200")
    await ask(application(made, lambda: answer_class(body=pieces(), x_name="n")))
    assert EVENTS == ["opened", "answered", "start", "body", "body", "body", "closed", "body", "left"]


async def test_what_is_no_stream_commits_before_it_is_sent(made: Package) -> None:
    answer_class = made.answer("default", "GetFile404")
    await ask(application(made, answer_class))
    assert EVENTS == ["opened", "answered", "left", "start", "body"]


async def test_a_stream_that_fails_rolls_back_and_is_never_ended_well(made: Package) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"a"
        raise LookupError

    answer_class = made.answer("default", "GetFile200")
    with pytest.raises(LookupError):
        await ask(application(made, lambda: answer_class(body=failing(), x_name="n")))
    assert EVENTS == ["opened", "answered", "start", "body", "failed LookupError"]


async def test_a_stream_ends_when_nobody_listens_any_more(made: Package) -> None:
    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"a"
                await asyncio.sleep(0.001)
        finally:
            EVENTS.append("closed")

    answer_class = made.answer("default", "GetFile200")
    app = application(made, lambda: answer_class(body=endless(), x_name="n"))
    await asyncio.wait_for(ask(app, until=3), 20)
    assert EVENTS[-2:] == ["closed", "left"]


@pytest.mark.parametrize(
    ("accept", "given"),
    [
        (None, "application/json"),
        ("text/csv", "text/csv"),
        ("text/csv;q=0.5, application/json;q=0.1", "text/csv"),
        ("image/png, text/csv;q=0.9", "image/*"),
        ("text/*", "text/csv"),
    ],
)
async def test_a_handler_learns_which_media_type_is_liked_best(made: Package, accept: str | None, given: str) -> None:
    served = made.serve(get_report=made.answer("default", "GetReport200Json")(body={}))
    headers = {} if accept is None else {"Accept": accept}
    assert (await served.get("/report?accept=x", headers=headers)).status_code == 200
    assert served.given == {"accept": "x", "accept_": given}


async def test_a_range_of_statuses_in_one_of_its_media_types(made: Package) -> None:
    gone = made.answer("default", "GetReport4XXHtml")(code=410, body="<p>")
    answer = await made.serve(get_report=gone).get("/report")
    assert (answer.status_code, answer.headers["content-type"], answer.text) == (410, "text/html", "<p>")


async def test_each_cookie_is_a_field_of_its_own(made: Package) -> None:
    cookies = ["a=1; Path=/; Expires=Wed, 21 Oct 2015 07:28:00 GMT", "b=2"]
    answer = await made.serve(start=made.answer("default", "Start204")(set_cookie=cookies, x_count=3)).post("/session")
    assert answer.headers.get_list("set-cookie") == cookies
    assert answer.headers["x-count"] == "3"
    answer = await made.serve(start=made.answer("default", "Start303")(location="/b?c=d")).post("/session")
    assert (answer.status_code, answer.headers["location"]) == (303, "/b?c=d")
    assert "set-cookie" not in answer.headers
