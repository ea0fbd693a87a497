"""Request bodies, by media type."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, Mapping, Sequence, Set
from typing import Any, ClassVar, Generic, TypeVar, cast

from pydantic_core import from_json
from typing_extensions import override

from tallystick.runtime.call import Call
from tallystick.runtime.json_door import read_json
from tallystick.runtime.negotiation import UNNAMED_MEDIA, media_matches
from tallystick.runtime.pointers import pointer_to
from tallystick.runtime.problems import Kind, Refusal, Violations
from tallystick.runtime.shapes import Shape, arrange, to_json
from tallystick.runtime.styles import Raw, StyleError
from tallystick.runtime.validation import Validator, report
from tallystick.runtime.wire import Fields, Pair
from tallystick.runtime.xml_door import XmlError, check_xml

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class BodyDecoder(ABC, Generic[T_co]):
    """Reads the body of one media type."""

    # Whether no bytes at all are a value, such as the empty text.
    empty_is_value: ClassVar[bool] = False

    @abstractmethod
    async def decode(self, call: Call, found: Violations) -> T_co:
        """The value; after a violation something that must not be used."""

    async def is_absent(self, call: Call) -> bool:
        """Whether no body was sent. A decoder that streams must not read it here."""
        return not await call.body()


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


class FormBody(BodyDecoder[T_co]):
    """`application/x-www-form-urlencoded`: every field is read by its kind, then all are judged as one object.

    `fields` has the kinds that parameters have; an object is sent as JSON text. Fields it does not name are strings.
    """

    def __init__(self, type_: Any, fields: Mapping[str, str]) -> None:
        self._validator: Validator[T_co] = Validator(type_)
        self._fields = {name: _field_kind(kind) for name, kind in fields.items()}

    async def decode(self, call: Call, found: Violations) -> T_co:
        """See `BodyDecoder`."""
        fields = Fields(await call.body())
        fields.report("body", found)
        # A field that the contract does not name may be anything: sent twice, it is a list.
        kinds = {name: "string" if len(pairs) == 1 else "array" for name, pairs in fields.by_name.items()}
        kinds |= self._fields
        values: dict[str, Raw] = {}
        for name, pairs in fields.by_name.items():
            value = self._read(name, kinds[name], pairs, found)
            if value is not None:
                values[name] = value
        shape: Mapping[str, Shape] = {"*": "string", **kinds}
        return self._judge(values, fields.by_name.keys() - values.keys(), found, shape)

    def _read(self, name: str, kind: str, pairs: Sequence[Pair], found: Violations) -> Raw | None:
        """The field in the form of its kind; None if it cannot be read, which is noted."""
        texts = [pair.text for pair in pairs if pair.text is not None]
        return self._arrange(name, kind, texts, found) if len(texts) == len(pairs) else None

    def _arrange(self, name: str, kind: str, texts: Sequence[str], found: Violations) -> Raw | None:
        if "json" in kind:
            readable = [read_json(text.encode("utf-8"), found, "body", pointer_to(name)) for text in texts]
            if not all(readable):
                return None
        try:
            return arrange(texts[0] if len(texts) == 1 else list(texts), kind)
        except StyleError as error:
            found.add("body", pointer_to(name), error.code, str(error))
            return None

    def _judge(
        self,
        values: Mapping[str, Raw],
        unread: Set[str],
        found: Violations,
        shape: Mapping[str, Shape],
        context: object = None,
    ) -> T_co:
        text = to_json({**values}, shape)
        value, errors = self._validator.errors(text, context)
        if errors:
            literal = to_json({**values}, shape, literal=True)
            if literal != text:
                value, errors = self._validator.errors(literal, context)
            # What could not be read is not missing.
            errors = [error for error in errors if not (error["loc"] and error["loc"][0] in unread)]
            report(errors, from_json(text), found, "body", "")
        return cast("T_co", value)


def _field_kind(kind: str) -> str:
    """Objects in forms are JSON text (OpenAPI 3.1, section 4.8.15)."""
    return {"object": "json", "array:object": "array:json"}.get(kind, kind)


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
        return not call.has_body


class XmlBody(BinaryBody):
    """XML as the bytes that were sent, known to be well-formed and without a document type."""

    empty_is_value = False

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
        if decoder is None or (absent and not (self._required and decoder.empty_is_value)):
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
