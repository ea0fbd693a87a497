"""Changes that were agreed on: a file whose entries name a rule, a place and the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from tallystick.checks.diff.catalogue import RULES
from tallystick.checks.diff.changes import Change
from tallystick.checks.diff.resolving import items, mapping
from tallystick.spec.errors import ContractError, Diagnostic, Position, Severity
from tallystick.spec.loader import parse
from tallystick.spec.nodes import position_of
from tallystick.spec.pointers import child

_FIELDS = ("rule", "operation", "at", "reason")


@dataclass(frozen=True)
class Ignore:
    """Excuses changes of a rule, for one operation (`GET /items` or its operationId) or at and below a pointer."""

    rule: str
    operation: str
    at: str
    reason: str
    position: Position | None

    def covers(self, change: Change) -> bool:
        if self.rule != change.rule.id:
            return False
        places = (change.old_pointer, change.new_pointer)
        return not self.at or any(f"{place}/".startswith(f"{self.at}/") for place in places)

    def remaining(self, change: Change, names: dict[str, str]) -> tuple[str, ...]:
        """The operations for which the change is not excused."""
        if not self.operation:
            return ()
        return tuple(each for each in change.operations if self.operation not in (each, names.get(each)))


@dataclass(frozen=True)
class Sifted:
    """What is left, what was excused and why, and what is wrong with the file."""

    changes: tuple[Change, ...]
    ignored: tuple[tuple[Change, str], ...] = ()
    problems: tuple[Diagnostic, ...] = ()


def read_ignores(path: Path) -> list[Ignore]:
    """Raises ContractError with everything that is wrong with the file."""
    root = parse(path)
    found: list[Ignore] = []
    hint = "the entries stand below `ignore`"
    problems = [_problem(root, "", f'unknown field "{key}"', hint) for key in root if key != "ignore"]
    for index, entry in enumerate(items(root.get("ignore"))):
        wrong = _wrong(entry)
        if wrong:
            problems.append(_problem(entry, child("/ignore", index), *wrong))
        else:
            texts = (str(entry.get(key, "")) for key in _FIELDS)
            rule, operation, at, reason = texts
            found.append(Ignore(rule, operation, at.removeprefix("#").rstrip("/"), reason, position_of(entry)))
    if problems:
        raise ContractError(problems)
    return found


def _wrong(entry: Any) -> tuple[str, str] | None:
    node = mapping(entry)
    unknown = [key for key in node if key not in _FIELDS]
    if unknown:
        return f'unknown field "{unknown[0]}"', f"known are: {', '.join(_FIELDS)}"
    if any(not isinstance(node.get(key, ""), str) for key in _FIELDS):
        return "every field is text", "put it in quotes"
    if node.get("rule") not in RULES:
        near = get_close_matches(str(node.get("rule")), RULES, n=1)
        hint = f'did you mean "{near[0]}"?' if near else "`tally diff --rules` lists them"
        return f'there is no rule "{node.get("rule")}"', hint
    if not node.get("operation") and not node.get("at"):
        return "an entry names an `operation` or a pointer `at`", "a whole rule cannot be ignored"
    return None if str(node.get("reason", "")).strip() else ("an entry needs its reason", "add `reason`")


def _problem(node: Any, pointer: str, message: str, hint: str) -> Diagnostic:
    return Diagnostic("ignore-file", message, position_of(node), pointer, hint)


def sift(changes: Sequence[Change], ignores: Sequence[Ignore], names: dict[str, str]) -> Sifted:
    """Applies every entry; one that excuses nothing is reported."""
    left: list[Change] = []
    ignored: list[tuple[Change, str]] = []
    used: set[int] = set()
    for change in changes:
        rest: Change | None = change
        for number, ignore in enumerate(ignores):
            if rest is None or not ignore.covers(rest):
                continue
            remaining = ignore.remaining(rest, names)
            excused = tuple(each for each in rest.operations if each not in remaining)
            if ignore.operation and not excused:
                continue
            used.add(number)
            ignored.append((replace(rest, operations=excused), ignore.reason))
            rest = replace(rest, operations=remaining) if remaining else None
        if rest is not None:
            left.append(rest)
    stale = [each for number, each in enumerate(ignores) if number not in used]
    return Sifted(tuple(left), tuple(ignored), tuple(map(_stale, stale)))


def _stale(ignore: Ignore) -> Diagnostic:
    message = f"this entry ({ignore.rule}) excuses nothing"
    return Diagnostic("ignore-unused", message, ignore.position, hint="remove it", severity=Severity.WARNING)
