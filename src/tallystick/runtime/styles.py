"""Parameter styles (OpenAPI 3.1, section 4.8.12): from serialised text to strings, lists and objects of strings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, TypeAlias

from tallystick.runtime.wire import Pair, form_decode

Raw: TypeAlias = str | list["Raw"] | dict[str, "Raw"]
Form: TypeAlias = Literal["scalar", "array", "object", "choice"]
Style: TypeAlias = Literal[
    "simple", "label", "matrix", "form", "spaceDelimited", "pipeDelimited", "deepObject", "cookie"
]
TextReader: TypeAlias = Callable[[str], Raw]
Decode: TypeAlias = Callable[[str], str]

MAX_DEPTH = 16

_DELIMITERS: Mapping[str, str] = {"form": ",", "cookie": ",", "spaceDelimited": " ", "pipeDelimited": "|"}
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")


class StyleError(ValueError):
    """The text does not follow its style; `code` is stable, the message a sentence for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def text_reader(name: str, form: Form, style: Style, explode: bool, decode: Decode = str) -> TextReader:
    """How one value that stands alone (path segment, header field, single cookie) is read.

    `decode` takes what is percent-encoded apart, after delimiters were found.
    """
    if style == "label":
        return _after_prefix(".", _delimited(form, "." if explode else ",", explode, decode))
    if style == "matrix":
        return _matrix(name, form, explode, decode)
    return _delimited(form, ",", explode, decode)


def _delimited(form: Form, delimiter: str, explode: bool, decode: Decode) -> TextReader:
    if form == "scalar":
        return decode
    build = assemble(form, explode)

    def reader(text: str) -> Raw:
        # Many clients encode the delimiters as well: only where plain ones stand, an encoded one belongs to an item.
        plain = delimiter in text or (explode and form == "object" and "=" in text)
        parts = [decode(part) for part in text.split(delimiter)] if plain else decode(text).split(delimiter)
        return build([part.strip(" \t") for part in parts] if text else [])

    return reader


def _after_prefix(prefix: str, read: TextReader) -> TextReader:
    def reader(text: str) -> Raw:
        if text[:3].upper() == f"%{ord(prefix):X}":
            text = prefix + text[3:]
        if not text.startswith(prefix):
            raise StyleError("style", f"The value should begin with '{prefix}'.")
        return read(text[len(prefix) :])

    return reader


def _matrix(name: str, form: Form, explode: bool, decode: Decode) -> TextReader:
    def exploded(text: str) -> Raw:
        pairs = [(decode(key), decode(value)) for key, _, value in (piece.partition("=") for piece in text.split(";"))]
        if form == "object":
            return _object(pairs)
        if any(key != name for key, _ in pairs):
            raise StyleError("style", f"The value should look like ';{name}=...'.")
        return [value for _, value in pairs]

    def plain(text: str) -> Raw:
        key, _, value = text.partition("=")
        if decode(key) != name:
            raise StyleError("style", f"The value should look like ';{name}=...'.")
        return _delimited(form, ",", False, decode)(value)

    read = exploded if explode and form != "scalar" else plain

    def encoded(text: str) -> Raw:
        whole = "=" not in text and "%" in text
        return _matrix(name, form, explode, str)(";" + decode(text)) if whole else read(text)

    return _after_prefix(";", encoded)


def assemble(form: Form, explode: bool) -> Callable[[Sequence[str]], Raw]:
    """How the parts between delimiters become a list or an object."""
    if form == "array":
        return list
    return _assignments if explode else _alternating


def _alternating(parts: Sequence[str]) -> Raw:
    if len(parts) % 2:
        raise StyleError("style", "The value should be a list of names, each followed by its value.")
    return _object(zip(parts[::2], parts[1::2], strict=True))


def _assignments(parts: Sequence[str]) -> Raw:
    if any("=" not in part for part in parts):
        raise StyleError("style", "The value should be a list of 'name=value'.")
    return _object(part.partition("=")[::2] for part in parts)


def _object(pairs: Iterable[tuple[str, str]]) -> dict[str, Raw]:
    result: dict[str, Raw] = {}
    for key, value in pairs:
        if key in result:
            raise StyleError("repeated", "A property was sent twice.")
        result[key] = value
    return result


def query_parts(pair: Pair, style: Style) -> list[str]:
    """The parts of one query value that holds a list.

    A percent-encoded comma or pipe belongs to an item only if the value also holds plain ones: many clients encode
    them all.
    """
    delimiter = _DELIMITERS[style]
    if not pair.text:
        return []
    if delimiter in pair.raw:
        return [form_decode(part) for part in pair.raw.split(delimiter)]
    return pair.text.split(delimiter)


def deep_object(name: str, pairs: Iterable[Pair]) -> dict[str, Raw] | None:
    """The object under `name[property]`, nested as the brackets say; None if no such key was sent."""
    result: dict[str, Raw] = {}
    for pair in pairs:
        if pair.text is not None and pair.name.startswith(name + "["):
            _place(result, _segments(pair.name[len(name) :]), pair.text)
    return result or None


def _segments(brackets: str) -> list[str]:
    segments = _BRACKETS.findall(brackets)
    if "".join(f"[{segment}]" for segment in segments) != brackets:
        if not brackets.endswith("]"):
            raise StyleError("style", "The brackets in the name do not match.")
        # A name that has brackets itself; as for where it ends there is but one way to read it.
        return [brackets[1:-1]]
    if len(segments) > MAX_DEPTH:
        raise StyleError("too_deep", f"At most {MAX_DEPTH} levels of brackets can be read.")
    return segments


def _place(target: dict[str, Raw], segments: list[str], text: str) -> None:
    *parents, last = segments
    for segment in parents:
        child = target.setdefault(segment, {})
        if not isinstance(child, dict):
            raise StyleError("repeated", "A property was sent as a value and as an object.")
        target = child
    known = target.get(last)
    if known is None:
        target[last] = text
    elif isinstance(known, list):
        known.append(text)
    elif isinstance(known, str):
        target[last] = [known, text]
    else:
        raise StyleError("repeated", "A property was sent as a value and as an object.")
