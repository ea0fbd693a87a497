"""The line that a diagnostic is about, short enough to read, with a caret under the place."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

from tallystick.spec.errors import Position
from tallystick.spec.text import Text, read_text

_WINDOW = 100
_BEFORE = 60
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_LINE_END = re.compile(r"\r\n|\n|\r")


def visible(text: str) -> str:
    """Text that cannot move the cursor, colour the terminal or change the reading direction."""
    return _CONTROL.sub(lambda match: " " if match.group() == "\t" else f"\\u{ord(match.group()):04x}", text)


def excerpt(position: Position) -> tuple[str, str] | None:
    """The line and the caret below it; None where the file cannot be read again."""
    lines = _lines(position.file)
    if not 1 <= position.line <= len(lines):
        return None
    line, column = lines[position.line - 1], position.column - 1
    start = max(0, column - _BEFORE) if len(line) > _WINDOW else 0
    before, after = visible(line[start:column]), visible(line[column : start + _WINDOW])
    lead = "..." if start else ""
    tail = "..." if len(line) > start + _WINDOW else ""
    return f"{lead}{before}{after}{tail}", " " * _width(lead + before) + "^"


def _width(text: str) -> int:
    """Columns on a terminal: East Asian wide characters take two."""
    return len(text) + sum(unicodedata.east_asian_width(each) in "WF" for each in text)


@cache
def _lines(file: str) -> list[str]:
    text = read_text(Path(file), file)
    return _LINE_END.split(text.content) if isinstance(text, Text) else []
