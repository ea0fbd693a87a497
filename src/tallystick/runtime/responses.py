"""Base of the typed answers that generated code declares, and the few ways they are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import cached_property
from typing import Any, ClassVar, dataclass_transform

from pydantic import BaseModel, TypeAdapter
from pydantic_core import SchemaSerializer

from tallystick.runtime.reply import WITHOUT_CONTENT, Headers, Reply, header_value
from tallystick.runtime.types.building import known
from tallystick.runtime.types.digits import EXACTLY, finished


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Answer:
    """One declared status (and media type) of an operation.

    Subclasses are as frozen dataclasses with keyword arguments, but made in a fiftieth of the time: a large contract
    has thousands.
    """

    status: ClassVar[int]
    media_type: ClassVar[str | None] = None
    _fields: ClassVar[Set[str]] = frozenset()
    _defaults: ClassVar[Mapping[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        # Annotations are text: `from __future__ import annotations` stands in every generated module.
        own = [name for name, hint in vars(cls).get("__annotations__", {}).items() if not hint.startswith("ClassVar[")]
        cls._fields = {*cls._fields, *own}
        cls._defaults = {**cls._defaults, **{name: vars(cls)[name] for name in own if name in vars(cls)}}

    def __init__(self, **given: Any) -> None:
        if given.keys() != self._fields:
            given = {**self._defaults, **given}
            wrong = sorted(given.keys() ^ self._fields)
            if wrong:
                raise TypeError(f"{type(self).__name__} takes {', '.join(sorted(self._fields))}; see {wrong[0]!r}")
        vars(self).update(given)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} cannot be changed: make another one")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash((type(self), *sorted(vars(self))))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"

    def encode(self) -> Reply:
        """Write it as it will be sent."""
        raise NotImplementedError


def model_bytes(model: BaseModel) -> bytes:
    """A model as JSON by the contract's names; members that were never set are absent."""
    written: bytes = model.__pydantic_serializer__.to_json(model, by_alias=True, exclude_unset=True, context=EXACTLY)
    return finished(written, model)


class JsonType:
    """The type of a JSON body that is no model, such as a list; compiled when first used."""

    def __init__(self, type_: Any) -> None:
        self._type = type_

    @cached_property
    def _serializer(self) -> SchemaSerializer:
        return TypeAdapter(known(self._type)).serializer

    def prepare(self) -> None:
        """Compile it now."""
        _ = self._serializer

    def dump(self, value: Any, *, warnings: bool = True) -> bytes:
        """A value as JSON by the contract's names; members of models that were never set are absent.

        Without `warnings` what is no value of the type is written without a word, for somebody else to judge.
        """
        written: bytes = self._serializer.to_json(
            value, by_alias=True, exclude_unset=True, warnings=warnings, context=EXACTLY
        )
        return finished(written, value)


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
