"""Answers in XML by their schema: written as JSON first, then by the plan that bodies are read by."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from tallystick.runtime.responses import JsonType
from tallystick.runtime.xml_model import Objects, Property

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NIL = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'
# What the contract says nothing of.
_FREE: Property = ("*", "element", "", "")
_NAME = re.compile(r"[^\W\d][\w.-]*")
# What no XML 1.0 document holds, not even escaped (section 2.2).
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


class XmlType:
    """The type of an answer in XML.

    Args:
        type_: what handlers give.
        root: the root element as if it were a property.
        objects: see `tallystick.runtime.xml_model`.
    """

    def __init__(self, type_: Any, root: Property, objects: Objects) -> None:
        self._json = JsonType(type_)
        self._root = root
        self._objects = objects

    def prepare(self) -> None:
        """Compile the type now."""
        self._json.prepare()

    def dump(self, value: Any) -> bytes:
        """A value as a document in UTF-8.

        Raises:
            ValueError: a name or a text that no XML document holds.
        """
        plain = json.loads(self._json.dump(value), parse_int=_Number, parse_float=_Number)
        return (_DECLARATION + "".join(self._element(self._root, plain))).encode()

    def _element(self, known: Property, value: Any) -> Iterator[str]:
        name, how, shape, item = known
        tag, namespaces = _tag(name)
        if value is None:
            yield f"<{tag}{namespaces}{_NIL}/>"
        elif how == "wrapped" or isinstance(value, list):
            inner = (item or "item", "element", shape, "")
            yield f"<{tag}{namespaces}>"
            for one in value:
                yield from self._element(inner, one)
            yield f"</{tag}>"
        elif isinstance(value, Mapping):
            yield from self._object(tag, namespaces, self._objects.get(shape.removeprefix("#"), {}), value)
        else:
            yield f"<{tag}{namespaces}>{escape(_text(value))}</{tag}>"

    def _object(
        self, tag: str, namespaces: str, properties: Mapping[str, Property], value: Mapping[str, Any]
    ) -> Iterator[str]:
        yield f"<{tag}{namespaces}"
        members = [(properties.get(name) or _named(name, properties), one) for name, one in value.items()]
        for known, one in members:
            if known[1] == "attribute" and one is not None:
                name, more = _tag(known[0])
                yield f"{more} {name}={quoteattr(_text(one))}"
        yield ">"
        for known, one in members:
            if known[1] in ("repeated", "required") and isinstance(one, list):
                for each in one:
                    yield from self._element((known[0], "element", known[2], ""), each)
            elif known[1] != "attribute":
                yield from self._element(known, one)
        yield f"</{tag}>"


def _named(name: str, properties: Mapping[str, Property]) -> Property:
    """What a member stands for that the contract does not name."""
    return (name, *(properties.get("*") or _FREE)[1:])


def _tag(name: str) -> tuple[str, str]:
    """The name as it is written, and the declaration of its namespace."""
    namespace, _, rest = name.rpartition("}")
    prefix, _, local = rest.rpartition(":")
    if not _NAME.fullmatch(local):
        raise ValueError(f"no element can be called {local!r}")
    if not namespace:
        return local, ""
    prefix = prefix or "ns"
    return f"{prefix}:{local}", f" xmlns:{prefix}={quoteattr(namespace.removeprefix('{'))}"


def _text(value: Any) -> str:
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    if _FORBIDDEN.search(text):
        raise ValueError("a text holds a character that no XML document has")
    return text
