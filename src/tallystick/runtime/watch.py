"""Judges what streams say while they say it, value by value. For tests and development, as the guard is."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, AsyncIterator, Callable
from contextlib import suppress
from typing import Any

from tallystick.runtime.streams import close

# What is wrong with one value.
Judge = Callable[[Any], list[str]]

_LINES = (
    *("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonl"),
    *("application/jsonlines", "application/json-seq"),
)
_EVENTS = "text/event-stream"
EVENT_FIELDS = frozenset({"data", "event", "id", "retry"})


class StreamBreach(Exception):
    """A stream was about to say what its contract does not declare."""


def is_watchable(media_type: str) -> bool:
    """Whether a stream of this media type is one value after another."""
    return media_type in _LINES or media_type == _EVENTS or media_type.endswith("+json-seq")


def watched(chunks: AsyncIterable[bytes], media_type: str, judge: Judge, *, whole_events: bool) -> AsyncIterator[bytes]:
    """The same, until a value breaks the contract.

    Args:
        chunks: each one value, as the run time writes them.
        media_type: one that is watchable.
        judge: judges one value.
        whole_events: whether the contract describes events with their fields, not only their data.
    """
    if media_type != _EVENTS:
        return _watched(chunks, judge, lambda chunk: [json.loads(chunk.lstrip(b"\x1e"))])
    return _watched(chunks, judge, lambda chunk: _readings(chunk, whole=whole_events))


async def _watched(
    chunks: AsyncIterable[bytes], judge: Judge, readings: Callable[[bytes], list[Any]]
) -> AsyncIterator[bytes]:
    try:
        async for chunk in chunks:
            breaches = [judge(value) for value in readings(chunk)]
            if breaches and all(breaches):
                raise StreamBreach("; ".join(breaches[-1]))
            yield chunk
    finally:
        await close(chunks)


def _readings(chunk: bytes, *, whole: bool) -> list[Any]:
    """What an event may say: its data is text, or the JSON in it; nothing if it is a comment."""
    fields: dict[str, Any] = {}
    for line in chunk.decode().split("\n"):
        name, _, text = line.partition(": ")
        if name in ("data", "event", "id"):
            fields[name] = f"{fields[name]}\n{text}" if name in fields else text
        elif name == "retry":
            fields[name] = int(text)
    if not fields:
        return []
    readings = [fields]
    with suppress(ValueError):
        readings.append({**fields, "data": json.loads(fields.get("data", ""))})
    return readings if whole else [one.get("data") for one in readings]
