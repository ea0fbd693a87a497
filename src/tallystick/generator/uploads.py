"""Which strings of multipart bodies are files. They are marked in the normalised document by a format of our own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tallystick.generator.kinds import PLAIN_UPLOAD, UPLOAD, Schemas, parts_of
from tallystick.generator.media import base_name, is_json, is_multipart, is_xml
from tallystick.spec.grammar import Kind, walk
from tallystick.spec.nodes import Object

_SIZES = ("minLength", "maxLength")
_TEXT_ONLY = ("pattern", "contentEncoding", "contentMediaType")


def mark_uploads(document: Object) -> None:
    """Mark every file of every multipart body of a normalised document."""
    schemas: Mapping[str, Object] = document.get("components", {}).get("schemas", {})
    for place in walk(document):
        if place.kind is not Kind.REQUEST_BODY or not isinstance(place.node, Object):
            continue
        for name, media in (place.node.get("content") or {}).items():
            if is_multipart(base_name(name)):
                for node in _files(media, schemas):
                    _mark(node)


def _files(media: Object, schemas: Schemas) -> Iterator[Any]:
    encodings = media.get("encoding") or {}
    for part in parts_of(media.get("schema"), schemas):
        for name, schema in part.get("properties", {}).items():
            yield from _marked(schema, schemas, encodings.get(name, {}))
        if isinstance(part.get("items"), dict):
            # A list of parts without names.
            yield from _marked(part["items"], schemas, media.get("itemEncoding") or {})


def _marked(schema: Any, schemas: Schemas, encoding: Mapping[str, Any]) -> Iterator[Any]:
    content_types = [base_name(one) for one in str(encoding.get("contentType", "")).split(",")]
    for node in _values(schema, schemas):
        if isinstance(node, Object) and _is_file(node, content_types):
            yield node


def _values(schema: Any, schemas: Schemas) -> Iterator[Any]:
    """A property's schema, or that of its items; alternatives one by one."""
    for node in parts_of(schema, schemas):
        if isinstance(node.get("items"), dict):
            yield from parts_of(node["items"], schemas)
        else:
            yield node


def _is_file(node: Object, content_types: list[str]) -> bool:
    types = node.get("type", "string")
    if "string" not in (types if isinstance(types, list) else [types]) or "enum" in node or "const" in node:
        return False
    if "binary" in (node.get("format"), node.get("contentEncoding")):
        return True
    if "contentEncoding" in node or "format" in node:
        return False
    media_types = [base_name(str(node["contentMediaType"]))] if "contentMediaType" in node else content_types
    if "type" not in node and not any(media_types):
        # OpenAPI 3.1: without a type the part is application/octet-stream.
        return not (node.keys() - {"description", "title", "contentMediaType"})
    return any(media_types) and not any(map(_is_text, media_types))


def _is_text(name: str) -> bool:
    return name.startswith("text/") or is_json(name) or is_xml(name)


def _mark(node: Object) -> None:
    node.setdefault("type", "string")
    if "format" not in node and node.get("contentEncoding") == "binary":
        # OpenAPI 3.1 writes a file like this, JSON Schema a string: who reads it so sends no filename.
        node[PLAIN_UPLOAD] = True
    node["format"] = UPLOAD
    for key in _TEXT_ONLY:
        node.pop(key, None)
    for key in _SIZES:
        # The text that stands for a file has a length of its own.
        if key in node:
            node[f"x-{key}"] = node.pop(key)
