"""Request bodies of one JSON value after another (NDJSON, JSON Lines, RFC 7464), judged while they arrive."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, TypeVar, cast

from pydantic_core import from_json

from tallystick.runtime.bodies import BodyDecoder
from tallystick.runtime.call import Call
from tallystick.runtime.json_door import read_json
from tallystick.runtime.pointers import pointer_to
from tallystick.runtime.problems import Kind, Refusal, Violation, Violations
from tallystick.runtime.validation import Validator, report

T = TypeVar("T")

# What one value may take; the whole is held by the operation's limit.
MAX_LINE = 1024 * 1024

NEWLINE = b"\n"
RECORD_SEPARATOR = b"\x1e"


class LinesBody(BodyDecoder[AsyncIterator[T]]):
    """An iterator over the values, to be read once. A value that breaks the contract ends it with the refusal.

    Args:
        type_: what each value is validated by.
        separator: what stands between values: a line feed, or RFC 7464's record separator before each.
        least: how many there have to be.
        most: how many there may be.
    """

    empty_is_value = True

    def __init__(self, type_: Any, *, separator: bytes = NEWLINE, least: int = 0, most: int | None = None) -> None:
        self._validator: Validator[T] = Validator(type_)
        self._separator = separator
        self._least = least
        self._most = most

    async def decode(self, call: Call, found: Violations) -> AsyncIterator[T]:
        """See `BodyDecoder`."""
        return self._values(call)

    async def is_absent(self, call: Call) -> bool:
        """See `BodyDecoder`."""
        return not call.has_body

    async def _values(self, call: Call) -> AsyncIterator[T]:
        count = line = 0
        async for text in _split(call, self._separator):
            line += 1
            if not text.strip(b" \t\r\n"):
                continue
            if self._most is not None and count == self._most:
                _refuse("too_long", f"At most {self._most} values can be taken.")
            if self._separator == RECORD_SEPARATOR and (line == 1 or not text.endswith(NEWLINE)):
                # What is cut off could be another value (RFC 7464, section 2.4).
                found = Violations()
                message = "A value must stand between the record separator and a line feed."
                found.add_malformed("body", pointer_to(count), "malformed", message)
                found.refuse()
            yield self._value(text, count, line)
            count += 1
        if count < self._least:
            _refuse("too_short", f"At least {self._least} values are needed.")

    def _value(self, text: bytes, place: int, line: int) -> T:
        found = Violations()
        pointer = pointer_to(place)
        if read_json(text, found, "body", pointer):
            value, errors = self._validator.errors(text)
            if not errors:
                return cast("T", value)
            report(errors, from_json(text), found, "body", pointer)
        found.found = [
            Violation(one.location, one.pointer, one.code, f"Value {place + 1}, line {line}: {one.message}")
            for one in found.found
        ]
        found.refuse()
        raise AssertionError("a value that breaks nothing was refused")


def _refuse(code: str, message: str) -> None:
    found = Violations()
    found.add("body", "", code, message)
    found.refuse()


async def _split(call: Call, separator: bytes) -> AsyncIterator[bytes]:
    """The pieces between separators; never more than one of them, and what arrived with it, is held."""
    held: list[bytes] = []
    size = 0
    async for chunk in call.chunks():
        first, *more = chunk.split(separator)
        held.append(first)
        size += len(first)
        for piece in more:
            _check_size(size)
            yield b"".join(held)
            held, size = [piece], len(piece)
        _check_size(size)
    yield b"".join(held)


def _check_size(size: int) -> None:
    if size > MAX_LINE:
        raise Refusal(Kind.CONTENT_TOO_LARGE, f"One value is larger than {MAX_LINE} bytes.")
