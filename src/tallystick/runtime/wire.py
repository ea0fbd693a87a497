"""Names and values as they travel in query strings, forms and cookies, decoded strictly and never raising."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from tallystick.runtime.pointers import pointer_to
from tallystick.runtime.problems import Location, Violations

# Far more than any form needs; splitting stays cheap whatever arrives.
MAX_PAIRS = 2000

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class WireError(ValueError):
    """Text that is not percent-encoded UTF-8; the message is a sentence for people."""


class Pair(NamedTuple):
    """One name with its value; `text` is None when it cannot be decoded, `raw` is still encoded."""

    name: str
    text: str | None
    raw: str


def percent_decode(raw: str) -> str:
    """Decode percent-encoded UTF-8 (RFC 3986, section 2.1), given as ISO 8859-1.

    Raises:
        WireError: a bad escape, or bytes that are not UTF-8.
    """
    if _BAD_ESCAPE.search(raw):
        raise WireError("is not percent-encoded: '%' must be followed by two hexadecimal digits")
    if raw.isascii() and "%" not in raw:
        return raw
    try:
        return unquote_to_bytes(raw.encode("latin-1")).decode("utf-8")
    except UnicodeDecodeError:
        raise WireError("is not UTF-8") from None


def form_decode(raw: str) -> str:
    """Like `percent_decode`, with `+` for a space, as forms and query strings have it.

    Raises:
        WireError: see `percent_decode`.
    """
    return percent_decode(raw.replace("+", " "))


class Fields:
    """The ordered pairs of a query string or form; a name may repeat."""

    __slots__ = ("_faults", "by_name", "pairs")

    def __init__(self, raw: bytes) -> None:
        self.pairs: list[Pair] = []
        self.by_name: dict[str, list[Pair]] = {}
        self._faults: list[tuple[str, str]] = []
        if raw:
            self._read(raw.decode("latin-1"))

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]]) -> Fields:
        """Names and values that were decoded elsewhere."""
        fields = cls(b"")
        for name, text in pairs:
            fields._keep(Pair(name, text, text))
        return fields

    def _read(self, raw: str) -> None:
        pieces = raw.split("&", MAX_PAIRS + 1)
        if len(pieces) > MAX_PAIRS:
            self._faults.append(("", f"More than {MAX_PAIRS} names and values were sent."))
            return
        for piece in pieces:
            if piece:
                self._add(*piece.partition("=")[::2])

    def _add(self, raw_name: str, raw: str) -> None:
        try:
            name = form_decode(raw_name)
        except WireError as error:
            self._faults.append(("", f"A name {error}."))
            return
        text: str | None = None
        try:
            text = form_decode(raw)
        except WireError as error:
            self._faults.append((pointer_to(name), f"The value {error}."))
        self._keep(Pair(name, text, raw))

    def _keep(self, pair: Pair) -> None:
        self.pairs.append(pair)
        self.by_name.setdefault(pair.name, []).append(pair)

    def report(self, location: Location, found: Violations) -> None:
        """Note what could not be decoded; once, however often it is called."""
        for pointer, message in self._faults:
            found.add_malformed(location, pointer, "malformed", message)
        self._faults = []


def parse_cookies(header: str) -> dict[str, list[str]]:
    """Cookie values by name in the order sent (RFC 6265, section 4.2.1); what has no name is left out."""
    cookies: dict[str, list[str]] = {}
    for piece in header.split(";", MAX_PAIRS):
        name, equals, value = piece.partition("=")
        name, value = name.strip(" \t"), value.strip(" \t")
        if len(value) >= 2 and value[0] == value[-1] == '"':
            value = value[1:-1]
        if equals and name:
            cookies.setdefault(name, []).append(value)
    return cookies
