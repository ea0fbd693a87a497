"""XML that is safe to read: well-formed, not too deep, no document type, so no entities of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

# Deeper than documents are that people mean; what reads the body afterwards may recurse, two levels for one.
MAX_DEPTH = 90

# Between the namespace and the local part of a name: no URI holds it.
_BETWEEN = "\n"
_XML = "http://www.w3.org/XML/1998/namespace"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_NIL = f"{_INSTANCE}{_BETWEEN}nil"


class XmlError(ValueError):
    """The bytes are no XML that is taken; the message is a sentence for people."""


@dataclass(slots=True)
class XmlElement:
    """One element. Names in a namespace are `{namespace}local`; what only concerns XML itself is left out.

    `is_nil` says that it stands for null (`xsi:nil`, XML Schema 1, section 2.6.2).
    """

    name: str
    attributes: Mapping[str, str]
    children: list[XmlElement] = field(default_factory=list)
    text: str = ""
    is_nil: bool = False

    @property
    def local(self) -> str:
        """The name without its namespace."""
        return local_name(self.name)


def local_name(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]


class _Builder:
    """Keeps the tree if asked to, and never goes too deep."""

    def __init__(self, *, keep: bool) -> None:
        self._keep = keep
        self._depth = 0
        self._texts: list[list[str]] = [[]]
        self._open = [XmlElement("", {})]

    @property
    def root(self) -> XmlElement:
        return self._open[0].children[0]

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise XmlError(f"The XML is nested deeper than {MAX_DEPTH} levels.")
        if self._keep:
            known = {
                _named(key): value
                for key, value in attributes.items()
                if key.partition(_BETWEEN)[0] not in (_XML, _INSTANCE)
            }
            is_nil = attributes.get(_NIL, "").strip() in ("true", "1")
            element = XmlElement(_named(name), known, is_nil=is_nil)
            self._open[-1].children.append(element)
            self._open.append(element)
            self._texts.append([])

    def text(self, data: str) -> None:
        if self._keep:
            self._texts[-1].append(data)

    def end(self, _name: str) -> None:
        self._depth -= 1
        if self._keep:
            self._open.pop().text = "".join(self._texts.pop())


def check_xml(raw: bytes) -> None:
    """Read the document without keeping it.

    Raises:
        XmlError: it is not well-formed, too deep, or declares a document type.
    """
    _parse(raw, _Builder(keep=False))


def read_xml(raw: bytes) -> XmlElement:
    """The root element.

    Raises:
        XmlError: see `check_xml`.
    """
    builder = _Builder(keep=True)
    _parse(raw, builder)
    return builder.root


def _parse(raw: bytes, builder: _Builder) -> None:
    parser = expat.ParserCreate(namespace_separator=_BETWEEN)
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        message = expat.ErrorString(error.code)
        raise XmlError(f"The body is not XML: {message}, line {error.lineno}, column {error.offset + 1}.") from None
    except XmlError:
        raise
    except (ValueError, LookupError):
        # Encodings that Python knows, but that are no text or of more than one byte.
        raise XmlError("The body is not XML: its encoding is not supported.") from None


def _refuse_doctype(*_: object) -> NoReturn:
    raise XmlError("The XML must not have a DOCTYPE.")


def _named(name: str) -> str:
    namespace, _, local = name.rpartition(_BETWEEN)
    return f"{{{namespace}}}{local}" if namespace else local
