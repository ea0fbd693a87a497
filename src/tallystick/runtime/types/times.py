"""Dates and times as RFC 3339 writes them."""

import datetime as dt
import re
from typing import Annotated, TypeAlias

from pydantic_core import CoreSchema, core_schema

from tallystick.runtime.types.core import Scalar, matching, parsed, text

_DATE = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
_OFFSET = r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
_PARTS = re.compile(
    r"(?:(\d{4})-(\d\d)-(\d\d)[Tt])?(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII
)
_FIRST = dt.datetime.min.replace(tzinfo=dt.UTC)
_LAST = dt.datetime.max.replace(tzinfo=dt.UTC)
_MINUTES_A_DAY = 24 * 60


def _edge_of_time(value: str) -> dt.datetime:
    """A valid date-time that Python has no object for: a leap second, or an instant outside of years 1 to 9999 UTC.

    The former becomes the second after it, the latter the nearest instant there is.
    """
    found = _PARTS.fullmatch(value)
    if found is None:
        raise ValueError(value)
    year, month, day, hour, minute, second = (int(found[number]) for number in range(1, 7))
    leap = second == 60
    offset = _offset(found)
    if leap and not _ends_the_day(hour, minute, offset):
        raise ValueError(value)
    micros = 0 if leap else int((found[7] or "0")[:6].ljust(6, "0"))
    local = dt.datetime(year, month, day, hour, minute, 59 if leap else second, micros, dt.UTC)
    try:
        return local - dt.timedelta(minutes=offset) + dt.timedelta(seconds=leap)
    except OverflowError:
        return _FIRST if year == 1 else _LAST


def _leap_time(value: str) -> dt.time:
    found = _PARTS.fullmatch(value)
    if found is None or found[6] != "60":
        raise ValueError(value)
    offset = _offset(found)
    if not _ends_the_day(int(found[4]), int(found[5]), offset):
        raise ValueError(value)
    zone = dt.timezone(dt.timedelta(minutes=offset))
    return dt.time(int(found[4]), int(found[5]), 59, 999_999, zone)


def _offset(found: re.Match[str]) -> int:
    if found[8] is None:
        return 0
    return (1 if found[8] == "+" else -1) * (int(found[9]) * 60 + int(found[10]))


def _ends_the_day(hour: int, minute: int, offset: int) -> bool:
    return (hour * 60 + minute - offset) % _MINUTES_A_DAY == _MINUTES_A_DAY - 1


def _date() -> CoreSchema:
    return parsed(
        "invalid_date",
        "Input should be a date as RFC 3339 writes it, like 2024-02-29",
        matching(f"^{_DATE}$"),
        core_schema.date_schema(strict=False),
        value=core_schema.date_schema(strict=True),
    )


def _date_time() -> CoreSchema:
    # The bounds keep `astimezone` from overflowing, here and in the database driver.
    usual = core_schema.datetime_schema(strict=False, tz_constraint="aware", ge=_FIRST, le=_LAST)
    edge = core_schema.no_info_plain_validator_function(_edge_of_time)
    return parsed(
        "invalid_date_time",
        "Input should be a date-time as RFC 3339 writes it, with its offset, like 2024-02-29T12:30:00Z",
        matching(f"^{_DATE}[Tt]{_TIME}{_OFFSET}$"),
        core_schema.union_schema([usual, edge], mode="left_to_right"),
        value=core_schema.datetime_schema(strict=True, tz_constraint="aware"),
    )


def _time() -> CoreSchema:
    usual = core_schema.time_schema(strict=False, tz_constraint="aware")
    leap = core_schema.no_info_plain_validator_function(_leap_time)
    return parsed(
        "invalid_time",
        "Input should be a time as RFC 3339 writes it, with its offset, like 12:30:00Z",
        matching(f"^{_TIME}{_OFFSET}$"),
        core_schema.union_schema([usual, leap], mode="left_to_right"),
        value=core_schema.time_schema(strict=True, tz_constraint="aware"),
    )


def _duration() -> CoreSchema:
    clock = r"T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S)"
    days = r"(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)"
    return text(
        "invalid_duration",
        "Input should be a duration as ISO 8601 writes it, like P3DT12H",
        matching(f"^P(?:{days}(?:{clock})?|{clock}|[0-9]+W)$"),
    )


Date: TypeAlias = Annotated[dt.date, Scalar(_date)]
DateTime: TypeAlias = Annotated[dt.datetime, Scalar(_date_time)]
Time: TypeAlias = Annotated[dt.time, Scalar(_time)]
# Stays text: a timedelta has no months or years.
Duration: TypeAlias = Annotated[str, Scalar(_duration)]
