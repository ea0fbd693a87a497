"""Judges every answer by the contract. For tests and development: production need not install jsonschema-rs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from email.utils import parsedate_to_datetime
from typing import Any

from tallystick.runtime.answer_schemas import turned_to_answers
from tallystick.runtime.negotiation import media_matches
from tallystick.runtime.operation import Operation
from tallystick.runtime.problems import PROBLEM_JSON
from tallystick.runtime.reply import Reply
from tallystick.runtime.schemas import Path, Schemas
from tallystick.runtime.streams import StreamReply
from tallystick.runtime.watch import EVENT_FIELDS, is_watchable, watched
from tallystick.runtime.xml_door import XmlError, check_xml

_WITHOUT_CONTENT = (204, 304)
# What the HTTP server sets, after this.
_BY_SERVER = ("connection", "content-length", "date", "transfer-encoding")
# Times as HTTP has them, also where the contract calls them `date-time`.
_TIMES = ("date", "expires", "last-modified", "retry-after", "sunset")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?", re.ASCII)


class ContractGuard:
    """Compares answers with an OpenAPI document, 3.0 or later.

    Args:
        document: the bundled document.
        server_headers: headers that the server adds later to every answer; not missed here.
    """

    def __init__(self, document: Mapping[str, Any], server_headers: Iterable[str] = ()) -> None:
        self._schemas = Schemas(turned_to_answers(document))
        self._server_headers = frozenset(name.lower() for name in server_headers)

    def check(self, operation: Operation, reply: Reply) -> list[str]:
        """Every way in which the answer breaks the contract; empty if it keeps it."""
        path = self._response(operation, reply.status)
        if path is None:
            return [f"status {reply.status} is not declared"]
        node = self._schemas.node(path)
        return [
            *self._headers(reply, path, node.get("headers", {})),
            *self._body(reply, path, node.get("content", {})),
        ]

    def _response(self, operation: Operation, status: int) -> Path | None:
        base: Path = (*self._schemas.operation(operation.path, operation.method), "responses")
        declared = self._schemas.node(base)
        keys = (str(status), f"{status // 100}XX", f"{status // 100}xx", "default")
        key = next((key for key in keys if key in declared), None)
        return None if key is None else self._schemas.follow((*base, key))

    def _headers(self, reply: Reply, path: Path, declared: Mapping[str, Any]) -> Iterable[str]:
        for name in declared:
            if name.lower() == "content-type":
                continue  # OpenAPI: a declared Content-Type header is ignored
            if name.lower() in _BY_SERVER:
                continue
            header = self._schemas.follow((*path, "headers", name))
            node = self._schemas.node(header)
            raw = reply.header(name.lower().encode("latin-1"))
            if raw is None:
                if node.get("required") and name.lower() not in self._server_headers:
                    yield f"the required header {name} is missing"
            elif "schema" in node:
                yield from self._header_value(name, _readings(name, raw.decode("latin-1")), (*header, "schema"))
            elif node.get("content"):
                media = next(iter(node["content"]))
                if _is_json(media.partition(";")[0].strip().lower()) and "schema" in node["content"][media]:
                    value = json.loads(raw.decode("latin-1"))
                    yield from self._header_value(name, [value], (*header, "content", media, "schema"))

    def _header_value(self, name: str, readings: Sequence[Any], schema: Path) -> Iterable[str]:
        reasons = [self._schemas.errors(schema, value) for value in readings]
        if all(reasons):
            yield from (f"header {name}: {reason}" for reason in reasons[0])

    def _body(self, reply: Reply, path: Path, content: Mapping[str, Any]) -> Iterable[str]:
        if reply.status in _WITHOUT_CONTENT or not content:
            if reply.body:
                yield f"status {reply.status} has a body where none is declared"
            return
        media_type = (reply.header(b"content-type") or b"").decode("latin-1").partition(";")[0].strip().lower()
        if not media_type:
            yield "there is no Content-Type"
            return
        key = _declared_media(media_type, content)
        if key is None:
            yield f"the media type {media_type} is not declared for status {reply.status}"
            return
        declared = self._schemas.follow((*path, "content", key))
        if isinstance(reply, StreamReply):
            self._watch(reply, media_type, declared)
        elif media_type.endswith(("/xml", "+xml")):
            yield from _xml_faults(reply.body)
        elif "schema" in self._schemas.node(declared) and _is_json(media_type):
            yield from self._json(reply.body, media_type, (*declared, "schema"))

    def _watch(self, reply: StreamReply, media_type: str, media: Path) -> None:
        """Let a stream of values break off at the first that the contract does not declare."""
        node = self._schemas.node(media)
        if not is_watchable(media_type) or not {"schema", "itemSchema"} & node.keys():
            return
        item = (*media, "itemSchema")
        if "itemSchema" not in node:
            item = self._schemas.follow((*media, "schema"))
            whole = self._schemas.node(item)
            if whole.get("type") == "array" or "items" in whole:
                item = (*item, "items")
                if "items" not in whole:
                    return
        names = self._schemas.properties(item)
        reply.chunks = watched(
            reply.chunks,
            media_type,
            lambda value: self._schemas.errors(item, value),
            whole_events="data" in names and names <= EVENT_FIELDS,
        )

    def _json(self, body: bytes, media_type: str, schema: Path) -> Iterable[str]:
        try:
            value = json.loads(body, parse_constant=_refuse_constant)
        except ValueError as error:
            yield f"the body is not JSON: {error}"
            return
        if media_type == PROBLEM_JSON and isinstance(value, dict):
            types = self._schemas.constants(schema, "type")
            if types and value.get("type") not in types:
                yield f"the problem {value.get('type')!r} is not declared here, only {', '.join(map(str, types))}"
                return
        yield from self._schemas.errors(schema, value)


def _xml_faults(body: bytes) -> Iterable[str]:
    try:
        check_xml(body)
    except XmlError as error:
        yield str(error)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _is_json(media_type: str) -> bool:
    return media_type == "application/json" or media_type.endswith("+json")


def _declared_media(media_type: str, content: Mapping[str, Any]) -> str | None:
    """The declared name or range that fits best."""
    fitting = [name for name in content if media_matches(name, media_type)]
    return min(fitting, key=lambda name: name.count("*"), default=None)


def _readings(name: str, text: str) -> Sequence[Any]:
    """What a header value may stand for: the schema decides which reading it means."""
    readings: list[Any] = [text, _scalar(text)]
    parts = [part.strip() for part in text.split(",")]
    typed = [_scalar(part) for part in parts]
    readings += [parts, typed]
    if len(parts) % 2 == 0:
        readings.append(dict(zip(parts[::2], typed[1::2], strict=True)))
    if all("=" in part for part in parts):
        readings.append({key: _scalar(value) for key, _, value in (part.partition("=") for part in parts)})
    if name.lower() in _TIMES:
        with suppress(ValueError):
            readings.append(parsedate_to_datetime(text).isoformat())
    return readings


def _scalar(text: str) -> Any:
    if _NUMBER.fullmatch(text):
        return json.loads(text)
    return text == "true" if text in ("true", "false") else text
