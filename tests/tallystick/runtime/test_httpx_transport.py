"""The transport on httpx, against a server on a socket: a fault here and what was checked is not what is called."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from tallystick.runtime.httpx_transport import HttpxTransport
from tallystick.runtime.webhooks import MAX_ANSWER_BYTES, Request


@asynccontextmanager
async def answering(answer: bytes, received: list[bytes]) -> AsyncIterator[int]:
    """A server that gives every request the same answer; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        received.append(head + await reader.readexactly(4))
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_it_connects_to_the_address_that_was_checked() -> None:
    received: list[bytes] = []
    answer = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nhi"
    async with answering(answer, received) as port, httpx.AsyncClient(trust_env=False) as client:
        url = f"http://nobody.invalid:{port}/in?a=1"
        request = Request("POST", url, (("x-b", "2"),), b"body", "127.0.0.1")
        found = await HttpxTransport(client).send(request)
    assert (found.status, found.headers["x-a"], found.body) == (302, "1", b"hi"), "redirects are not followed"
    head = received[0].lower()
    assert head.startswith(b"post /in?a=1 http/1.1\r\n")
    assert f"host: nobody.invalid:{port}\r\n".encode() in head
    assert b"x-b: 2\r\n" in head
    assert head.endswith(b"\r\n\r\nbody")


async def test_an_answer_without_end_is_cut() -> None:
    received: list[bytes] = []
    answer = b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (3 * MAX_ANSWER_BYTES)
    async with answering(answer, received) as port, httpx.AsyncClient(trust_env=False) as client:
        found = await HttpxTransport(client).send(Request("POST", f"http://127.0.0.1:{port}/", (), b"body"))
    assert len(found.body) == MAX_ANSWER_BYTES


async def test_who_cannot_be_reached_is_an_os_error() -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        for url in ("http://127.0.0.1:1/", "http://xn--/", "https://" + "a" * 300 + "/"):
            with pytest.raises(OSError, match=r".+"):
                await HttpxTransport(client).send(Request("POST", url, (), b"body"))
