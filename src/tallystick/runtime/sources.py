"""Where a parameter's text stands in a request, for each location and style."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from tallystick.runtime.call import Call
from tallystick.runtime.problems import Location
from tallystick.runtime.shapes import Shape, form_of
from tallystick.runtime.styles import (
    Form,
    Raw,
    Style,
    StyleError,
    TextReader,
    assemble,
    deep_object,
    query_parts,
    text_reader,
)
from tallystick.runtime.wire import Fields, Pair, WireError, percent_decode


class AlreadyReported(Exception):
    """The text could not be decoded, and that was noted when the whole query was read."""


# The value as sent, None if it was not sent. Raises StyleError, WireError or AlreadyReported.
Source: TypeAlias = Callable[[Call], Raw | None]


def source(name: str, location: Location, shape: Shape, style: Style, explode: bool) -> Source:
    """The reader of one parameter."""
    form = form_of(shape)
    if location == "query":
        return _query(name, shape, style, explode)
    if location == "cookie":
        return _cookie(name, shape, style, explode)
    read = text_reader(name, form, style, explode)
    return _header(name.lower(), read) if location == "header" else _path(name, read)


def _path(name: str, read: TextReader) -> Source:
    def reader(call: Call) -> Raw | None:
        return read(call.path_values[name])

    return reader


def _header(name: str, read: TextReader) -> Source:
    def reader(call: Call) -> Raw | None:
        text = call.header(name)
        return None if text is None else read(text.strip(" \t\r\n"))

    return reader


def _query(name: str, shape: Shape, style: Style, explode: bool) -> Source:
    form = form_of(shape)
    if style == "deepObject":
        return lambda call: deep_object(name, call.query.pairs)
    if form == "scalar":
        return lambda call: _single_text(call.query, name)
    if not explode:
        return _query_list(name, form, style)
    if form == "array":
        return lambda call: _texts(call.query, name)
    return _query_properties(shape)


def _single(fields: Fields, name: str) -> Pair | None:
    pairs = fields.by_name.get(name)
    if pairs is None:
        return None
    if len(pairs) > 1:
        raise StyleError("repeated", "This value was sent more than once.")
    if pairs[0].text is None:
        raise AlreadyReported
    return pairs[0]


def _single_text(fields: Fields, name: str) -> Raw | None:
    pair = _single(fields, name)
    return None if pair is None else pair.text


def _texts(fields: Fields, name: str) -> list[Raw] | None:
    pairs = fields.by_name.get(name)
    return None if pairs is None else [_text(pair) for pair in pairs]


def _text(pair: Pair) -> str:
    if pair.text is None:
        raise AlreadyReported
    return pair.text


def _query_list(name: str, form: Form, style: Style) -> Source:
    build = assemble(form, explode=False)

    def reader(call: Call) -> Raw | None:
        pair = _single(call.query, name)
        return None if pair is None else build(query_parts(pair, style))

    return reader


def _query_properties(shape: Shape) -> Source:
    """An exploded object: its properties stand beside the other parameters, under their own names."""
    declared = None if isinstance(shape, str) else frozenset(shape)

    def reader(call: Call) -> Raw | None:
        fields = call.query
        names = declared if declared and "*" not in declared else fields.by_name.keys() - call.operation.query
        values: dict[str, Raw] = {}
        for name, pairs in fields.by_name.items():
            if name in names:
                values[name] = _text(pairs[0]) if len(pairs) == 1 else [_text(pair) for pair in pairs]
        return values or None

    return reader


def _cookie(name: str, shape: Shape, style: Style, explode: bool) -> Source:
    form = form_of(shape)
    decode = str if style == "cookie" else _lenient
    if form == "object" and explode:
        return _cookie_properties(shape, decode)
    read = text_reader(name, form, style, explode)

    def reader(call: Call) -> Raw | None:
        values = call.cookies.get(name)
        if values is None:
            return None
        if form == "array" and explode:
            return [decode(value) for value in values]
        # A browser sends the cookie of the longer path first: that one is meant (RFC 6265, section 5.4).
        return read(decode(values[0]))

    return reader


def _cookie_properties(shape: Shape, decode: Callable[[str], str]) -> Source:
    names: Mapping[str, Shape] = {} if isinstance(shape, str) else shape

    def reader(call: Call) -> Raw | None:
        cookies = call.cookies
        return {name: decode(cookies[name][0]) for name in names if name in cookies} or None

    return reader


def _lenient(text: str) -> str:
    """Cookies are percent-encoded by some clients and not by others: what does not decode is meant literally."""
    try:
        return percent_decode(text)
    except WireError:
        return text
