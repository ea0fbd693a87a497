"""YAML 1.2 core schema: what 1.1 readers turn into times, booleans and octals stays what was written."""

from __future__ import annotations

import pytest

from tallystick.spec.scalars import Scalar, UnusableNumber, resolve_plain

TEXT = [
    *("yes", "no", "on", "off", "y", "n", "Yes", "NO", "On"),
    *("18:00", "1:2:3", "190:20:30", "2024-01-01", "2024-01-01T00:00:00Z", "2001-12-14 21:59:43.10 -5"),
    *("1_000", "0b101", "0o18", "0o", "0x", "0xFG", "1e", "1.2.3", "v1", "+", "-", ".", "--1", "1,000", "0x-1"),
    *("nULL", "tRue", "none", "None", ".Inf.", "inf", "nan", "=", "<<", "~~", "٣", "1٣"),
]
VALUES: list[tuple[str, Scalar]] = [
    ("", None),
    ("~", None),
    ("null", None),
    ("Null", None),
    ("NULL", None),
    ("true", True),
    ("True", True),
    ("TRUE", True),
    ("false", False),
    ("FALSE", False),
    ("0", 0),
    ("-0", 0),
    ("+12", 12),
    ("017", 17),
    ("0o17", 15),
    ("0x1F", 31),
    ("1.", 1.0),
    (".5", 0.5),
    ("-1.5e3", -1500.0),
    ("1e3", 1000.0),
    ("1E-2", 0.01),
    ("12345678901234567890123", 12345678901234567890123),
]


@pytest.mark.parametrize("text", TEXT)
def test_stays_text(text: str) -> None:
    assert resolve_plain(text) == text


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_resolves(text: str, value: Scalar) -> None:
    found = resolve_plain(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", [".inf", "-.inf", "+.INF", ".nan", ".NaN", "1e999", "-1e999", "9" * 401])
def test_numbers_that_json_cannot_hold_are_refused(text: str) -> None:
    with pytest.raises(UnusableNumber):
        resolve_plain(text)
