"""Server-sent events (WHATWG HTML, section 9.2): answers in `text/event-stream`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import RootModel
from pydantic_core import from_json

from tallystick.runtime.reply import Headers, Reply
from tallystick.runtime.responses import JsonType
from tallystick.runtime.streams import StreamReply, close
from tallystick.runtime.types.digits import EXACTLY, finished

T = TypeVar("T")

# What a silent stream sends, and how often: proxies drop connections on which nothing moves.
HEARTBEAT = b":\n\n"
HEARTBEAT_SECONDS = 15.0

_LINE_ENDS = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class ServerSentEvent(Generic[T]):
    """One event with data of the contract's type.

    Attributes:
        data: what it says; text is sent as it is, everything else as JSON.
        event: its name; clients call it `message` where there is none.
        id: what clients send as `Last-Event-ID` when they come back; the empty text forgets it.
        retry: after how many milliseconds they shall come back.
    """

    data: T
    event: str | None = None
    id: str | None = None
    retry: int | None = None


@dataclass(frozen=True, slots=True)
class ServerSentComment:
    """A line that clients ignore."""

    text: str = ""


def events_reply(
    status: int, media_type: bytes, type_: JsonType, values: AsyncIterable[Any], headers: Headers | None = None
) -> Reply:
    """A reply with `ServerSentEvent`s, whose data is of this type."""
    return _reply(status, media_type, _framed(type_, values), headers)


def whole_events_reply(
    status: int, media_type: bytes, type_: JsonType, values: AsyncIterable[Any], headers: Headers | None = None
) -> Reply:
    """A reply with values of this type, each an object with `data` and perhaps `event`, `id` and `retry`."""
    return _reply(status, media_type, _whole(type_, values), headers)


def _reply(status: int, media_type: bytes, frames: AsyncIterator[bytes], headers: Headers | None) -> Reply:
    fields = [(b"content-type", media_type), *(headers or ())]
    if not any(name == b"cache-control" for name, _ in fields):
        fields.append((b"cache-control", b"no-cache"))
    return StreamReply(status, fields, chunks=_alive(frames))


async def _framed(
    type_: JsonType, values: AsyncIterable[ServerSentEvent[Any] | ServerSentComment]
) -> AsyncIterator[bytes]:
    try:
        async for value in values:
            if isinstance(value, ServerSentComment):
                yield _comment(value)
            else:
                data = value.data if isinstance(value.data, str) else type_.dump(value.data).decode()
                yield frame(data, value.event, value.id, value.retry)
    finally:
        await close(values)


async def _whole(type_: JsonType, values: AsyncIterable[Any]) -> AsyncIterator[bytes]:
    try:
        async for value in values:
            yield _comment(value) if isinstance(value, ServerSentComment) else _whole_frame(value, type_)
    finally:
        await close(values)


def _whole_frame(value: Any, type_: JsonType) -> bytes:
    members = from_json(type_.dump(value))
    data = members.get("data")
    if data is not None and not isinstance(data, str):
        data = _written_data(value.root if isinstance(value, RootModel) else value)
    return frame(data, members.get("event"), members.get("id"), members.get("retry"))


def _written_data(value: Any) -> str:
    """The member `data` as the model writes it, digit by digit."""
    written: bytes = value.__pydantic_serializer__.to_json(
        value, by_alias=True, exclude_unset=True, include={"data"}, context=EXACTLY
    )
    return finished(written, value).removeprefix(b'{"data":')[:-1].decode()


def frame(data: str | None, event: str | None = None, id_: str | None = None, retry: int | None = None) -> bytes:
    """One event as it is sent.

    Raises:
        ValueError: a name or id that would end its line, or an id with the character NUL.
    """
    lines = [f"{name}: {text}" for name, text in (("event", event), ("id", id_), ("retry", retry)) if text is not None]
    for text in (event, id_):
        if text is not None and (_LINE_ENDS.search(text) or "\x00" in text):
            raise ValueError("the name or id of an event holds a line end or NUL")
    if data is not None:
        lines += [f"data: {line}" for line in _LINE_ENDS.split(data)]
    return ("\n".join(lines) + "\n\n").encode()


def _comment(comment: ServerSentComment) -> bytes:
    return ("".join(f": {line}\n" for line in _LINE_ENDS.split(comment.text)) + "\n").encode()


async def _alive(frames: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same, with a heartbeat whenever nothing came for long; the next event is made when this one was sent."""
    made: asyncio.Queue[bytes | None] = asyncio.Queue(1)
    # One task from first to last: what handlers hold while they yield may belong to the task that took it.
    maker = asyncio.create_task(_make(frames, made))
    try:
        while True:
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS):
                    chunk = await made.get()
            except TimeoutError:
                yield HEARTBEAT
                continue
            if chunk is None:
                await maker
                return
            yield chunk
            made.task_done()
    finally:
        maker.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await maker


async def _make(frames: AsyncIterator[bytes], made: asyncio.Queue[bytes | None]) -> None:
    try:
        async for each in frames:
            await made.put(each)
            await made.join()
    finally:
        await close(frames)
        made.put_nowait(None)
