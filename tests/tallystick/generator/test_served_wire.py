"""What only a real server and a socket show: when bodies are asked for, and what is refused before they are sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from tests.support.contracts import Contracts

CONTRACT = """
paths:
  /limited:
    post:
      operationId: limited
      x-max-body-bytes: 100
      requestBody: {required: true, content: {application/json: {schema: {type: string}}}}
      responses: {"204": {description: ok}}
  /events:
    get:
      operationId: getEvents
      responses: {"200": {description: ok, content: {text/event-stream: {schema: {type: string}}}}}
"""


@asynccontextmanager
async def connection(app: Any) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A socket to a server of its own."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    for _ in range(2000):
        if server.started:
            break
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        server.should_exit = True
        await serving


def head(*lines: str, path: str = "/limited", method: str = "POST") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: test", *lines, "", ""]).encode()


JSON = "Content-Type: application/json"


@pytest.mark.parametrize(
    ("lines", "body", "first"),
    [
        ((JSON, "Content-Length: 3", "Expect: 100-continue"), b"", b"HTTP/1.1 100 Continue\r\n"),
        ((JSON, "Content-Length: 101", "Expect: 100-continue"), b"", b"HTTP/1.1 413 Content Too Large\r\n"),
        (("Content-Type: a/b", "Content-Length: 3", "Expect: 100-continue"), b"", b"HTTP/1.1 415 "),
        ((JSON, "Transfer-Encoding: chunked"), b'3\r\n"a"\r\n0\r\n\r\n', b"HTTP/1.1 204 No Content\r\n"),
        ((JSON, "Transfer-Encoding: chunked"), b"65\r\n" + b" " * 101 + b"\r\n", b"HTTP/1.1 413 "),
    ],
    ids=["continue", "too large", "no such media type", "chunked", "chunked and too large"],
)
async def test_a_body_is_asked_for_only_if_it_is_taken(
    contracts: Contracts, lines: tuple[str, ...], body: bytes, first: bytes
) -> None:
    async with connection(contracts.text(CONTRACT).serve(limited=None).app) as (reader, writer):
        writer.write(head(*lines) + body)
        line = await asyncio.wait_for(reader.readline(), 20)
        # Names of statuses are the server's own.
        assert line.startswith(first[:13])
        if b"100" in first:
            await reader.readline()
            writer.write(b'"a"')
            assert (await asyncio.wait_for(reader.readline(), 20)).startswith(b"HTTP/1.1 204")


async def test_events_arrive_one_by_one_and_end_with_the_connection(contracts: Contracts) -> None:
    ended = asyncio.Event()
    go = asyncio.Event()
    made = contracts.text(CONTRACT)
    event: Any = made.module("handlers.default").ServerSentEvent

    async def events() -> AsyncIterator[Any]:
        try:
            yield event("first")
            await go.wait()
            while True:
                yield event("more")
                await asyncio.sleep(0.01)
        finally:
            ended.set()

    async with connection(made.serve(get_events=lambda: events()).app) as (reader, writer):
        writer.write(head(path="/events", method="GET"))
        received = await asyncio.wait_for(reader.readuntil(b"data: first\n\n"), 20)
        assert b"text/event-stream" in received
        assert not go.is_set(), "the first event came before the second was made"
        go.set()
        await asyncio.wait_for(reader.readuntil(b"data: more\n\n"), 20)
        writer.close()
        await asyncio.wait_for(ended.wait(), 20)
