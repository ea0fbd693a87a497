"""Base of the typed answers that generated code declares, and the few ways they are written."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

from pydantic import BaseModel, TypeAdapter
from pydantic_core import SchemaSerializer

from tallystick.runtime.reply import WITHOUT_CONTENT, Headers, Reply, header_value


class Answer:
    """One declared status (and media type) of an operation; generated subclasses are frozen dataclasses."""

    __slots__ = ()

    status: ClassVar[int]
    media_type: ClassVar[str | None] = None

    def encode(self) -> Reply:
        """Write it as it will be sent."""
        raise NotImplementedError


def model_bytes(model: BaseModel) -> bytes:
    """A model as JSON by the contract's names; members that were never set are absent."""
    written: bytes = model.__pydantic_serializer__.to_json(model, by_alias=True, exclude_unset=True)
    return written


class JsonType:
    """The type of a JSON body that is no model, such as a list; compiled when first used."""

    def __init__(self, type_: Any) -> None:
        self._type = type_

    @cached_property
    def _serializer(self) -> SchemaSerializer:
        return TypeAdapter(self._type).serializer

    def dump(self, value: Any, *, warnings: bool = True) -> bytes:
        """A value as JSON by the contract's names; members of models that were never set are absent.

        Without `warnings` what is no value of the type is written without a word, for somebody else to judge.
        """
        written: bytes = self._serializer.to_json(value, by_alias=True, exclude_unset=True, warnings=warnings)
        return written


def body_reply(status: int, media_type: bytes, body: bytes, headers: Headers | None = None) -> Reply:
    """A reply with content already written."""
    return Reply(status, [(b"content-type", media_type), *(headers or ())], body)


def empty_reply(status: int, headers: Headers | None = None) -> Reply:
    """A reply without content."""
    return Reply(status, headers or [])


def typed_headers(*pairs: tuple[bytes, Any]) -> Headers:
    """Header fields from lower-case names and values; absent ones are left out."""
    return [(name, header_value(value)) for name, value in pairs if value is not None]


def chosen_status(code: int, declared: str, body: object = None) -> int:
    """The status that a handler chose for an answer declared as `4XX` or `default`.

    Raises:
        ValueError: it is not one of those, or HTTP gives it no content and there is some.
    """
    if not 200 <= code <= 599 or (declared != "default" and str(code)[0] != declared[0]):
        raise ValueError(f"{code} is no status of the answer {declared}")
    if body is not None and code in WITHOUT_CONTENT:
        raise ValueError(f"an answer with status {code} has no content")
    return code


def repeated_header(name: bytes, values: Sequence[str] | None) -> Headers:
    """One field per value, for headers whose values no comma can join (RFC 9110, section 5.3: `Set-Cookie`)."""
    return [(name, header_value(value)) for value in values or ()]
