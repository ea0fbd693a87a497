"""Texts that match a pattern: a walk over what Python's `re` makes of the expression."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from random import Random
from typing import Any

from tallystick.runtime.patterns import PatternError, translate

# No public module parses an expression into its parts.
_parse: Callable[[str], Iterable[tuple[Any, Any]]] = import_module("re._parser").parse

_MORE = 8  # what an open repetition adds at most
_PRINTABLE = [*map(chr, range(0x61, 0x7B)), *map(chr, range(0x30, 0x3A)), *map(chr, range(0x41, 0x5B)), "-", "_", " "]
_CATEGORIES: Mapping[str, str] = {
    "CATEGORY_DIGIT": "0123456789",
    "CATEGORY_WORD": "abcdefghijklmnopqrstuvwxyz0123456789_",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_DIGIT": "abcdefghijklmnopqrstuvwxyz",
    "CATEGORY_NOT_WORD": "-. ",
    "CATEGORY_NOT_SPACE": "abcdefghijklmnopqrstuvwxyz0123456789",
}


def text_matching(pattern: str, random: Random, least: int = 0, most: int | None = None) -> str | None:
    """A text that an ECMA-262 pattern finds something in, of a length within the bounds; None if none was found."""
    try:
        translation = translate(pattern)
        parts = list(_parse(_for_python(pattern)))
    except (PatternError, re.error, RecursionError):
        return None
    longest = most if most is not None else max(least + _MORE, 64)
    for attempt in range(40):
        walk = _Walk(random, least if attempt % 2 else 0)
        text = _padded(walk.sequence(parts), least)
        if least <= len(text) <= longest and translation.matches(text):
            return text
    return None


def _padded(text: str, least: int) -> str:
    """Patterns search: what has no anchor at its end may go on."""
    return text + "x" * (least - len(text)) if len(text) < least else text


def _for_python(pattern: str) -> str:
    """Near enough for `re` to read it: whether a text matches is for the translation to say."""
    pattern = re.sub(r"\(\?<(?=[A-Za-z_$])", "(?P<", pattern)
    pattern = re.sub(r"\\k<([A-Za-z_$][\w$]*)>", r"(?P=\1)", pattern)
    pattern = re.sub(r"\\u\{([0-9A-Fa-f]+)\}", lambda found: re.escape(chr(int(found[1], 16))), pattern)
    return re.sub(r"\\[pP]\{[^}]*\}", "\\\\w", pattern)


class _Walk:
    """Makes one text; `least` is how long it should become, which repetitions strive for."""

    def __init__(self, random: Random, least: int) -> None:
        self._random = random
        self._least = least
        self._groups: dict[int, str] = {}

    def sequence(self, parts: Iterable[tuple[Any, Any]]) -> str:
        return "".join(self._part(str(op), argument) for op, argument in parts)

    def _part(self, op: str, argument: Any) -> str:
        match op:
            case "LITERAL":
                return chr(argument)
            case "NOT_LITERAL":
                return self._random.choice([c for c in _PRINTABLE if ord(c) != argument])
            case "ANY":
                return self._random.choice(_PRINTABLE)
            case "IN":
                return self._one_of(argument)
            case "BRANCH":
                return self.sequence(self._random.choice(argument[1]))
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                return self._repeat(*argument)
            case "SUBPATTERN":
                text = self.sequence(argument[3])
                self._groups[argument[0]] = text
                return text
            case "ATOMIC_GROUP":
                return self.sequence(argument)
            case "GROUPREF":
                return self._groups.get(argument, "")
            case _:  # anchors and look-around take no room; the final match decides
                return ""

    def _repeat(self, low: int, high: Any, parts: Any) -> str:
        wanted = max(low, self._least)
        top = min(int(high), max(wanted, low + (_MORE if low == 0 else 0)))
        count = self._random.randint(min(wanted, top), top)
        return "".join(self.sequence(parts) for _ in range(count))

    def _one_of(self, items: Iterable[tuple[Any, Any]]) -> str:
        negated = False
        allowed: list[str] = []
        for op, argument in items:
            match str(op):
                case "NEGATE":
                    negated = True
                case "LITERAL":
                    allowed.append(chr(argument))
                case "RANGE":
                    low, high = argument
                    visible = [chr(code) for code in range(max(low, 0x20), min(high, 0x7E) + 1)]
                    allowed += visible or [chr(low)]
                case "CATEGORY":
                    allowed += _CATEGORIES.get(str(argument), "")
        if negated:
            forbidden = set(allowed)
            allowed = [c for c in _PRINTABLE if c not in forbidden] or [chr(0x4E00)]
        letters = [c for c in allowed if c.isalnum()]
        return self._random.choice(letters or allowed)
