"""The parts of a `multipart` body (RFC 2046; `multipart/form-data`: RFC 7578), read as they arrive."""

from __future__ import annotations

from collections.abc import AsyncIterable
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, MultipartState, parse_options_header

from tallystick.runtime.uploads import Upload, safe_filename

MAX_PARTS = 1000
MAX_PART_HEADERS = 8
MAX_PART_HEADER_SIZE = 4096


class MultipartError(ValueError):
    """The body is no `multipart`, or its parts have no names; the message is a sentence for people."""


@dataclass(slots=True)
class Part:
    """One part: its field's name (empty if it has none), its headers by lower-case name, its content.

    `content_type` is None where the client gave none.
    """

    name: str
    headers: dict[str, str]
    content_type: str | None
    content: Upload
    has_filename: bool

    @property
    def is_file(self) -> bool:
        """Whether it says anything that makes it more than text (RFC 7578, sections 4.2 and 4.4)."""
        return self.has_filename or self.content_type is not None


@dataclass(slots=True)
class _Reader:
    """Collects what the parser finds."""

    form: bool
    parts: list[Part] = field(default_factory=list)
    pending: list[tuple[Upload, bytes]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    name: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)

    def begin(self) -> None:
        if len(self.parts) == MAX_PARTS:
            raise MultipartError(f"The body has more than {MAX_PARTS} parts.")
        self.headers = {}

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self.name += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]

    def header_end(self) -> None:
        name = self.name.decode("latin-1").lower()
        if name in self.headers:
            raise MultipartError(f"A part has the header {name} twice.")
        try:
            self.headers[name] = self.value.decode("utf-8").strip()
        except UnicodeDecodeError:
            raise MultipartError("The header of a part is not UTF-8.") from None
        self.name.clear()
        self.value.clear()

    def headers_finished(self) -> None:
        self.parts.append(_part(self.headers, form=self.form))

    def data(self, data: bytes, start: int, end: int) -> None:
        self.pending.append((self.parts[-1].content, data[start:end]))


def _part(headers: dict[str, str], *, form: bool) -> Part:
    kind, options = _options(headers.get("content-disposition", ""))
    if form and (kind != "form-data" or "name" not in options):
        raise MultipartError("A part has no Content-Disposition: form-data with a name.")
    name = options.get("name") or headers.get("content-id", "").strip("<>")
    content_type = _options(headers["content-type"])[0] if "content-type" in headers else None
    filename = safe_filename(options["filename"]) if "filename" in options else None
    content = Upload(filename, content_type or "application/octet-stream", headers)
    return Part(name, headers, content_type, content, "filename" in options)


def _options(value: str) -> tuple[str, dict[str, str]]:
    """A header's value and its parameters. The parser knows ISO 8859-1 only, so it gets UTF-8 in that disguise."""
    kind, options = parse_options_header(value.encode().decode("latin-1"))
    return kind.decode("utf-8", "replace").strip(), {
        name.decode("utf-8", "replace").lower(): text.decode("utf-8", "replace") for name, text in options.items()
    }


def boundary_of(content_type: str | None) -> bytes:
    """What stands between the parts.

    Raises:
        MultipartError: the media type does not say.
    """
    found = parse_options_header(content_type)[1].get(b"boundary", b"")
    if not found:
        raise MultipartError("The Content-Type has no boundary.")
    return found


async def read_parts(chunks: AsyncIterable[bytes], boundary: bytes, *, form: bool = True) -> list[Part]:
    """All parts, large ones on disk. Those of a `form` have names.

    Raises:
        MultipartError: the body breaks RFC 2046 or 7578, or a limit above.
    """
    reader = _Reader(form)
    try:
        parser = _parser(boundary, reader)
        async for chunk in chunks:
            parser.write(chunk)
            for content, data in reader.pending:
                await content.append(data)
            reader.pending.clear()
    except FormParserError as error:
        raise MultipartError(f"The body is no multipart: {error}.") from None
    if parser.state != MultipartState.END:
        raise MultipartError("The body ends before its last boundary.")
    return reader.parts


def _parser(boundary: bytes, reader: _Reader) -> MultipartParser:
    return MultipartParser(
        boundary,
        {
            "on_part_begin": reader.begin,
            "on_header_field": reader.header_field,
            "on_header_value": reader.header_value,
            "on_header_end": reader.header_end,
            "on_headers_finished": reader.headers_finished,
            "on_part_data": reader.data,
        },
        max_header_count=MAX_PART_HEADERS,
        max_header_size=MAX_PART_HEADER_SIZE,
    )
