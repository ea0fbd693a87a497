"""What a contract says that no generated code carries out yet: said aloud, with its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tallystick.generator.kinds import kind_of
from tallystick.generator.media import FORM, base_name, is_json, is_multipart, is_xml
from tallystick.spec.errors import Diagnostic, Position, Severity
from tallystick.spec.grammar import Kind, walk
from tallystick.spec.nodes import Object, key_position
from tallystick.spec.pointers import child


def unserved(bundled: Object) -> Iterator[Diagnostic]:
    """One warning for each construct."""
    for name in bundled.get("webhooks") or ():
        what = f"the webhook {name} has payload models, but no sender"
        yield _warning(what, key_position(bundled["webhooks"], name), child("/webhooks", name), "send it by hand")
    for place in walk(bundled):
        node: Any = place.node
        if place.kind is Kind.REQUEST_BODY and isinstance(node, Object):
            yield from _unread(node, place.pointer, bundled)
        if place.kind is Kind.OPERATION and isinstance(node, Object):
            for name in node.get("callbacks") or ():
                what = f"the callback {name} has payload models, but no sender"
                where = child(place.pointer, "callbacks", name)
                yield _warning(what, key_position(node["callbacks"], name), where, "send it by hand")


def _unread(body: Object, pointer: str, bundled: Object) -> Iterator[Diagnostic]:
    """Media types whose bytes reach handlers as they are, although the contract says what stands in them."""
    content = body.get("content") or {}
    for name, media in content.items():
        base = base_name(name)
        if is_json(base) or is_xml(base) or base == FORM or is_multipart(base):
            continue
        kind = kind_of(media.get("schema"), bundled.get("components", {}).get("schemas", {}))
        is_text = base.startswith("text/")
        if kind in ("array", "object") or (kind != "string" and not is_text):
            what = f"a body in {name} is not read by its schema: handlers get {'text' if is_text else 'the bytes'}"
            where = child(pointer, "content", name)
            yield _warning(what, key_position(content, name), where, "read it in the handler, or offer it in JSON")


def _warning(message: str, position: Position | None, pointer: str, hint: str) -> Diagnostic:
    return Diagnostic("not-carried-out", message, position, pointer, hint, Severity.WARNING)
