"""Extensions: each is known, stands where it works, and has a value that can be carried out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs

from tallystick.checks.lint.findings import Finding, at_key, at_value, rule
from tallystick.checks.lint.view import View, items, mapping
from tallystick.spec.grammar import Kind
from tallystick.spec.pointers import child

_NAMES = {
    Kind.DOCUMENT: "document",
    Kind.PATH_ITEM: "path",
    Kind.OPERATION: "operation",
    Kind.PARAMETER: "parameter",
}
_PLACES = "x-appears-on"


def _used(view: View) -> Iterator[tuple[Mapping[str, Any], str, str, str]]:
    """Every extension: the object that has it, the pointer to that, the kind of object, the name."""
    holders = [(each.node, each.pointer, _NAMES.get(each.kind, each.kind.value)) for each in view.places]
    info = view.bundled.get("info")
    holders += [(info, "/info", "info"), (view.bundled.get("paths"), "/paths", "paths")]
    for key in ("tags", "servers"):
        holders += [(each, child("", key, index), key) for index, each in enumerate(items(view.bundled.get(key)))]
    seen: set[int] = set()
    for node, pointer, kind in holders:
        if id(node) not in seen:
            seen.add(id(node))
            yield from ((node, pointer, kind, name) for name in mapping(node) if name.startswith("x-"))


def _validator(schema: Any) -> Any:
    # The validator takes schemas as plain data only.
    return jsonschema_rs.validator_for(json.loads(json.dumps(schema)))


@rule("unknown-extension")
def unknown_extension(view: View) -> Iterator[Finding]:
    known = mapping(mapping(view.extensions).get("properties"))
    if view.extensions is None:
        return
    for node, pointer, _, name in _used(view):
        if name not in known:
            hint = f"known are: {', '.join(known)}"
            yield at_key(node, name, pointer, f"the extension {name} does nothing", hint)


@rule("invalid-extension")
def invalid_extension(view: View) -> Iterator[Finding]:
    known = mapping(mapping(view.extensions).get("properties"))
    for node, pointer, kind, name in _used(view):
        if name not in known:
            continue
        places = items(known[name].get(_PLACES))
        if kind not in places:
            message = f"the extension {name} does nothing on: {kind}"
            yield at_key(node, name, pointer, message, f"it works on: {', '.join(map(str, places))}")
            continue
        for error in _validator(known[name]).iter_errors(node[name]):
            yield at_value(node, name, pointer, f"{name}: {error.message}", "see extensions.schema.json")
