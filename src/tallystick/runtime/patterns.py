"""ECMA-262 regular expressions, carried out by the engines Python has.

JSON Schema's `pattern` is an ECMA-262 expression (Unicode mode). `translate` rewrites one for the Rust engine
of pydantic-core, which is linear in time, or, where it needs look-around, back-references or `\\B`, for the `re`
of Python. Both search (nothing is anchored by itself), read `\\d \\w \\b` as ASCII and `$` as the very end.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from pydantic_core import SchemaError, SchemaValidator, core_schema

Ranges = tuple[tuple[int, int], ...]

_LAST = 0x10FFFF  # the last code point
_DIGIT: Ranges = ((0x30, 0x39),)
_WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
_SPACE: Ranges = (
    (0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029),
    (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF),
)  # fmt: skip
_LINE_ENDS: Ranges = ((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029))
_CONTROL = {"t": 0x09, "n": 0x0A, "v": 0x0B, "f": 0x0C, "r": 0x0D}
_QUANTIFIER = re.compile(r"\{(\d+)(,(\d*))?\}")
_GROUP_NAME = re.compile(r"<([A-Za-z_$][\w$]*)>", re.ASCII)
_PROPERTY = re.compile(r"\{([A-Za-z_]+(?:=[A-Za-z_]+)?)\}")
_OPENING = re.compile(r"\((?!\?)|\(\?<(?![=!])")
_NO_GROUP = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]", re.DOTALL)
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@/,:;<>!%'\"=` ")


class PatternError(ValueError):
    """No ECMA-262, or nothing any engine here can carry out. `offset` counts characters of the source."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Translation:
    """Ready for `core_schema.str_schema(pattern=...)`: text for the Rust engine, or compiled by `re`."""

    source: str
    pattern: str | re.Pattern[str]

    def matches(self, text: str) -> bool:
        """Whether the expression is found in the text: for tests and for checks outside of models."""
        return _validator(self.source).isinstance_python(text)


@lru_cache(maxsize=4096)
def translate(source: str) -> Translation:
    """The expression for the first engine that carries it out exactly; PatternError where none does."""
    reader = _Reader(source)
    rust = reader.translate()
    if reader.only_python is None and (problem := _rust_refuses(rust)) is None:
        return Translation(source, rust)
    if reader.only_rust is not None:
        message = f"{reader.only_rust[0]} cannot be combined with look-around, back-references or huge repetitions"
        raise PatternError(message, reader.only_rust[1])
    try:
        return Translation(source, re.compile(_Reader(source, python=True).translate(), re.ASCII))
    except (re.error, OverflowError) as error:
        reason = reader.only_python or problem
        raise PatternError(f"no engine can carry out this expression: {reason}; {error}", 0) from error


@lru_cache(maxsize=512)
def _validator(source: str) -> SchemaValidator:
    return SchemaValidator(core_schema.str_schema(strict=True, pattern=translate(source).pattern))


def _rust_refuses(pattern: str) -> str | None:
    try:
        SchemaValidator(core_schema.str_schema(pattern=pattern))
    except SchemaError as error:
        return str(error).splitlines()[-1].strip()
    return None


