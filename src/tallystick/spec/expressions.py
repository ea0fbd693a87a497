"""Runtime expressions: what links and callbacks take from a request or its answer (OpenAPI 3.1, section 4.8.20.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass

_WHOLE = ("url", "method", "statusCode")
_PLACES = ("header", "query", "path", "body")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_BAD_ESCAPE = re.compile(r"~(?![01])")
_EMBEDDED = re.compile(r"\{(\$[^{}]*)\}")


class ExpressionError(ValueError):
    """The text is no runtime expression; the message is a sentence without its end."""


@dataclass(frozen=True, slots=True)
class Expression:
    """`source` is `url`, `method`, `statusCode`, `request` or `response`; the last two say `place` and `name`.

    The name in a body is a JSON pointer, the empty one the whole body.
    """

    source: str
    place: str = ""
    name: str = ""


Template = tuple[str | Expression, ...]


def parse_expression(text: str) -> Expression:
    """`$request.body#/id` and the like. Raises ExpressionError."""
    rest = text.removeprefix("$")
    if rest in _WHOLE:
        return Expression(rest)
    source, _, reference = rest.partition(".")
    if rest == text or source not in ("request", "response"):
        raise ExpressionError(
            f"{text} is no expression; one begins with $url, $method, $statusCode, $request. or $response."
        )
    return _reference(text, source, reference)


def _reference(text: str, source: str, reference: str) -> Expression:
    if reference == "body" or reference.startswith("body#"):
        pointer = reference.removeprefix("body").removeprefix("#")
        if pointer and (not pointer.startswith("/") or _BAD_ESCAPE.search(pointer)):
            raise ExpressionError(f"{text} holds {pointer!r}, which is no JSON pointer")
        return Expression(source, "body", pointer)
    place, _, name = reference.partition(".")
    if place not in _PLACES[:3] or not name:
        wanted = ", ".join(f"${source}.{one}." for one in _PLACES[:3])
        raise ExpressionError(f"{text} names no part of the {source}; those are {wanted} and ${source}.body#/")
    if source == "response" and place != "header":
        raise ExpressionError(f"{text} asks an answer for its {place}; answers have headers and a body")
    if place == "header" and not _TOKEN.fullmatch(name):
        raise ExpressionError(f"{text} names {name!r}, which is no header")
    return Expression(source, place, name.lower() if place == "header" else name)


def parse_template(text: str) -> Template:
    """A text with expressions: one that is the whole text, or any number in braces. Raises ExpressionError."""
    if text.startswith("$"):
        return (parse_expression(text),)
    pieces: list[str | Expression] = []
    # Every second piece stood in braces.
    for index, piece in enumerate(_EMBEDDED.split(text)):
        if index % 2:
            pieces.append(parse_expression(piece))
        elif piece:
            if "{$" in piece:
                raise ExpressionError(f"a brace in {text} is not closed")
            pieces.append(piece)
    return tuple(pieces)
