"""`multipart/form-data`: parts are read by the kinds of their fields, then all are judged as one object."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from tallystick.runtime.bodies import FormBody
from tallystick.runtime.call import Call
from tallystick.runtime.negotiation import media_matches
from tallystick.runtime.parts import MultipartError, Part, boundary_of, read_parts
from tallystick.runtime.pointers import pointer_to
from tallystick.runtime.problems import Violations
from tallystick.runtime.shapes import Shape
from tallystick.runtime.styles import Raw
from tallystick.runtime.uploads import Upload

T_co = TypeVar("T_co", covariant=True)

# Parts that are no files are held in memory.
MAX_TEXT_PART = 1024 * 1024
FILE = "file"


@dataclass(slots=True)
class _Read:
    """The values read so far; `uploads` are the files by the texts that stand for them."""

    found: Violations
    values: dict[str, Raw] = field(default_factory=dict)
    shape: dict[str, Shape] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)

    def stand_in(self, upload: Upload) -> str:
        """A text that no client can guess."""
        text = secrets.token_hex(16)
        self.uploads[text] = upload
        return text


class MultipartBody(FormBody[T_co]):
    """`multipart/form-data`, read as it arrives.

    `fields` has the kinds that forms have, and `file` or `array:file`; a file becomes an `Upload`. Parts of fields
    that the contract does not name are text if they can be, else null.

    Args:
        type_: what all parts together are validated by.
        fields: the kinds of the fields.
        content_types: the media types or ranges that a field's parts must have, if they name one.
        required_headers: the headers that a field's parts must have, lower-case.
    """

    def __init__(
        self,
        type_: Any,
        fields: Mapping[str, str],
        *,
        content_types: Mapping[str, Sequence[str]] | None = None,
        required_headers: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        super().__init__(type_, fields)
        self._content_types = content_types or {}
        self._required_headers = required_headers or {}

    async def is_absent(self, call: Call) -> bool:
        """See `BodyDecoder`."""
        return not call.has_body

    async def decode(self, call: Call, found: Violations) -> T_co:
        """See `BodyDecoder`."""
        try:
            parts = await read_parts(call.chunks(), boundary_of(call.header("content-type")))
        except MultipartError as error:
            found.add_malformed("body", "", "malformed", str(error))
            return cast("T_co", None)
        by_name: dict[str, list[Part]] = {}
        for part in parts:
            by_name.setdefault(part.name, []).append(part)
        read = _Read(found)
        for name, several in by_name.items():
            self._check_encoding(name, several, found)
            await self._read_field(name, several, read)
        return self._judge(read.values, by_name.keys() - read.values.keys(), found, read.shape, read.uploads)

    def _check_encoding(self, name: str, parts: Sequence[Part], found: Violations) -> None:
        accepted = self._content_types.get(name)
        for part in parts:
            given = part.content_type
            if accepted and given is not None and not any(media_matches(one, given) for one in accepted):
                found.add("body", pointer_to(name), "content_type", f"The part must be one of: {', '.join(accepted)}.")
            for header in self._required_headers.get(name, ()):
                if header not in part.headers:
                    found.add("body", pointer_to(name), "missing", f"The part must have the header {header}.")

    async def _read_field(self, name: str, parts: Sequence[Part], read: _Read) -> None:
        # A field that the contract does not name may be anything: sent twice, it is a list.
        kind = self._fields.get(name) or self._fields.get("*") or ("string" if len(parts) == 1 else "array")
        texts: Sequence[str] | None
        if kind.rpartition(":")[2] == FILE:
            if not all(part.is_file for part in parts):
                message = "A file needs a filename or a Content-Type."
                read.found.add("body", pointer_to(name), "file_type", message)
            texts = [read.stand_in(part.content) for part in parts]
        else:
            texts = await self._texts(name, parts, read.found)
            if texts is None and name not in self._fields:
                texts, kind = ["null"], "json"
            if kind.startswith("array") and len(parts) == 1 and _is_json(parts[0]):
                kind = "json"
        value = None if texts is None else self._arrange(name, kind, texts, read.found)
        if value is not None:
            read.values[name] = value
            read.shape[name] = kind

    async def _texts(self, name: str, parts: Sequence[Part], found: Violations) -> list[str] | None:
        texts = []
        for part in parts:
            try:
                too_long = part.content.size > MAX_TEXT_PART
                texts.append("" if too_long else (await part.content.read()).decode("utf-8"))
            except UnicodeDecodeError:
                if name in self._fields:
                    found.add_malformed("body", pointer_to(name), "malformed", "The part is not UTF-8.")
                return None
            if too_long:
                found.add("body", pointer_to(name), "string_too_long", "The part is too long for text.")
                return None
        return texts


def _is_json(part: Part) -> bool:
    name = part.content_type or ""
    return name == "application/json" or name.endswith("+json")
