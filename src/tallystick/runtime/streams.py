"""Answers whose content is sent while it is made, whatever its length: bytes, or one JSON value per line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Receive, Send
from typing_extensions import override

from tallystick.runtime.reply import Headers, Reply
from tallystick.runtime.responses import JsonType


async def _nothing() -> AsyncIterator[bytes]:
    nothing: tuple[bytes, ...] = ()
    for each in nothing:
        yield each


@dataclass(slots=True)
class StreamReply(Reply):
    """An answer without a known length. `body` stays empty."""

    chunks: AsyncIterable[bytes] = field(default_factory=_nothing)

    @override
    async def send(self, send: Send, *, head: bool = False) -> None:
        """See `Reply`."""
        await self._send_all(send, head)

    async def stream(self, receive: Receive, send: Send, *, head: bool = False) -> None:
        """Send it all, or as much as the client waits for. What goes wrong on the way breaks the connection."""
        sending = asyncio.create_task(self._send_all(send, head))
        gone = asyncio.create_task(_disconnected(receive))
        try:
            await asyncio.wait({sending, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if not sending.done():
                sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending

    async def _send_all(self, send: Send, head: bool) -> None:
        try:
            await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
            if not head:
                async for chunk in self.chunks:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            await close(self.chunks)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def raw_reply(
    status: int, media_type: bytes, body: bytes | AsyncIterable[bytes], headers: Headers | None = None
) -> Reply:
    """A reply with these bytes, or with those that come."""
    fields = [(b"content-type", media_type), *(headers or ())]
    return Reply(status, fields, body) if isinstance(body, bytes) else StreamReply(status, fields, chunks=body)


def lines_reply(
    status: int,
    media_type: bytes,
    type_: JsonType,
    values: AsyncIterable[Any],
    headers: Headers | None = None,
    *,
    start: bytes = b"",
) -> Reply:
    """A reply with one JSON value per line; `start` stands before each (RFC 7464: the record separator)."""
    chunks = _lines(type_, values, start)
    return StreamReply(status, [(b"content-type", media_type), *(headers or ())], chunks=chunks)


async def _lines(type_: JsonType, values: AsyncIterable[Any], start: bytes) -> AsyncIterator[bytes]:
    try:
        async for value in values:
            yield start + type_.dump(value) + b"\n"
    finally:
        await close(values)


async def close(values: AsyncIterable[Any]) -> None:
    """End what made the values, wherever it is: what it holds is given back now, not some time."""
    if isinstance(values, AsyncGenerator):
        await values.aclose()
