"""Files that clients send: in memory while they are small, else on disk."""

from __future__ import annotations

import asyncio
import unicodedata
import weakref
from collections.abc import AsyncIterator, Mapping
from tempfile import SpooledTemporaryFile

# What a file may hold before it goes to disk.
MAX_IN_MEMORY = 1024 * 1024
# What file systems take as a name, in bytes.
MAX_FILENAME = 255
_CHUNK = 64 * 1024


class Upload:
    """One file. Its disk space is given back when nobody refers to it any more.

    Attributes:
        filename: the last part of the name that the client gave, without anything that could lead elsewhere; None
            if it gave none. Still the client's choice: never a place to store the file under.
        content_type: what the client says it is, lower-case, without parameters.
        size: in bytes.
        headers: those of its part, by lower-case name.
    """

    def __init__(
        self,
        filename: str | None = None,
        content_type: str = "application/octet-stream",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.filename = filename
        self.content_type = content_type
        self.headers = headers or {}
        self.size = 0
        self._file = SpooledTemporaryFile(max_size=MAX_IN_MEMORY)  # noqa: SIM115 - lives as long as the upload
        weakref.finalize(self, self._file.close)

    @classmethod
    def of(cls, content: bytes, filename: str | None = None, content_type: str = "application/octet-stream") -> Upload:
        """A file with this content."""
        made = cls(filename, content_type)
        made.size = made._file.write(content)
        return made

    async def append(self, data: bytes) -> None:
        """Write at the end."""
        self.size += len(data)
        if self.size > MAX_IN_MEMORY:
            await asyncio.to_thread(self._file.write, data)
        else:
            self._file.write(data)

    async def read(self) -> bytes:
        """Everything."""
        return b"".join([chunk async for chunk in self.chunks()])

    async def chunks(self) -> AsyncIterator[bytes]:
        """Everything, from the start, in pieces of a bounded size."""
        self._file.seek(0)
        while chunk := await self._next():
            yield chunk

    async def _next(self) -> bytes:
        if self.size > MAX_IN_MEMORY:
            return await asyncio.to_thread(self._file.read, _CHUNK)
        return self._file.read(_CHUNK)

    def text(self) -> str:
        """Everything as text, for writing it into JSON; bytes that are no UTF-8 are replaced."""
        self._file.seek(0)
        return self._file.read().decode("utf-8", "replace")


def safe_filename(name: str) -> str | None:
    """The last part of a client's file name, printable and short; None if nothing is left of it."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    clean = "".join(char for char in last if char.isprintable()).strip(" .")
    stem, dot, suffix = clean.rpartition(".")
    suffix = dot + suffix if stem and len(suffix) <= 16 else ""
    stem = clean.removesuffix(suffix) if suffix else clean
    room = MAX_FILENAME - len(suffix.encode())
    return stem.encode()[:room].decode("utf-8", "ignore") + suffix or None
