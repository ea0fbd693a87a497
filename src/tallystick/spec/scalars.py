"""Plain YAML scalars by the core schema of YAML 1.2 (10.3.2): `yes`, `18:00` and `2024-01-01` are strings."""

from __future__ import annotations

import math
import re

from tallystick.spec.limits import MAX_DIGITS

Scalar = str | int | float | bool | None

_WORDS: dict[str, Scalar] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_MAYBE_NUMBER = frozenset("+-.0123456789")
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


class UnusableNumber(ValueError):
    """A number that JSON, or this tool, cannot hold; the text says why."""


def resolve_plain(text: str) -> Scalar:
    """The value of an unquoted scalar. Raises UnusableNumber."""
    if not text or text[0] not in _MAYBE_NUMBER:
        return _WORDS.get(text, text)
    if _DECIMAL.fullmatch(text):
        return _integer(text, 10)
    if _FLOAT.fullmatch(text):
        return finite_float(text)
    if _OCTAL.fullmatch(text):
        return _integer(text[2:], 8)
    if _HEX.fullmatch(text):
        return _integer(text[2:], 16)
    if _NOT_FINITE.fullmatch(text):
        raise UnusableNumber(f"{text} is a number that JSON does not have")
    return text


def _integer(text: str, base: int) -> int:
    if len(text) > MAX_DIGITS:
        raise UnusableNumber(f"the number has more than {MAX_DIGITS} digits")
    return int(text, base)


def finite_float(text: str) -> float:
    """Raises UnusableNumber where the number exceeds a 64-bit float."""
    value = float(text)
    if math.isinf(value):
        raise UnusableNumber("the number is too large for a 64-bit float")
    return value
