"""Bounds: lengths, sizes, minimum and maximum, multiples."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from tallystick.checks.diff.graph import Pair
from tallystick.checks.diff.kinds import NUMBERS
from tallystick.checks.diff.views import View

_STRINGS = frozenset({"string"})
_ARRAYS, _OBJECTS = frozenset({"array"}), frozenset({"object"})


class Keyword(NamedTuple):
    """A bound: what it limits, from above or below, and the value that says nothing."""

    subject: str
    name: str
    types: frozenset[str]
    upper: bool
    idle: float | None = None
    exclusive: str = ""


class Limit(NamedTuple):
    value: float
    exclusive: bool
    upper: bool

    def admits(self, value: float) -> bool:
        if value == self.value:
            return not self.exclusive
        return value < self.value if self.upper else value > self.value

    def __str__(self) -> str:
        return f"{self.value}{' (excluded)' if self.exclusive else ''}"


MAX_LENGTH = Keyword("max-length", "maxLength", _STRINGS, upper=True)
MIN_LENGTH = Keyword("min-length", "minLength", _STRINGS, upper=False, idle=0)
MAXIMUM = Keyword("maximum", "maximum", NUMBERS, upper=True, exclusive="exclusiveMaximum")
MINIMUM = Keyword("minimum", "minimum", NUMBERS, upper=False, exclusive="exclusiveMinimum")
LIMITS = (MAXIMUM, MINIMUM)
MAX_CONTAINS = Keyword("max-contains", "maxContains", _ARRAYS, upper=True)
MIN_CONTAINS = Keyword("min-contains", "minContains", _ARRAYS, upper=False)
_KEYWORDS = (
    MAX_LENGTH,
    MIN_LENGTH,
    *LIMITS,
    Keyword("max-items", "maxItems", _ARRAYS, upper=True),
    Keyword("min-items", "minItems", _ARRAYS, upper=False, idle=0),
    Keyword("max-properties", "maxProperties", _OBJECTS, upper=True),
    Keyword("min-properties", "minProperties", _OBJECTS, upper=False, idle=0),
)


def limit(view: View, keyword: Keyword) -> Limit | None:
    """The tightest bound of all parts, None where there is none."""
    found = [Limit(each, False, keyword.upper) for each in view.values(keyword.name) if _is_number(each)]
    if keyword.exclusive:
        found += [Limit(each, True, keyword.upper) for each in view.values(keyword.exclusive) if _is_number(each)]
        if "fraction" not in view.types:
            found = [_whole(each) for each in found]
    if not found:
        return None
    sign = 1 if keyword.upper else -1
    tightest = min(found, key=lambda each: (sign * each.value, not each.exclusive))
    return None if tightest.value == keyword.idle and not keyword.upper else tightest


def _whole(bound: Limit) -> Limit:
    """The same bound for whole numbers, included."""
    if bound.upper:
        value = math.ceil(bound.value) - 1 if bound.exclusive else math.floor(bound.value)
    else:
        value = math.floor(bound.value) + 1 if bound.exclusive else math.ceil(bound.value)
    return Limit(value, False, bound.upper)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def compare_bounds(pair: Pair) -> None:
    """Lengths, sizes, minimum and maximum."""
    common = pair.old.types & pair.new.types
    listed = pair.old.enum is not None or pair.new.enum is not None
    for keyword in _KEYWORDS:
        if not common & keyword.types or (listed and keyword.types & (NUMBERS | _STRINGS)):
            continue
        compare_limits(pair, keyword, limit(pair.old, keyword), limit(pair.new, keyword))
    if common & NUMBERS and not listed:
        _compare_multiples(pair)


def compare_limits(pair: Pair, keyword: Keyword, old: Limit | None, new: Limit | None) -> None:
    """One bound."""
    if old != new:
        effect = "narrowed" if new is not None and (old is None or _tighter(new, old)) else "widened"
        message = f"{keyword.name} {old or 'none'} -> {new or 'none'}"
        pair.value(keyword.subject, effect, message, *filter(None, (keyword.name, keyword.exclusive)))


def _tighter(one: Limit, other: Limit) -> bool:
    if one.value == other.value:
        return one.exclusive
    return one.value < other.value if one.upper else one.value > other.value


def multiples(view: View) -> list[float]:
    """What values must be multiples of."""
    found = [each for each in view.values("multipleOf") if _is_number(each) and each > 0]
    return [each for each in found if "fraction" in view.types or not float(1 / each).is_integer()]


def _compare_multiples(pair: Pair) -> None:
    old, new = multiples(pair.old), multiples(pair.new)
    narrowed = any(not any(divides(wanted, have) for have in old) for wanted in new)
    widened = any(not any(divides(wanted, have) for have in new) for wanted in old)
    if narrowed or widened:
        effect = "changed" if narrowed and widened else "narrowed" if narrowed else "widened"
        texts = [", ".join(map(str, each)) or "none" for each in (old, new)]
        pair.value("multiple-of", effect, f"multipleOf {texts[0]} -> {texts[1]}", "multipleOf")


def divides(small: float, large: float) -> bool:
    """Whether the one goes into the other, but for the error of floats."""
    quotient = large / small
    return abs(quotient - round(quotient)) < 1e-9
