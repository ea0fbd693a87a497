"""Values of the contract on their way out: bodies and parameters of requests that the server itself makes."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal
from urllib.parse import quote

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, from_json

from tallystick.runtime.problems import Location, Violation, Violations
from tallystick.runtime.responses import JsonType
from tallystick.runtime.validation import Validator, report

Pairs = list[tuple[str, str]]


class PayloadRefused(ValueError):
    """What was to be sent breaks the contract; `violations` say where."""

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        shown = "; ".join(f"{one.location}{one.pointer}: {one.message}" for one in violations[:5])
        super().__init__(f"this breaks the contract: {shown}")
        self.violations = violations


class Typed:
    """A type of the contract: writes values as JSON, and judges what it wrote."""

    def __init__(self, type_: Any) -> None:
        self._type = type_

    @cached_property
    def _writer(self) -> JsonType:
        return JsonType(self._type)

    @cached_property
    def _validator(self) -> Validator[Any]:
        return Validator(self._type)

    def write(self, value: Any, location: Location = "body", pointer: str = "") -> bytes:
        """A value as JSON text.

        Raises:
            PayloadRefused: it is not what the contract declares, also where the type checker was not asked.
        """
        found = Violations()
        try:
            text = self._writer.dump(value, warnings=False)
        except (PydanticSerializationError, ValidationError, UnicodeEncodeError) as error:
            found.add(location, pointer, "unwritable", f"This cannot be written: {error}.")
            raise PayloadRefused(tuple(found.found)) from error
        _, errors = self._validator.errors(text)
        if errors:
            report(errors, from_json(text), found, location, pointer)
            raise PayloadRefused(tuple(found.found))
        return text

    def read(self, text: bytes) -> tuple[Any, list[str]]:
        """The value of JSON text that was received, and what is wrong with it."""
        value, errors = self._validator.errors(text)
        found = Violations()
        if errors:
            report(errors, _plain(text), found, "body", "")
        return value, [f"{one.pointer or 'the body'}: {one.message}" for one in found.found]


def _plain(text: bytes) -> Any:
    try:
        return from_json(text)
    except ValueError:
        return None


class Content(ABC):
    """How a body of one media type is written and, where it is JSON, read."""

    @abstractmethod
    def write(self, value: Any) -> bytes:
        """The bytes of a value. Raises PayloadRefused."""

    def read(self, body: bytes) -> tuple[Any, list[str]]:
        """The value of a body, and what is wrong with it."""
        return body, []


class JsonContent(Content):
    """`application/json` and every `+json`."""

    def __init__(self, type_: Any) -> None:
        self._typed = Typed(type_)

    def write(self, value: Any) -> bytes:
        """See `Content`."""
        return self._typed.write(value)

    def read(self, body: bytes) -> tuple[Any, list[str]]:
        """See `Content`."""
        return self._typed.read(body)


class FormContent(Content):
    """`application/x-www-form-urlencoded`: lists are repeated fields, objects are JSON."""

    def __init__(self, type_: Any) -> None:
        self._typed = Typed(type_)

    def write(self, value: Any) -> bytes:
        """See `Content`."""
        members = json.loads(self._typed.write(value))
        pairs = [(name, each) for name, one in members.items() for each in (one if isinstance(one, list) else [one])]
        return "&".join(f"{_form(name)}={_form(_scalar(one))}" for name, one in pairs).encode("ascii")


class TextContent(Content):
    """`text/*`, in UTF-8."""

    def write(self, value: Any) -> bytes:
        """See `Content`."""
        return str(value).encode("utf-8")

    def read(self, body: bytes) -> tuple[Any, list[str]]:
        """See `Content`."""
        return body.decode("utf-8", "replace"), []


class RawContent(Content):
    """Any other media type: the bytes as they are given."""

    def write(self, value: Any) -> bytes:
        """See `Content`."""
        return bytes(value)


@dataclass(frozen=True)
class Sent:
    """A parameter of the request that is sent: `attribute` of the message has its value, None leaves it out."""

    attribute: str
    name: str
    location: Literal["query", "header", "cookie"]
    typed: Typed
    style: str = "form"
    explode: bool = False
    content: bool = False

    def pairs(self, value: Any) -> Pairs:
        """Names and texts, not yet encoded. Raises PayloadRefused."""
        text = self.typed.write(value, self.location, f"/{self.name}")
        plain = json.loads(text)
        if self.content:
            return [(self.name, text.decode("utf-8"))]
        if isinstance(plain, dict):
            return list(self._object(plain))
        if isinstance(plain, list):
            return self._array(list(map(_scalar, plain)))
        return [(self.name, _scalar(plain))]

    def _array(self, texts: list[str]) -> Pairs:
        if self.explode and self.location != "header":
            return [(self.name, one) for one in texts]
        separator = {"spaceDelimited": " ", "pipeDelimited": "|"}.get(self.style, ",")
        return [(self.name, separator.join(texts))] if texts else []

    def _object(self, members: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        texts = {name: _scalar(one) for name, one in members.items()}
        if self.style == "deepObject":
            yield from ((f"{self.name}[{name}]", one) for name, one in texts.items())
        elif not self.explode:
            yield self.name, ",".join(f"{name},{one}" for name, one in texts.items())
        elif self.location == "header":
            yield self.name, ",".join(f"{name}={one}" for name, one in texts.items())
        else:
            yield from texts.items()


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _form(text: str) -> str:
    return quote(text, safe="*-._ ").replace(" ", "+")


def query_of(pairs: Pairs) -> str:
    """A query string."""
    return "&".join(f"{quote(name, safe='[]')}={quote(value, safe='')}" for name, value in pairs)
