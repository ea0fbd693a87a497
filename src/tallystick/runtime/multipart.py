"""`multipart` bodies: parts are read by the kinds of their fields, then all are judged as one object or list."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from pydantic_core import from_json

from tallystick.runtime.call import Call
from tallystick.runtime.forms import FormBody
from tallystick.runtime.negotiation import media_matches
from tallystick.runtime.parameters import Parameter
from tallystick.runtime.parts import MultipartError, Part, boundary_of, read_parts
from tallystick.runtime.pointers import pointer_to
from tallystick.runtime.problems import Violations
from tallystick.runtime.shapes import Shape, form_of, to_json
from tallystick.runtime.styles import Raw, Style
from tallystick.runtime.uploads import Upload
from tallystick.runtime.validation import report
from tallystick.runtime.wire import Fields

T_co = TypeVar("T_co", covariant=True)

# Parts that are no files are held in memory.
MAX_TEXT_PART = 1024 * 1024
# The kinds of fields that are files, and of those that may be.
FILE = "file"
PLAIN_FILE = "octets"
PERHAPS_FILE = "file?"


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


class PartRules:
    """What the contract says of the parts of one field besides their content (its Encoding Object).

    Args:
        content_types: the media types or ranges of which a part must have one, if it names any.
        headers: its headers, as those of requests.
    """

    def __init__(self, content_types: Sequence[str] = (), headers: Sequence[Parameter[Any]] = ()) -> None:
        self._content_types = content_types
        self._headers = headers

    def check(self, call: Call, part: Part, pointer: str, found: Violations) -> None:
        """Note what is wrong with a part."""
        given = part.content_type
        types = self._content_types
        if types and given is not None and not any(media_matches(one, given) for one in types):
            found.add("body", pointer, "content_type", f"The part must be one of: {', '.join(types)}.")
        if self._headers:
            fields = [(name.encode("latin-1", "replace"), text.encode()) for name, text in part.headers.items()]
            as_request = Call({"type": "http", "headers": fields}, call.receive, call.operation, {})
            for header in self._headers:
                noted = Violations()
                header.decode(as_request, noted)
                for one in noted.found:
                    found.add("body", pointer, one.code, f"The header {header.name} of the part: {one.message}")


class MultipartBody(FormBody[T_co]):
    """A `multipart` body whose parts have names, read as it arrives.

    `fields` has the shapes that forms have, and `file` or `array:file`; a file becomes an `Upload`. Parts of `octets`
    are files too, without having to say so. Parts of fields that the contract does not name are text if they can be,
    else null.

    Args:
        type_: what all parts together are validated by.
        fields: the shapes of the fields.
        styles: the fields in a style of their own, see `FormBody`.
        rules: what else holds for a field's parts.
        form: whether it is a `multipart/form-data`, whose parts say so.
    """

    # Even without parts there are boundaries.
    empty_is_value = False

    def __init__(
        self,
        type_: Any,
        fields: Mapping[str, Shape],
        styles: Mapping[str, tuple[Style, bool]] | None = None,
        *,
        rules: Mapping[str, PartRules] | None = None,
        form: bool = True,
    ) -> None:
        super().__init__(type_, fields, styles)
        self._rules = rules or {}
        self._form = form

    async def is_absent(self, call: Call) -> bool:
        """See `BodyDecoder`."""
        return not call.has_body

    async def decode(self, call: Call, found: Violations) -> T_co:
        """See `BodyDecoder`."""
        parts = await _parts(call, found, form=self._form)
        if parts is None:
            return cast("T_co", None)
        by_name: dict[str, list[Part]] = {}
        for part in parts:
            if part.name in self._rules:
                self._rules[part.name].check(call, part, pointer_to(part.name), found)
            by_name.setdefault(part.name, []).append(part)
        read = _Read(found)
        unread = await self._styled_parts(by_name, read) if self._styled else set()
        for name, several in by_name.items():
            await self._read_field(name, several, read)
        unread |= by_name.keys() - read.values.keys()
        return self._judge(read.values, unread, found, read.shape, read.uploads)

    async def _styled_parts(self, by_name: dict[str, list[Part]], read: _Read) -> set[str]:
        """Takes the parts of fields in a style of their own out of the others."""
        pairs: list[tuple[str, str]] = []
        for name in [name for name in by_name if any(one.owns(name) for one in self._styled)]:
            texts = await self._texts(name, by_name.pop(name), read.found)
            pairs += [(name, text) for text in texts or ()]
        return self._read_styled(Fields.of(pairs), read.values, read.shape, read.found)

    async def _read_field(self, name: str, parts: Sequence[Part], read: _Read) -> None:
        # A field that the contract does not name may be anything: sent twice, it is a list.
        shape = self._fields.get(name) or self._fields.get("*") or ("string" if len(parts) == 1 else "array")
        texts: Sequence[str] | None
        kind = _file_kind(shape)
        if kind in (FILE, PLAIN_FILE) or (kind == PERHAPS_FILE and all(part.is_file for part in parts)):
            if kind != PLAIN_FILE and not all(part.is_file for part in parts):
                message = "A file needs a filename or a Content-Type."
                read.found.add("body", pointer_to(name), "file_type", message)
            texts = [read.stand_in(part.content) for part in parts]
        else:
            shape = _as_text(shape)
            texts = await self._texts(name, parts, read.found)
            if texts is None and name not in self._fields:
                texts, shape = ["null"], "json"
            if form_of(shape) == "array" and len(parts) == 1 and _is_json(parts[0]):
                shape = "json"
        value = None if texts is None else self._arrange(name, shape, texts, read.found)
        if value is not None:
            read.values[name] = value
            read.shape[name] = shape

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


class PartsBody(MultipartBody[T_co]):
    """A `multipart` body that is a list: its parts in their order, whatever their names.

    Args:
        type_: what the list is validated by.
        item: the shape of a part.
        rules: what else holds for every part.
    """

    def __init__(self, type_: Any, item: Shape, rules: PartRules | None = None) -> None:
        super().__init__(type_, {"*": item}, form=False)
        self._item_rules = rules or PartRules()

    async def decode(self, call: Call, found: Violations) -> T_co:
        """See `BodyDecoder`."""
        before = len(found.found)
        read = _Read(found)
        for place, part in enumerate(await _parts(call, found, form=False) or ()):
            self._item_rules.check(call, part, pointer_to(place), found)
            await self._read_field(str(place), [part], read)
        if len(found.found) > before:
            return cast("T_co", None)
        text = f"[{','.join(to_json(value, read.shape[name]) for name, value in read.values.items())}]"
        value, errors = self._validator.errors(text, read.uploads)
        report(errors, from_json(text), found, "body", "")
        return cast("T_co", value)


async def _parts(call: Call, found: Violations, *, form: bool) -> list[Part] | None:
    try:
        return await read_parts(call.chunks(), boundary_of(call.header("content-type")), form=form)
    except MultipartError as error:
        found.add_malformed("body", "", "malformed", str(error))
        return None


def _file_kind(shape: Shape) -> str:
    """`file`, `octets` or `file?` where the parts are or may be files, else empty."""
    if isinstance(shape, tuple):
        return max(map(_file_kind, shape))
    kind = shape.rpartition(":")[2] if isinstance(shape, str) else ""
    return kind if kind in (FILE, PLAIN_FILE, PERHAPS_FILE) else ""


def _as_text(shape: Shape) -> Shape:
    """The same for parts that turned out to be no files."""
    if isinstance(shape, tuple):
        return tuple(map(_as_text, shape))
    return shape.replace(PERHAPS_FILE, "any") if isinstance(shape, str) else shape


def _is_json(part: Part) -> bool:
    name = part.content_type or ""
    return name == "application/json" or name.endswith("+json")
