"""Cursors: every 48 hex digits are a position, and positions survive the way out and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.pagination import (
    EARLIEST,
    INT4_MAX,
    INT4_MIN,
    LATEST,
    Position,
    clamp_int4,
    clamp_moment,
    cut_page,
    decode_cursor,
    encode_cursor,
    from_microseconds,
    to_microseconds,
)

int64 = st.integers(-(2**63), 2**63 - 1)


@given(int64, st.uuids())
def test_positions_survive(key: int, place: UUID) -> None:
    cursor = encode_cursor(Position(key, place))
    assert len(cursor) == 48
    assert decode_cursor(cursor) == Position(key, place)


@given(st.text("0123456789abcdef", min_size=48, max_size=48))
def test_every_cursor_is_read_and_written_alike(cursor: str) -> None:
    assert encode_cursor(decode_cursor(cursor)) == cursor


@pytest.mark.parametrize("cursor", ["", "x" * 48, "00"])
def test_other_text_is_no_cursor(cursor: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode_cursor(cursor)


@given(st.datetimes(timezones=st.just(UTC)))
def test_moments_survive_to_the_microsecond(moment: datetime) -> None:
    assert from_microseconds(to_microseconds(moment)) == clamp_moment(moment)


@given(int64)
def test_every_count_of_microseconds_is_a_moment_the_column_holds(count: int) -> None:
    assert EARLIEST <= from_microseconds(count) <= LATEST


@pytest.mark.parametrize("hours", [-23, 0, 23])
def test_moments_beyond_the_calendar_are_clamped(hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    assert EARLIEST <= clamp_moment(datetime(1, 1, 1, tzinfo=zone)) <= EARLIEST + timedelta(days=1)
    assert LATEST - timedelta(days=1) <= clamp_moment(datetime(9999, 12, 31, 23, tzinfo=zone)) <= LATEST


@given(int64)
def test_numbers_are_clamped_to_the_column(number: int) -> None:
    assert INT4_MIN <= clamp_int4(number) <= INT4_MAX
    assert clamp_int4(number) == number or not INT4_MIN <= number <= INT4_MAX


def test_a_page_has_a_next_one_only_if_there_is_more() -> None:
    def position(number: int) -> Position:
        return Position(number, UUID(int=number))

    assert cut_page([1, 2], 2, position).next_cursor is None
    page = cut_page([1, 2, 3], 2, position, total=9)
    assert (page.rows, page.total) == ([1, 2], 9)
    assert page.next_cursor == encode_cursor(position(2))
    assert cut_page([], 2, position).next_cursor is None
