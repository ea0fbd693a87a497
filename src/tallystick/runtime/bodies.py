"""Request bodies, by media type."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, Mapping
from typing import Any, ClassVar, Generic, TypeVar, cast

from pydantic_core import from_json
from typing_extensions import override

from tallystick.runtime.call import Call
from tallystick.runtime.json_door import read_json
from tallystick.runtime.negotiation import UNNAMED_MEDIA, media_matches
from tallystick.runtime.problems import Kind, Refusal, Violations
from tallystick.runtime.shapes import to_json
from tallystick.runtime.validation import Validator, report
from tallystick.runtime.xml_door import XmlError, check_xml

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class BodyDecoder(ABC, Generic[T_co]):
    """Reads the body of one media type."""

    # Whether no bytes at all are a value, such as the empty text: who names the media type of one has sent it.
    empty_is_value: ClassVar[bool] = False

    @abstractmethod
    async def decode(self, call: Call, found: Violations) -> T_co:
        """The value; after a violation something that must not be used."""

    def prepare(self) -> None:
        """Compile its type now, not when a request first needs it."""
        validator = getattr(self, "_validator", None)
        if isinstance(validator, Validator):
            validator.prepare()

    async def is_absent(self, call: Call) -> bool:
        """Whether no body was sent. A decoder that streams must not read it here."""
        return not (self.empty_is_value and call.media_type) and not await call.body()


class JsonBody(BodyDecoder[T_co]):
    """`application/json` and every `+json`, merge patches among them."""

    def __init__(self, type_: Any) -> None:
        self._validator: Validator[T_co] = Validator(type_)

    async def decode(self, call: Call, found: Violations) -> T_co:
        """See `BodyDecoder`."""
        raw = await call.body()
        if not read_json(raw, found):
            return cast("T_co", None)
        value, errors = self._validator.errors(raw)
        if errors:
            report(errors, from_json(raw), found, "body", "")
        return cast("T_co", value)


class TextBody(BodyDecoder[T_co]):
    """`text/*`, in UTF-8; `type_` narrows it, by default any string; `kind` says how the text is read."""

    empty_is_value = True

    def __init__(self, type_: Any = str, kind: str = "string") -> None:
        self._validator: Validator[T_co] = Validator(type_)
        self._kind = kind

    async def decode(self, call: Call, found: Violations) -> T_co:
        """See `BodyDecoder`."""
        try:
            text = (await call.body()).decode("utf-8")
        except UnicodeDecodeError:
            found.add_malformed("body", "", "malformed", "The body is not UTF-8.")
            return cast("T_co", None)
        value, errors = self._validator.errors(to_json(text, self._kind))
        report(errors, text, found, "body", "")
        return cast("T_co", value)


class BinaryBody(BodyDecoder[bytes]):
    """Any bytes, as they are."""

    empty_is_value = True

    @override
    async def decode(self, call: Call, found: Violations) -> bytes:
        """See `BodyDecoder`."""
        return await call.body()


class StreamBody(BodyDecoder[AsyncIterable[bytes]]):
    """Any bytes while they arrive, to be read once. Reading on past the operation's limit raises the refusal."""

    empty_is_value = True

    @override
    async def decode(self, call: Call, found: Violations) -> AsyncIterable[bytes]:
        """See `BodyDecoder`."""
        return call.chunks()

    async def is_absent(self, call: Call) -> bool:
        """See `BodyDecoder`."""
        return not call.has_body and not call.media_type


class XmlBody(BinaryBody):
    """XML as the bytes that were sent, known to be well-formed and without a document type."""

    empty_is_value = False

    async def is_absent(self, call: Call) -> bool:
        """See `BodyDecoder`. No document is empty: who names XML and sends nothing sends no XML."""
        return not call.media_type and await super().is_absent(call)

    @override
    async def decode(self, call: Call, found: Violations) -> bytes:
        """See `BodyDecoder`."""
        raw = await call.body()
        try:
            check_xml(raw)
        except XmlError as error:
            found.add_malformed("body", "", "malformed", str(error))
        return raw


class Bodies(Generic[T]):
    """All media types that one operation takes; ranges such as `image/*` come after exact names."""

    def __init__(self, decoders: Mapping[str, BodyDecoder[T]], *, required: bool = True) -> None:
        self._decoders = {media_type(name): decoder for name, decoder in decoders.items()}
        self._ranges = sorted((name for name in self._decoders if "*" in name), key=len, reverse=True)
        self._first = next(iter(self._decoders.values()))
        self._required = required

    def prepare(self) -> None:
        """Compile the types of all media types now."""
        for decoder in self._decoders.values():
            decoder.prepare()

    async def decode(self, call: Call, found: Violations) -> T:
        """The body, or None where it may be left out and was.

        Raises:
            Refusal: 415, the media type is none of these.
        """
        decoder = self._choose(call.media_type)
        absent = await (decoder or self._first).is_absent(call)
        if decoder is None and not absent:
            names = ", ".join(self._decoders)
            raise Refusal(Kind.UNSUPPORTED_MEDIA_TYPE, f"The body must be one of: {names}.", headers={"Accept": names})
        # No bytes are a value only where the client says of what type (RFC 9110, section 8.3).
        is_empty_value = self._required and call.media_type is not None
        if decoder is None or (absent and not (is_empty_value and decoder.empty_is_value)):
            if self._required:
                found.add("body", "", "missing", "A body is required.")
            return cast("T", None)
        return await decoder.decode(call, found)

    def _choose(self, name: str | None) -> BodyDecoder[T] | None:
        name = name or UNNAMED_MEDIA
        exact = self._decoders.get(name)
        if exact is not None:
            return exact
        return next((self._decoders[one] for one in self._ranges if media_matches(one, name)), None)


def media_type(name: str) -> str:
    """A media type without its parameters, lower-case."""
    return name.partition(";")[0].strip().lower()
