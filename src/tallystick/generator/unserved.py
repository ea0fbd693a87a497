"""What a contract says that no generated code carries out yet: said aloud, with its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tallystick.generator.kinds import kind_of
from tallystick.generator.media import EVENTS, FORM, base_name, is_json, is_lines, is_multipart, is_xml
from tallystick.spec.errors import Diagnostic, Position, Severity
from tallystick.spec.grammar import Kind, walk
from tallystick.spec.nodes import Object, key_position, position_of
from tallystick.spec.pointers import child


def unserved(bundled: Object) -> Iterator[Diagnostic]:
    """One warning for each construct."""
    for place in walk(bundled):
        node: Any = place.node
        if not isinstance(node, Object):
            continue
        is_sent = place.pointer.startswith(("/webhooks/", "/components/callbacks/")) or "/callbacks/" in place.pointer
        if place.kind is Kind.REQUEST_BODY:
            yield from (_unwritten if is_sent else _unread)(node, place.pointer, bundled)
        elif place.kind is Kind.PARAMETER and is_sent and node.get("in") == "path":
            what = f"the path parameter {node.get('name')} is not put into the URL that is sent to"
            yield _warning(what, position_of(node), place.pointer, "the application does, before it sends")
        elif place.kind is Kind.RESPONSE and is_sent:
            continue
        elif place.kind is Kind.RESPONSE and place.key not in ("204", "304"):
            yield from _unwritten_answers(node, place.pointer, bundled)
        elif place.kind is Kind.RESPONSE and node.get("content"):
            what = f"the content of an answer with status {place.key} is not sent: HTTP gives it none"
            yield _warning(what, key_position(node, "content"), place.pointer, "leave it out, or choose another status")
        elif place.kind is Kind.CALLBACK:
            for url in node:
                if "$" not in url and "://" not in url and not url.startswith("x-"):
                    what = f"{url} says nothing of where the callback is sent to"
                    where = child(place.pointer, url)
                    yield _warning(
                        what, key_position(node, url), where, "write {$request.body#/...}, or send it to a URL"
                    )


def _unwritten(body: Object, pointer: str, bundled: Object) -> Iterator[Diagnostic]:
    """Media types of what is sent that the application writes itself."""
    content = body.get("content") or {}
    for name, media in content.items():
        base = base_name(name)
        kind = kind_of(media.get("schema"), bundled.get("components", {}).get("schemas", {}))
        if kind in ("array", "object") and not (is_json(base) or base == FORM):
            what = f"a payload in {name} is not written by its schema: it is sent as it is given"
            where = child(pointer, "content", name)
            yield _warning(what, key_position(content, name), where, "write it by hand, or send JSON")


def _unread(body: Object, pointer: str, bundled: Object) -> Iterator[Diagnostic]:
    """Media types whose bytes reach handlers as they are, although the contract says what stands in them."""
    content = body.get("content") or {}
    for name, media in content.items():
        base = base_name(name)
        if is_json(base) or is_xml(base) or is_lines(base) or base == FORM or is_multipart(base):
            continue
        kind = kind_of(media.get("schema"), bundled.get("components", {}).get("schemas", {}))
        is_text = base.startswith("text/")
        if kind in ("array", "object") or (kind != "string" and not is_text):
            what = f"a body in {name} is not read by its schema: handlers get {'text' if is_text else 'the bytes'}"
            where = child(pointer, "content", name)
            yield _warning(what, key_position(content, name), where, "read it in the handler, or offer it in JSON")


def _unwritten_answers(response: Object, pointer: str, bundled: Object) -> Iterator[Diagnostic]:
    """Media types in which handlers give text or bytes, although the contract says what stands in them."""
    content = response.get("content") or {}
    for name, media in content.items():
        base = base_name(name)
        if is_json(base) or is_xml(base) or is_lines(base) or base == EVENTS:
            continue
        if kind_of(media.get("schema"), bundled.get("components", {}).get("schemas", {})) in ("array", "object"):
            given = "text" if base.startswith("text/") else "bytes"
            what = f"an answer in {name} is not written by its schema: handlers give {given}"
            where = child(pointer, "content", name)
            yield _warning(what, key_position(content, name), where, "write it in the handler, or offer it in JSON")


def _warning(message: str, position: Position | None, pointer: str, hint: str) -> Diagnostic:
    return Diagnostic("not-carried-out", message, position, pointer, hint, Severity.WARNING)
