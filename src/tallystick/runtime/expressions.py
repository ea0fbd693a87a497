"""Evaluates runtime expressions: the URL of a callback, from the request that asked for it (OpenAPI 3.1, 4.8.20.5)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import parse_qs, quote

from starlette.requests import Request

from tallystick.runtime.call import CALL_KEY, Call
from tallystick.runtime.reply import Reply

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


class ExpressionError(Exception):
    """An expression leads nowhere in this exchange; the message says which and why."""


@dataclass(frozen=True, slots=True)
class From:
    """One expression: `$url`, `$method`, `$statusCode`, or a part of the request or the answer."""

    source: Literal["url", "method", "statusCode", "request", "response"]
    place: Literal["", "header", "query", "path", "body"] = ""
    name: str = ""

    def __str__(self) -> str:
        """As the contract writes it."""
        if not self.place:
            return f"${self.source}"
        pointer = f"#{self.name}" if self.name else ""
        return f"${self.source}.{self.place}{pointer if self.place == 'body' else '.' + self.name}"


Template = tuple[str | From, ...]


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer of an exchange; headers by lower-case name."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request, and its answer once there is one: all that a callback's expressions may refer to.

    Plain values, so that it can be kept until the callback is sent. Headers are by lower-case name.
    """

    url: str
    method: str
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    answer: Answered | None = None

    def answered(self, reply: Reply) -> Exchange:
        """The same exchange with its answer, such as `CreatedThing(...).encode()`."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reply.headers}
        return replace(self, answer=Answered(reply.status, headers, reply.body))


async def exchange(request: Request) -> Exchange:
    """The exchange of the request at work, as a dependency: `Annotated[Exchange, Depends(exchange)]`.

    Raises:
        LookupError: the operation declares no callbacks, so nothing was kept of its request.
    """
    call: Call | None = request.scope.get(CALL_KEY)
    if call is None:
        raise LookupError("the contract declares no callbacks on this operation")
    return Exchange(
        url=str(request.url),
        method=request.method,
        path=dict(call.path_values),
        query={name: [pair.text or "" for pair in pairs] for name, pairs in call.query.by_name.items()},
        headers={name: ", ".join(values) for name, values in call.headers.items()},
        body=await call.body(),
    )


def evaluate(template: Template, exchange: Exchange) -> str:
    """The text that a template stands for. What follows the host of a URL is percent-encoded where it is put in.

    Raises:
        ExpressionError: an expression leads to nothing, or to what is no text or number.
    """
    text = ""
    for piece in template:
        if isinstance(piece, str):
            text += piece
        else:
            value = _text(piece, _value(piece, exchange))
            text += quote(value, safe="") if "/" in text.partition("://")[2] else value
    return text


def _text(expression: From, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise ExpressionError(f"{expression} is {json.dumps(value)[:80]}, which cannot stand in a URL")


def _value(expression: From, exchange: Exchange) -> Any:
    match expression.source:
        case "url":
            return exchange.url
        case "method":
            return exchange.method
        case "statusCode":
            return _answer(expression, exchange).status
        case "response":
            answer = _answer(expression, exchange)
            if expression.place == "header":
                return _known(expression, answer.headers, expression.name)
            return _in_body(expression, answer.body, answer.headers.get("content-type", JSON))
    match expression.place:
        case "header":
            return _known(expression, exchange.headers, expression.name)
        case "path":
            return _known(expression, exchange.path, expression.name)
        case "query":
            values = _known(expression, exchange.query, expression.name)
            if len(values) != 1:
                raise ExpressionError(f"{expression} was sent {len(values)} times")
            return values[0]
    return _in_body(expression, exchange.body, exchange.headers.get("content-type", JSON))


def _answer(expression: From, exchange: Exchange) -> Answered:
    if exchange.answer is None:
        raise ExpressionError(f"{expression} asks for the answer, and there is none yet: use Exchange.answered")
    return exchange.answer


def _known(expression: From, values: Mapping[str, Any], name: str) -> Any:
    if name not in values:
        raise ExpressionError(f"{expression} leads nowhere: nothing of this name was sent")
    return values[name]


def _in_body(expression: From, body: bytes, content_type: str) -> Any:
    value = _parsed(expression, body, content_type.partition(";")[0].strip().lower())
    for token in expression.name.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and len(key) < 10 and int(key) < len(value):
            value = value[int(key)]
        else:
            raise ExpressionError(f"{expression} leads nowhere: the body has no {key!r} there")
    return value


def _parsed(expression: From, body: bytes, media_type: str) -> Any:
    try:
        if media_type == JSON or media_type.endswith("+json"):
            return json.loads(body)
        if media_type == FORM:
            fields = parse_qs(body.decode("utf-8"), keep_blank_values=True, strict_parsing=bool(body))
            return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}
        if media_type.startswith("text/") and not expression.name:
            return body.decode("utf-8")
    except (ValueError, RecursionError):
        raise ExpressionError(f"{expression} leads nowhere: the body is no {media_type}") from None
    raise ExpressionError(f"{expression} leads nowhere: nothing is known of the inside of {media_type or 'this body'}")
