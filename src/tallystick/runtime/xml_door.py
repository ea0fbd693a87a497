"""Whether bytes are well-formed XML that is safe to hand on: no document type, so no entities of its own."""

from __future__ import annotations

from typing import NoReturn
from xml.parsers import expat

# Deeper than documents are that people mean; what reads the body afterwards may recurse.
MAX_DEPTH = 200


class XmlError(ValueError):
    """The bytes are no XML that is taken; the message is a sentence for people."""


class _Depth:
    def __init__(self) -> None:
        self._depth = 0

    def start(self, _name: str, _attributes: object) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise XmlError(f"The XML is nested deeper than {MAX_DEPTH} levels.")

    def end(self, _name: str) -> None:
        self._depth -= 1


def check_xml(raw: bytes) -> None:
    """Read the document without keeping it.

    Raises:
        XmlError: it is not well-formed, too deep, or declares a document type.
    """
    depth = _Depth()
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = depth.start
    parser.EndElementHandler = depth.end
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
