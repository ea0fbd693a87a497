"""Declared answers, filled: status, headers and body of each."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping, Set
from typing import Any
from urllib.parse import urlencode

from tallystick.generator.media import base_name, is_xml
from tallystick.mock.document import Declared, MockDocument
from tallystick.mock.values import Maker, Unmakeable
from tallystick.runtime.call import Call
from tallystick.runtime.events import frame
from tallystick.runtime.negotiation import choose_media
from tallystick.runtime.operation import Operation
from tallystick.runtime.pointers import pointer_to
from tallystick.runtime.reply import Headers, Reply
from tallystick.runtime.schemas import Path
from tallystick.runtime.types.digits import finished
from tallystick.runtime.watch import EVENT_FIELDS
from tallystick.spec.xml_writing import write_xml

log = logging.getLogger(__name__)

NO_BODY = object()
_BODYLESS = (204, 205, 304)


class Answers:
    """Fills the answers that a contract declares: from its examples, else with made values."""

    def __init__(self, document: MockDocument, seed: int = 0) -> None:
        self._document = document
        self._maker = Maker(document.schemas, seed)
        self._examples: dict[Path, dict[str, Any]] = {}
        self._made: dict[tuple[Path, str], Any] = {}

    def success(self, operation: Operation) -> tuple[int, Declared] | None:
        """The status that an operation answers with when all is well."""
        declared = self._document.responses(operation)
        for key, one in declared.items():
            if key[0] == "2":
                return (int(key) if key.isdigit() else 200), one
        for key, one in declared.items():
            if key == "default" or key[0] in "13":
                return (int(key) if key.isdigit() else 200 if key == "default" else int(key[0]) * 100), one
        return None

    def media_type(self, call: Call, declared: Declared) -> str | None:
        """The media type of the body that the caller likes best."""
        offered = tuple(declared.content)
        if not offered:
            return None
        accept = call.header("accept")
        chosen = choose_media(accept, offered) if accept else None
        return chosen or offered[0]

    def value(self, declared: Declared, media_type: str | None, key: str, example: str | None = None) -> Any:
        """What the body says: the named example, the first valid one, else a made value."""
        if media_type is None:
            return NO_BODY
        path = (*declared.path, "content", media_type)
        examples = self._valid_examples(path)
        if example is not None and example in examples:
            return examples[example]
        if examples:
            return next(iter(examples.values()))
        if "itemSchema" in declared.content[media_type]:
            return [self._make((*path, "itemSchema"), key)]
        if "schema" in declared.content[media_type]:
            return self._make((*path, "schema"), key)
        return {} if media_type.endswith("json") else "mock"

    def has_example(self, declared: Declared, media_type: str | None, name: str | None) -> bool:
        """Whether there is a valid example of this name."""
        if name is None or media_type is None:
            return False
        return name in self._valid_examples((*declared.path, "content", media_type))

    def another(self, declared: Declared, media_type: str, key: str) -> Any:
        """A made value, whatever examples there are; another key, another value. None if the schema is not told."""
        path = (*declared.path, "content", media_type)
        return self._make((*path, "schema"), key) if "schema" in declared.content[media_type] else None

    def reply(self, status: int, declared: Declared, media_type: str | None, value: Any, key: str) -> Reply:
        """The answer as it is sent."""
        headers = list(self._headers(declared, key))
        if media_type is None or value is NO_BODY or status in _BODYLESS:
            return Reply(status, headers)
        sent = media_type.replace("*/*", "application/octet-stream").replace("/*", "/plain")
        schema = declared.content[media_type].get("schema")
        if not isinstance(value, str) and is_xml(base_name(sent)):
            body = write_xml(value, schema, self._document.merged).encode("utf-8", "replace")
        else:
            body = _written(sent, value)
        return Reply(status, [(b"content-type", sent.encode("latin-1")), *headers], body)

    def breaks(self, declared: Declared, media_type: str | None, value: Any) -> bool:
        """Whether a body would not be what the contract declares."""
        if media_type is None or "schema" not in declared.content[media_type]:
            return False
        return bool(self._document.schemas.errors((*declared.path, "content", media_type, "schema"), value))

    def _make(self, path: Path, key: str) -> Any:
        if (path, key) not in self._made:
            if len(self._made) > 10_000:
                self._made.clear()
            try:
                self._made[path, key] = self._maker.make(path, key)
            except Unmakeable as failed:
                if not any(known == path for known, _ in self._made):
                    log.warning("no value found for %s: %s", pointer_to(*path), failed)
                self._made[path, key] = failed.nearest
        return self._made[path, key]

    def _valid_examples(self, path: Path) -> dict[str, Any]:
        """The declared examples of a media type or header that satisfy its schema, by name."""
        if path not in self._examples:
            node = self._document.schemas.node(path)
            schema = node.get("schema", True)
            shown = {
                name: self._document.without_write_only(value, schema) for name, value in self._declared_examples(path)
            }
            self._examples[path] = {
                name: value
                for name, value in shown.items()
                if schema is True or not self._document.schemas.errors((*path, "schema"), value)
            }
        return self._examples[path]

    def _declared_examples(self, path: Path) -> Iterator[tuple[str, Any]]:
        node = self._document.schemas.node(path)
        if "example" in node:
            yield "", node["example"]
        for name in node.get("examples") or {}:
            example = self._document.schemas.node(self._document.schemas.follow((*path, "examples", name)))
            if "value" in example:
                yield name, example["value"]
            elif "dataValue" in example:
                yield name, example["dataValue"]
            elif "serializedValue" in example:
                yield name, _unserialised(str(path[-1]), str(example["serializedValue"]))

    def _headers(self, declared: Declared, key: str) -> Headers:
        found: Headers = []
        for name in declared.node.get("headers") or {}:
            if name.lower() == "content-type":
                continue
            path = self._document.schemas.follow((*declared.path, "headers", name))
            value = self._header(path, key)
            if value is not NO_BODY:
                found.append((name.lower().encode("latin-1"), _field(value)))
        return found

    def required_headers(
        self, operation: Operation, status: int, present: Set[str], known: Mapping[str, str]
    ) -> Headers:
        """The headers an answer of this status must have and does not; `known` values are taken where they fit."""
        declared = self._document.response(operation, status)
        found: Headers = []
        if declared is None:
            return found
        for name in declared.node.get("headers") or {}:
            lower = name.lower()
            path = self._document.schemas.follow((*declared.path, "headers", name))
            node = self._document.schemas.node(path)
            if lower in present or lower == "content-type" or node.get("required") is not True:
                continue
            value: Any = known.get(lower, NO_BODY)
            if value is NO_BODY or self._document.schemas.errors((*path, "schema"), value):
                value = self._header(path, operation.id)
            found.append((lower.encode("latin-1"), _field(value)))
        return found

    def _header(self, path: Path, key: str) -> Any:
        examples = self._valid_examples(path)
        if examples:
            return next(iter(examples.values()))
        return self._make((*path, "schema"), key) if "schema" in self._document.schemas.node(path) else "mock"


def fingerprint(operation: Operation, call: Call) -> str:
    """What made values depend on: the same request gets the same answer."""
    digest = hashlib.sha256(f"{operation.id}\n{sorted(call.path_values.items())}\n".encode("utf-8", "replace"))
    digest.update(call.query_string)
    return digest.hexdigest()[:16]


def _written(media_type: str, value: Any) -> bytes:
    name = media_type.partition(";")[0].strip().lower()
    if name == "application/json" or name.endswith("+json"):
        return finished(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"), value)
    if name == "application/x-www-form-urlencoded" and isinstance(value, dict):
        return urlencode(value, doseq=True).encode()
    if name in ("application/x-ndjson", "application/jsonl", "application/json-seq"):
        rows = value if isinstance(value, list) else [value]
        start = b"\x1e" if name == "application/json-seq" else b""
        return b"".join(start + json.dumps(row).encode() + b"\n" for row in rows)
    if name == "text/event-stream" and not isinstance(value, str):
        rows = value if isinstance(value, list) else [value]
        return b"".join(map(_event, rows))
    return value.encode("utf-8", "replace") if isinstance(value, str) else json.dumps(value).encode()


def _event(value: Any) -> bytes:
    """An event as its value describes it: with all its fields, or only by its data."""
    if not (isinstance(value, dict) and "data" in value and value.keys() <= EVENT_FIELDS):
        return frame(value if isinstance(value, str) else json.dumps(value))
    data = value["data"]
    fields = (value.get(name) for name in ("event", "id", "retry"))
    try:
        return frame(data if isinstance(data, str) else json.dumps(data), *fields)
    except ValueError:
        return frame(json.dumps(data))


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _field(value: Any) -> bytes:
    """A header field value, in style `simple`."""
    if isinstance(value, list):
        text = ",".join(map(_scalar, value))
    elif isinstance(value, Mapping):
        text = ",".join(f"{key},{_scalar(one)}" for key, one in value.items())
    else:
        text = _scalar(value)
    clean = "".join(c if c.isprintable() else "?" for c in text)
    return clean.encode("latin-1", "replace")


def _unserialised(media_type: str, text: str) -> Any:
    """The value of an example that is given as it travels; what is not JSON travels as it is."""
    base = media_type.partition(";")[0].strip().lower()
    if not base.endswith(("/json", "+json")):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
