"""What a contract says that no generated code carries out yet: said aloud, with its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from tallystick.spec.errors import Diagnostic, Position, Severity
from tallystick.spec.grammar import Kind, walk
from tallystick.spec.nodes import Object, key_position
from tallystick.spec.pointers import child


def unserved(bundled: Object) -> Iterator[Diagnostic]:
    """One warning for each construct."""
    for index, server in enumerate(bundled.get("servers") or ()):
        path = urlsplit(str(server.get("url", ""))).path.rstrip("/")
        if path:
            what = f"the base path {path} of the server is not part of the served paths"
            hint = f"mount the application under {path}, or write it into the paths"
            yield _warning(what, key_position(server, "url"), child("/servers", index), hint)
    for name in bundled.get("webhooks") or ():
        what = f"the webhook {name} has payload models, but no sender"
        yield _warning(what, key_position(bundled["webhooks"], name), child("/webhooks", name), "send it by hand")
    for place in walk(bundled):
        node: Any = place.node
        if place.kind is Kind.OPERATION and isinstance(node, Object):
            for name in node.get("callbacks") or ():
                what = f"the callback {name} has payload models, but no sender"
                where = child(place.pointer, "callbacks", name)
                yield _warning(what, key_position(node["callbacks"], name), where, "send it by hand")


def _warning(message: str, position: Position | None, pointer: str, hint: str) -> Diagnostic:
    return Diagnostic("not-carried-out", message, position, pointer, hint, Severity.WARNING)
