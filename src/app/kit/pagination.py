"""Keyset pages. A cursor is 48 hex digits: the last row's sort key (a signed 64-bit integer) and its id.

Every such string is a position, whether or not a row ever stood there: a cursor can be stale, never invalid.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

T = TypeVar("T")

INT4_MIN, INT4_MAX = -(2**31), 2**31 - 1
_INT64 = 1 << 64
_KEY_DIGITS = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# What both `datetime` and timestamptz hold. The driver reads the very ends as infinity, so they are left out.
EARLIEST = datetime(1, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, 23, 59, 59, 999_998, tzinfo=UTC)
_EARLIEST_MICROSECONDS = (EARLIEST - _EPOCH) // _MICROSECOND
_LATEST_MICROSECONDS = (LATEST - _EPOCH) // _MICROSECOND


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a sorted list: just after the row with this sort key and id."""

    key: int
    id: UUID


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list, the cursor of the next (None at the end), and how many there are if asked for."""

    rows: Sequence[T]
    next_cursor: str | None
    total: int | None = None


def encode_cursor(position: Position) -> str:
    """Write a position as a cursor."""
    return f"{position.key % _INT64:016x}{position.id.hex}"


def decode_cursor(cursor: str) -> Position:
    """Read a cursor of 48 hex digits.

    Raises:
        ValueError: it is something else.
    """
    unsigned = int(cursor[:_KEY_DIGITS], 16)
    key = unsigned - _INT64 if unsigned >= _INT64 // 2 else unsigned
    return Position(key, UUID(hex=cursor[_KEY_DIGITS:]))


def to_microseconds(moment: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (moment - _EPOCH) // _MICROSECOND


def from_microseconds(count: int) -> datetime:
    """The moment so many microseconds after 1970, or the nearest one that timestamptz can be compared to."""
    return _EPOCH + min(max(count, _EARLIEST_MICROSECONDS), _LATEST_MICROSECONDS) * _MICROSECOND


def clamp_moment(moment: datetime) -> datetime:
    """The same moment in UTC, or the nearest one that timestamptz can be compared to."""
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:
        return EARLIEST if moment.year == 1 else LATEST
    return min(max(utc, EARLIEST), LATEST)


def clamp_int4(number: int) -> int:
    """The number, or the nearest one that an integer column can be compared to."""
    return min(max(number, INT4_MIN), INT4_MAX)


def cut_page(rows: Sequence[T], limit: int, position: Callable[[T], Position], total: int | None = None) -> Page[T]:
    """Make a page of `limit` rows from a query that asked for one more, to know whether it is the last."""
    if len(rows) <= limit:
        return Page(rows, None, total)
    shown = rows[:limit]
    return Page(shown, encode_cursor(position(shown[-1])), total)
