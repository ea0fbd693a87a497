"""Whether two schemas certainly have no value in common."""

from __future__ import annotations

from tallystick.checks.diff.bounds import MAX_LENGTH, MAXIMUM, MIN_LENGTH, MINIMUM, Keyword, limit
from tallystick.checks.diff.kinds import NUMBERS
from tallystick.checks.diff.values import accepts
from tallystick.checks.diff.views import View

_DEEPEST = 4


def are_disjoint(one: View, other: View, depth: int = 0) -> bool:
    """True only where it is certain."""
    common = one.types & other.types
    if not common:
        return True
    if depth > _DEEPEST:
        return False
    for first, second in ((one, other), (other, one)):
        if first.unions and not first.nulls:
            branches = first.branch_views(first.unions[0])
            if all(are_disjoint(each, second, depth + 1) for each in branches):
                return True
    return "null" not in common and all(_differ(kind, one, other, depth) for kind in common)


def _differ(kind: str, one: View, other: View, depth: int) -> bool:
    for first, second in ((one, other), (other, one)):
        if first.finite is not None and second.finite is not None:
            return not first.finite.keys() & second.finite.keys()
        if first.finite is not None and not second.unions and kind not in ("object", "array"):
            return _all_refused(first, second)
    if kind == "string":
        return _are_apart(one, other, MIN_LENGTH, MAX_LENGTH)
    if kind in NUMBERS:
        return _are_apart(one, other, MINIMUM, MAXIMUM)
    return kind == "object" and _objects_differ(one, other, depth)


def _all_refused(values: View, judge: View) -> bool:
    if any(part.keys() & {"not", "if", "format", "$dynamicRef"} for part in judge.parts):
        return False
    return not any(accepts(judge, value) for value in (values.finite or {}).values())


def _are_apart(one: View, other: View, lower: Keyword, upper: Keyword) -> bool:
    for first, second in ((one, other), (other, one)):
        least, most = limit(first, lower), limit(second, upper)
        if least and most and (least.value > most.value or (least.value == most.value and least.exclusive)):
            return True
    return False


def _objects_differ(one: View, other: View, depth: int) -> bool:
    shared = one.required.keys() & other.required.keys()
    for name in shared:
        values, others = one.member(name).finite, other.member(name).finite
        if values is not None and others is not None and not values.keys() & others.keys():
            return "null" not in one.member(name).types & other.member(name).types
    for first, second in ((one, other), (other, one)):
        for name in first.required:
            if not second.member(name).types:
                return True
    return any(are_disjoint(one.member(name), other.member(name), depth + 1) for name in shared)
