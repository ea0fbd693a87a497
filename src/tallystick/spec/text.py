"""Bytes of a file to text, with places."""

from __future__ import annotations

import os
import re
import stat
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tallystick.spec.errors import Diagnostic, Position
from tallystick.spec.limits import MAX_BYTES

_LINE_END = re.compile(r"\r\n|\n|\r")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Text:
    """The text of one file, under the name that messages show."""

    file: str
    content: str

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self.content))]

    def position(self, offset: int) -> Position:
        line = bisect_right(self._line_starts, offset)
        return Position(self.file, line, offset - self._line_starts[line - 1] + 1)


def read_text(path: Path, file: str) -> Text | Diagnostic:
    """The file as UTF-8 text without byte order mark, or what is wrong with it."""
    start = Position(file, 1, 1)
    try:
        # What is no regular file may block, or never end.
        with open(path, "rb", opener=_open_at_once) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                message = f"{file} is no regular file"
                return Diagnostic("file-special", message, hint="save what it gives in a file, and name that")
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        return _unreadable(error, file)
    if len(data) > MAX_BYTES:
        limit = f"{MAX_BYTES // 1024 // 1024} MB"
        return Diagnostic("file-size", f"the file is larger than {limit}", start, hint="split the contract into files")
    if data.startswith(_UTF16_MARKS):
        return Diagnostic("file-encoding", "the file is UTF-16", start, hint="save it as UTF-8")
    try:
        return Text(file, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        good = Text(file, error.object[: error.start].decode("utf-8", "replace").removeprefix("\ufeff"))
        message = f"byte 0x{error.object[error.start]:02x} is not UTF-8"
        return Diagnostic("file-encoding", message, good.position(len(good.content)), hint="save the file as UTF-8")


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _unreadable(error: OSError, file: str) -> Diagnostic:
    if isinstance(error, FileNotFoundError):
        return Diagnostic("file-missing", f"there is no file {file}", hint="check the path")
    if isinstance(error, IsADirectoryError):
        return Diagnostic("file-directory", f"{file} is a folder, not a file", hint="name the entry file in it")
    reason = (error.strerror or "it cannot be read").lower()
    return Diagnostic("file-unreadable", f"{file} cannot be read: {reason}", hint="check the path and its permissions")
