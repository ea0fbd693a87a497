"""Ranges of bytes (RFC 9110, section 14): answers of which a client may ask for a part."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterable, AsyncIterator, Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path

from tallystick.runtime.call import Call
from tallystick.runtime.problems import Kind, Refusal
from tallystick.runtime.reply import Headers, Reply
from tallystick.runtime.streams import StreamReply, close

_CHUNK = 64 * 1024
# A client that asks for more parts gets the whole: answering many small ones is work for nothing.
_MOST_RANGES = 16
_RANGE = re.compile(r"(\d{1,18})-(\d{0,18})|-(\d{1,18})", re.ASCII)


class RangedSource:
    """Content of known length of which any part can be read.

    Args:
        size: its length in bytes.
        read: gives the bytes from the first position up to, and without, the second.
    """

    __slots__ = ("read", "size")

    def __init__(self, size: int, read: Callable[[int, int], AsyncIterable[bytes]]) -> None:
        self.size = size
        self.read = read

    @classmethod
    def of(cls, content: bytes) -> RangedSource:
        """Content that is in memory."""
        return cls(len(content), lambda start, end: _once(content[start:end]))

    @classmethod
    def file(cls, path: str | Path) -> RangedSource:
        """A file, read off the event loop. Where it was replaced meanwhile, the connection breaks."""
        return cls(Path(path).stat().st_size, lambda start, end: _from_file(path, start, end))


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _from_file(path: str | Path, start: int, end: int) -> AsyncIterator[bytes]:
    handle = await asyncio.to_thread(os.open, path, os.O_RDONLY)
    try:
        while start < end and (chunk := await asyncio.to_thread(os.pread, handle, min(_CHUNK, end - start), start)):
            start += len(chunk)
            yield chunk
    finally:
        os.close(handle)


@dataclass(slots=True)
class RangedReply(StreamReply):
    """An answer of known length; all of its source unless `part` chose some."""

    source: RangedSource = field(default_factory=lambda: RangedSource.of(b""))

    def part(self, status: int, start: int, end: int, headers: Headers, *, head: bool = False) -> RangedReply:
        """The bytes from `start` up to `end` of the same content; for HEAD nothing is read."""
        fields = [*self.headers, *headers, (b"content-length", b"%d" % (end - start))]
        is_read = end > start and not head
        chunks = _exactly(self.source.read(start, end), end - start) if is_read else _once(b"")
        return RangedReply(status, fields, chunks=chunks, source=self.source)


async def _exactly(chunks: AsyncIterable[bytes], length: int) -> AsyncIterator[bytes]:
    """The same, as long as promised.

    Raises:
        ValueError: it is shorter or longer.
    """
    try:
        async for chunk in chunks:
            length -= len(chunk)
            if length < 0:
                raise ValueError("the source of an answer gives more than its length")
            yield chunk
        if length:
            raise ValueError(f"the source of an answer ends {length} bytes early")
    finally:
        await close(chunks)


def ranged_reply(
    status: int,
    media_type: bytes,
    body: bytes | AsyncIterable[bytes] | RangedSource,
    headers: Headers | None = None,
) -> Reply:
    """A reply of which `partial_content` may send a part; what has no known length is sent whole."""
    fields = [(b"content-type", media_type), *(headers or ())]
    if isinstance(body, bytes):
        body = RangedSource.of(body)
    if isinstance(body, RangedSource):
        return RangedReply(status, fields, source=body)
    return StreamReply(status, [*fields, (b"accept-ranges", b"none")], chunks=body)


def partial_content(call: Call, reply: Reply) -> Reply:
    """What of a reply the client asked for.

    One range is answered alone, several that touch each other as one; others get the whole, as RFC 9110 permits.

    Raises:
        Refusal: 416, there is nothing where the client wants something, and the contract declares an answer for it.
    """
    if not isinstance(reply, RangedReply):
        return reply
    size = reply.source.size
    accepts = [(b"accept-ranges", b"bytes")]
    wanted = _wanted(call, reply)
    if wanted is None:
        return reply.part(reply.status, 0, size, accepts, head=call.scope["method"] == "HEAD")
    if wanted == (0, 0):
        if Kind.RANGE_NOT_SATISFIABLE not in call.operation.refusals:
            return reply.part(reply.status, 0, size, accepts)
        detail = f"The content has {size} bytes."
        raise Refusal(Kind.RANGE_NOT_SATISFIABLE, detail, headers={"Content-Range": f"bytes */{size}"})
    start, end = wanted
    return reply.part(206, start, end, [*accepts, (b"content-range", b"bytes %d-%d/%d" % (start, end - 1, size))])


def _wanted(call: Call, reply: RangedReply) -> tuple[int, int] | None:
    """Start and end of what is asked for; the same twice where nothing is there; None for the whole."""
    field = call.header("range")
    # Only GET has ranges (RFC 9110, section 14.2).
    if field is None or call.scope["method"] != "GET" or not _same_content(call, reply):
        return None
    unit, equals, specs = field.partition("=")
    if not equals or unit.strip().lower() != "bytes":
        return None
    return _chosen(specs, reply.source.size)


def _chosen(specs: str, size: int) -> tuple[int, int] | None:
    pieces = [piece.strip(" \t") for piece in specs.split(",", _MOST_RANGES + 1)]
    if len(pieces) > _MOST_RANGES:
        return None
    found: list[tuple[int, int]] = []
    for piece in filter(None, pieces):
        match = _RANGE.fullmatch(piece)
        if match is None or (match[2] and int(match[2]) < int(match[1])):
            # What does not follow the grammar is no range at all (section 14.2).
            return None
        found.append(_bounds(match, size))
    if not found or (size == 0 and any(match.startswith("-") for match in pieces)):
        return None
    there = sorted((start, end) for start, end in found if start < end)
    if not there:
        return 0, 0
    start, end = there[0]
    for other_start, other_end in there[1:]:
        if other_start > end:
            return None
        end = max(end, other_end)
    return start, end


def _bounds(match: re.Match[str], size: int) -> tuple[int, int]:
    if match[3] is not None:
        return max(size - int(match[3]), 0), size
    end = int(match[2]) + 1 if match[2] else size
    return int(match[1]), min(end, size)


def _same_content(call: Call, reply: RangedReply) -> bool:
    """Whether the client's parts are of this content (`If-Range`, section 13.1.5): an exact, strong match."""
    condition = call.header("if-range")
    if condition is None:
        return True
    if '"' in condition:
        etag = reply.header(b"etag")
        return etag is not None and not condition.startswith("W/") and condition.encode("latin-1") == etag
    modified = reply.header(b"last-modified")
    try:
        return modified is not None and parsedate_to_datetime(condition) == parsedate_to_datetime(modified.decode())
    except ValueError:
        return False
