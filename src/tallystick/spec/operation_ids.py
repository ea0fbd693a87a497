"""Names for operations that have none: derived from method and path, so that they stay the same."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from tallystick.spec.grammar import operations_of
from tallystick.spec.names import method_name, words
from tallystick.spec.nodes import Object

_SECTIONS = ("paths", "webhooks")
_DIGITS = 6


class Found(NamedTuple):
    """An operation of a path or webhook, with the keys that lead to it from there."""

    section: str
    path: str
    method: str
    keys: tuple[str, ...]
    operation: Object
    item: Object


def operations(document: Object) -> Iterator[Found]:
    """The operations of paths, then those of webhooks, as they are written."""
    for section in _SECTIONS:
        for path, item in (document.get(section) or {}).items():
            if isinstance(item, Object):
                for method, keys, operation in operations_of(item):
                    yield Found(section, path, method, keys, operation, item)


def operation_id(method: str, path: str) -> str:
    """The operationId of an operation that has none: `get /items/{item_id}` -> getItemsByItemId."""
    parts: list[str] = [method.lower()]
    for segment in path.split("/"):
        if segment.startswith("{") and segment.endswith("}"):
            parts.append("By" + "".join(word.capitalize() for word in words(segment)))
        elif segment:
            parts.append("".join(word.capitalize() for word in words(segment)))
    return "".join(parts)


def derived_ids(document: Object) -> dict[int, str]:
    """The derived ids of operations without one, by the identity of the operation.

    Where two would be the same (`/a-b` and `/a/b`), or one is an id that the contract gives, digits of the path's
    digest tell them apart.
    """
    found = list(operations(document))
    given = [str(one.operation["operationId"]) for one in found if one.operation.get("operationId")]
    plain = [(one, _plain(one)) for one in found if not one.operation.get("operationId")]
    uses = Counter(map(method_name, [*given, *(name for _, name in plain)]))
    return {
        id(one.operation): name if uses[method_name(name)] == 1 else name + _digest(one.path) for one, name in plain
    }


def _plain(found: Found) -> str:
    name = operation_id(found.method, found.path)
    return f"{name}Webhook" if found.section == "webhooks" else name


def _digest(path: str) -> str:
    return hashlib.sha256(path.encode("utf-8")).hexdigest()[:_DIGITS]