class _Reader:
    """One pass over the source, writing either dialect; notes on the way what only one engine knows."""

    def __init__(self, source: str, *, python: bool = False) -> None:
        self.source = source
        self.python = python
        self.at = 0
        self.only_python: str | None = None
        self.only_rust: tuple[str, int] | None = None
        self.names: list[str] = []
        self.depth = 0
        self.groups = len(re.findall(r"(?<!\\)\((?!\?)|\(\?<(?![=!])", re.sub(r"\\.|\[(?:\\.|[^\]\\])*\]", "", source)))

    def translate(self) -> str:
        out: list[str] = []
        quantifiable = False
        while self.at < len(self.source):
            char = self.source[self.at]
            if char in "*+?" or (char == "{" and _QUANTIFIER.match(self.source, self.at)):
                if not quantifiable:
                    raise PatternError(f"nothing to repeat before {char!r}", self.at)
                out.append(self._quantifier())
                quantifiable = False
                continue
            start = self.at
            out.append(self._atom(char))
            quantifiable = char not in "^$|" and not (char == "(" or self.source[start : start + 2] in ("\\b", "\\B"))
        if self.depth:
            raise PatternError("a group is not closed", len(self.source))
        return "".join(out)

    def _quantifier(self) -> str:
        match = _QUANTIFIER.match(self.source, self.at)
        text = match.group() if match else self.source[self.at]
        if match and match[3] and int(match[3]) < int(match[1]):
            raise PatternError(f"the bounds of {text} are out of order", self.at)
        self.at += len(text)
        if self.source[self.at : self.at + 1] == "?":
            self.at += 1
            text += "?"
        return text

    def _atom(self, char: str) -> str:
        self.at += 1
        match char:
            case "\\":
                return self._escape()
            case "[":
                return self._class()
            case "(":
                return self._group()
            case ")":
                self.depth -= 1
                if self.depth < 0:
                    raise PatternError("unmatched )", self.at - 1)
                return ")"
            case ".":
                return self._set(_complement(_LINE_ENDS))
            case "$":
                return r"\Z" if self.python else "$"
            case "^" | "|":
                return char
            case _:
                return self._literal(ord(char))

    def _group(self) -> str:
        self.depth += 1
        rest = self.source[self.at : self.at + 3]
        for opening in ("?:", "?=", "?!", "?<=", "?<!"):
            if rest.startswith(opening):
                self.at += len(opening)
                if opening != "?:":
                    self.only_python = self.only_python or f"look-around ({opening}"
                return "(" + opening
        if not rest.startswith("?"):
            return "("
        name = _GROUP_NAME.match(self.source, self.at + 1)
        if name is None:
            raise PatternError(f"(?{rest[1:2]} is no group of ECMA-262", self.at - 1)
        if name[1] in self.names:
            raise PatternError(f"two groups are named {name[1]!r}", self.at)
        self.at = name.end()
        self.names.append(name[1])
        return f"(?P<{name[1].replace('$', '_dollar_')}>"

    def _escape(self) -> str:
        start = self.at - 1
        letter = self.source[self.at : self.at + 1]
        if letter in ("b", "B"):
            self.at += 1
            if letter == "B":
                self.only_python = self.only_python or r"\B"
            return f"\\{letter}" if self.python else rf"(?-u:\{letter})"
        if letter and letter in "123456789":
            return self._back_reference(start)
        if letter == "k" and (name := _GROUP_NAME.match(self.source, self.at + 1)):
            self.at = name.end()
            self.only_python = self.only_python or "a back-reference"
            group = name[1].replace("$", "_dollar_")
            return f"(?({group})(?P={group}))"
        if letter in ("p", "P"):
            return self._property()
        ranges = self._class_escape()
        return self._set(ranges) if ranges else self._literal(self._code_point(in_class=False))

    def _back_reference(self, start: int) -> str:
        digits = re.match(r"\d+", self.source[self.at :])
        assert digits is not None
        self.at += digits.end()
        if int(digits.group()) > self.groups:
            raise PatternError(f"\\{digits.group()} refers to no group", start)
        self.only_python = self.only_python or "a back-reference"
        # In ECMA-262 a reference to a group that took no part matches the empty string.
        return f"(?({digits.group()})\\{digits.group()})"

    def _property(self) -> str:
        text = _PROPERTY.match(self.source, self.at + 1)
        if text is None:
            raise PatternError(f"\\{self.source[self.at]} needs a property in braces", self.at - 1)
        self.only_rust = self.only_rust or (f"\\{self.source[self.at]}{text.group()}", self.at - 1)
        out = f"\\{self.source[self.at]}{text.group()}"
        self.at = text.end()
        return out

    def _class_escape(self) -> Ranges | None:
        letter = self.source[self.at : self.at + 1]
        ranges = {"d": _DIGIT, "w": _WORD, "s": _SPACE}.get(letter.lower())
        if ranges is None:
            return None
        self.at += 1
        return ranges if letter.islower() else _complement(ranges)

    def _code_point(self, *, in_class: bool) -> int:
        start = self.at - 1
        letter = self.source[self.at : self.at + 1]
        self.at += 1
        if letter in _CONTROL:
            return _CONTROL[letter]
        if in_class and letter == "b":
            return 0x08
        if letter == "0" and not self.source[self.at : self.at + 1].isdigit():
            return 0
        if letter == "c" and re.match("[A-Za-z]", self.source[self.at : self.at + 1]):
            self.at += 1
            return ord(self.source[self.at - 1]) % 32
        if letter in ("x", "u"):
            return self._hexadecimal(letter, start)
        if not letter:
            raise PatternError("the expression ends in a backslash", start)
        if letter.isalnum() or letter == "_":
            raise PatternError(f"\\{letter} is no escape of ECMA-262", start)
        return ord(letter)

    def _hexadecimal(self, letter: str, start: int) -> int:
        rest = self.source[self.at :]
        form = r"[0-9A-Fa-f]{2}" if letter == "x" else r"\{([0-9A-Fa-f]{1,6})\}|[0-9A-Fa-f]{4}"
        digits = re.match(form, rest)
        if digits is None:
            raise PatternError(f"\\{letter} needs hexadecimal digits", start)
        self.at += digits.end()
        value = int(digits.group().strip("{}"), 16)
        low = re.match(r"\\u([Dd][C-Fc-f][0-9A-Fa-f]{2})", self.source[self.at :])
        if 0xD800 <= value <= 0xDBFF and low and "{" not in digits.group():
            self.at += low.end()
            return 0x10000 + ((value - 0xD800) << 10) + int(low[1], 16) - 0xDC00
        if value > _LAST:
            raise PatternError(f"U+{value:X} is no code point", start)
        return value

    def _class(self) -> str:
        start = self.at - 1
        negated = self.source[self.at : self.at + 1] == "^"
        self.at += negated
        ranges: list[tuple[int, int]] = []
        properties: list[str] = []
        while self.source[self.at : self.at + 1] != "]":
            if self.at >= len(self.source):
                raise PatternError("a character class is not closed", start)
            self._class_item(ranges, properties)
        self.at += 1
        if properties:
            return f"[{'^' * negated}{self._ranges(_merge(ranges))}{''.join(properties)}]"
        merged = _merge(ranges)
        return self._set(_complement(merged) if negated else merged)

    def _class_item(self, ranges: list[tuple[int, int]], properties: list[str]) -> None:
        start = self.at
        low = self._class_atom(properties)
        after = self.source[self.at : self.at + 2]
        if not (after.startswith("-") and len(after) == 2 and after != "-]"):
            ranges.extend(((low, low),) if isinstance(low, int) else low)
            return
        self.at += 1
        high = self._class_atom(properties)
        if isinstance(low, int) and isinstance(high, int):
            if high < low:
                raise PatternError("a range in a character class is out of order", start)
            ranges.append((low, high))
            return
        # `[\w-.]`: a dash beside a class escape stands for itself.
        for part in (low, 0x2D, high):
            ranges.extend(((part, part),) if isinstance(part, int) else part)

    def _class_atom(self, properties: list[str]) -> int | Ranges:
        char = self.source[self.at]
        self.at += 1
        if char != "\\":
            return ord(char)
        if self.source[self.at : self.at + 1] in ("p", "P"):
            properties.append(self._property())
            return ()
        ranges = self._class_escape()
        return self._code_point(in_class=True) if ranges is None else ranges

    def _set(self, ranges: Ranges) -> str:
        if not ranges:
            return "(?!)" if self.python else r"[^\x{0}-\x{10FFFF}]"
        return f"[{self._ranges(ranges)}]"

    def _ranges(self, ranges: Ranges) -> str:
        parts: list[str] = []
        for first, last in ranges:
            # Surrogates are no characters of a Rust string: a range ends before them and begins after them.
            low = 0xE000 if 0xD800 <= first <= 0xDFFF and not self.python else first
            high = 0xD7FF if 0xD800 <= last <= 0xDFFF and not self.python else last
            if low <= high:
                parts.append(self._literal(low) + (f"-{self._literal(high)}" if high > low else ""))
        return "".join(parts)

    def _literal(self, code: int) -> str:
        if chr(code) in _PLAIN:
            return chr(code)
        if not self.python:
            return f"\\x{{{code:X}}}"
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _merge(ranges: Iterable[tuple[int, int]]) -> Ranges:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high))
        else:
            merged.append((low, high))
    return tuple(merged)


def _complement(ranges: Ranges) -> Ranges:
    gaps: list[tuple[int, int]] = []
    next_low = 0
    for low, high in _merge(ranges):
        if low > next_low:
            gaps.append((next_low, low - 1))
        next_low = high + 1
    if next_low <= _LAST:
        gaps.append((next_low, _LAST))
    return tuple(gaps)
