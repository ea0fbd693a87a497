"""Where a parameter's text stands in a request, for each location and style."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
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
FieldSource: TypeAlias = Callable[[Fields], Raw | None]


def whole_query(call: Call) -> Raw | None:
    """The query as one text (OpenAPI 3.2, `in: querystring`)."""
    return percent_decode(call.query_string.decode("latin-1")) if call.query_string else None


def whole_form(call: Call) -> Raw | None:
    """The query as one object, whatever its names."""
    return _properties(call.query, call.query.by_name.keys())


def source(name: str, location: Location, shape: Shape, style: Style, explode: bool) -> Source:
    """The reader of one parameter, whose shape is no choice."""
    form = form_of(shape)
    if location == "query":
        return _query(name, shape, style, explode)
    if location == "cookie":
        return _cookie(name, shape, style, explode)
    if location == "header":
        return _header(name.lower(), text_reader(name, form, style, explode))
    return _path(name, form, style, explode)


def _path(name: str, form: Form, style: Style, explode: bool) -> Source:
    if form == "scalar" and style == "simple":
        return lambda call: call.path_values[name]
    read = text_reader(name, form, style, explode, percent_decode)
    return lambda call: read(call.raw_path_values[name])


def _header(name: str, read: TextReader) -> Source:
    def reader(call: Call) -> Raw | None:
        text = call.header(name)
        return None if text is None else read(text.strip(" \t\r\n"))

    return reader


def _query(name: str, shape: Shape, style: Style, explode: bool) -> Source:
    if style != "deepObject" and explode and form_of(shape) == "object":
        names = _declared(shape)
        if names is None:
            return lambda call: _properties(call.query, call.query.by_name.keys() - call.operation.query)
        return lambda call: _properties(call.query, names)
    read = field_source(name, shape, style, explode)
    return lambda call: read(call.query)


def field_source(name: str, shape: Shape, style: Style, explode: bool) -> FieldSource:
    """The reader of one value of a query or form; an object that is spread has to name its properties."""
    form = form_of(shape)
    if style == "deepObject":
        return _deep_list(name) if form == "array" else _deep(name, form)
    if form == "scalar":
        return lambda fields: _single_text(fields, name)
    if not explode:
        return _field_list(name, form, style)
    if form == "array":
        return lambda fields: _texts(fields, name)
    names = _declared(shape) or frozenset()
    return lambda fields: _properties(fields, names)


def _declared(shape: Shape) -> frozenset[str] | None:
    """The properties of an object; None if there may be others."""
    if not isinstance(shape, Mapping) or "*" in shape:
        return None
    return frozenset(shape)


def _deep(name: str, form: Form) -> FieldSource:
    if form == "scalar":
        return lambda fields: _single_text(fields, name)
    return lambda fields: deep_object(name, fields.pairs)


def _deep_list(name: str) -> FieldSource:
    """`name[]=a`, `name[0]=a` or `name=a`: clients do all three."""

    def reader(fields: Fields) -> Raw | None:
        found: Raw | None = deep_object(name, fields.pairs)
        return _texts(fields, name) if found is None else found

    return reader


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


def _texts(fields: Fields, name: str) -> Raw | None:
    pairs = fields.by_name.get(name)
    return None if pairs is None else [_text(pair) for pair in pairs]


def _text(pair: Pair) -> str:
    if pair.text is None:
        raise AlreadyReported
    return pair.text


def _field_list(name: str, form: Form, style: Style) -> FieldSource:
    build = assemble(form, explode=False)

    def reader(fields: Fields) -> Raw | None:
        pair = _single(fields, name)
        return None if pair is None else build(query_parts(pair, style))

    return reader


def _properties(fields: Fields, names: Set[str]) -> Raw | None:
    """An exploded object: its properties stand beside the other values, under their own names."""
    values: dict[str, Raw] = {}
    for name, pairs in fields.by_name.items():
        if name in names:
            values[name] = _text(pairs[0]) if len(pairs) == 1 else [_text(pair) for pair in pairs]
    return values or None


def _cookie(name: str, shape: Shape, style: Style, explode: bool) -> Source:
    form = form_of(shape)
    decode = str if style == "cookie" else _lenient
    if form == "object" and explode:
        return _cookie_properties(shape, decode)
    read = text_reader(name, form, style, explode, decode)

    def reader(call: Call) -> Raw | None:
        values = call.cookies.get(name)
        if values is None:
            return None
        if form == "array" and explode:
            return [decode(value) for value in _exploded(name, values)]
        # A browser sends the cookie of the longer path first: that one is meant (RFC 6265, section 5.4).
        return read(values[0])

    return reader


def _exploded(name: str, values: Sequence[str]) -> Sequence[str]:
    """The items of an exploded list: cookies of one name, or one cookie written as the style `form` writes a query."""
    if len(values) > 1 or f"&{name}=" not in values[0]:
        return values
    return [piece.removeprefix(f"{name}=") for piece in values[0].split("&")]


def _cookie_properties(shape: Shape, decode: Callable[[str], str]) -> Source:
    names: Mapping[str, Shape] = shape if isinstance(shape, Mapping) else {}

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
