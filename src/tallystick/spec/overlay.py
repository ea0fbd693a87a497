"""Overlays carried out on a bundle (OpenAPI Overlay Specification 1.0.0 and 1.1.0).

Actions see the whole contract as one document, whatever files it was read from, and refer to it by `#/...`. Objects
are merged key by key; lists are joined, also within objects, as version 1.1 makes clear; a value that is no list is
one element more. What an overlay brings keeps its place in the overlay's file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from jsonpath_rfc9535 import JSONPathError, JSONPathNode, JSONPathQuery

from tallystick.spec.edits import append, put, remove
from tallystick.spec.errors import ContractError, Diagnostic, Severity, has_errors
from tallystick.spec.grammar import walk
from tallystick.spec.limits import MAX_ADDED_NODES, MAX_DEPTH, MAX_MATCHES
from tallystick.spec.nodes import Array, Key, Object, copy_value, position_of
from tallystick.spec.overlay_file import Action, Overlay, read_overlay
from tallystick.spec.rules.references import check_cycles, check_references

Location = tuple[Key, ...]


def apply_overlays(bundled: Object, overlays: Iterable[Path], contract: Path) -> list[Diagnostic]:
    """Changes the bundle of `contract` by each overlay in turn; answers with what is worth a warning.

    Raises:
        ContractError: an overlay cannot be read or carried out; a reference leads nowhere afterwards.
    """
    found: list[Diagnostic] = []
    files = [read_overlay(path, contract) for path in overlays]
    for overlay in files:
        found += overlay.warnings
        found += _Application(bundled, overlay).apply()
    if files:
        places = list(walk(bundled))
        found += [*check_references(bundled, places), *check_cycles(bundled, places)]
    if has_errors(found):
        raise ContractError(found)
    return found


class _Refused(Exception):
    """An action that cannot be carried out on a node."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class _Application:
    """One overlay on its way through a document."""

    def __init__(self, root: Object, overlay: Overlay) -> None:
        self._root = root
        self._overlay = overlay
        self._added = 0

    def apply(self) -> Iterator[Diagnostic]:
        for action in self._overlay.actions:
            field = next((each for each in ("remove", "update", "copy") if action.node.get(each)), "update")
            try:
                locations = self._select(action.target)
                if not locations:
                    message = f"{action.node['target']} matches nothing"
                    hint = "correct the path, or remove the action"
                    yield self._finding(action, "target", "overlay-target", message, hint, Severity.WARNING)
                elif action.node.get("remove") is True:
                    self._remove(locations)
                elif "update" in action.node or action.copy is not None:
                    self._update(action, locations)
            except _Refused as problem:
                field = "target" if field == "remove" else field
                yield self._finding(action, field, "overlay-action", problem.message, problem.hint)
                return

    def _finding(
        self, action: Action, field: str, rule: str, message: str, hint: str, severity: Severity = Severity.ERROR
    ) -> Diagnostic:
        where = position_of(action.node, field)
        return Diagnostic(rule, message, where, f"{action.pointer}/{field}", hint, severity)

    def _select(self, query: JSONPathQuery) -> list[Location]:
        """Where the nodes stand, each once, in the order of the document."""
        try:
            nodes: list[JSONPathNode] = list(islice(query.finditer(self._root), MAX_MATCHES + 1))
        except (JSONPathError, RecursionError) as error:
            raise _Refused("the path cannot be evaluated", "name the nodes by fewer steps") from error
        if len(nodes) > MAX_MATCHES:
            raise _Refused(f"the path matches more than {MAX_MATCHES} nodes", "name fewer nodes")
        return list(dict.fromkeys(tuple(node.location) for node in nodes))

    def _remove(self, locations: list[Location]) -> None:
        """What stands deeper or further back goes first, so that the other places stay as they are."""
        for location in sorted(locations, key=_depth_and_index, reverse=True):
            if not location:
                raise _Refused("the whole document cannot be removed", "name a part of it")
            if not self._overlay.updates_primitives and not isinstance(self._at(location), Object | Array):
                raise _Refused(f"{_shown(location)} is neither object nor array", "overlay 1.1.0 can remove it")
            remove(self._at(location[:-1]), location[-1])

    def _update(self, action: Action, locations: list[Location]) -> None:
        source, name = (action.node, "update") if action.copy is None else self._copied(action.copy)
        size, height = _measure(source[name])
        for location in locations:
            self._added += size
            if self._added > MAX_ADDED_NODES:
                raise _Refused(f"the overlay adds more than {MAX_ADDED_NODES} nodes", "name fewer nodes")
            if len(location) + height > MAX_DEPTH:
                raise _Refused(f"more than {MAX_DEPTH} levels of nesting", "flatten the structure")
            self._change(location, source, name)

    def _copied(self, query: JSONPathQuery) -> tuple[Any, Any]:
        """A holder of the value as it is before the action, and the key to it."""
        locations = self._select(query)
        if len(locations) != 1 or not locations[0]:
            message = f"copy has to name one node below the top, and this names {len(locations)}"
            raise _Refused(message, "make the path more exact")
        holder, key = self._at(locations[0][:-1]), locations[0][-1]
        kept: Any = Object(marks=holder.marks)
        kept[key] = copy_value(holder[key])
        return kept, key

    def _change(self, location: Location, source: Any, name: Key) -> None:
        target, value = self._at(location), source[name]
        if isinstance(target, Array):
            _extend(target, source, name)
        elif isinstance(target, Object):
            if not isinstance(value, Object):
                raise _Refused(f"{_shown(location)} is an object, and the update is none", "write an object here")
            _merge(target, value, location)
        elif not self._overlay.updates_primitives:
            hint = "target the object that holds it, and update the key"
            raise _Refused(f"{_shown(location)} is neither object nor array", hint)
        elif isinstance(value, Object | Array):
            raise _Refused(f"{_shown(location)} is a single value, and the update is none", "write a single value here")
        else:
            put(self._at(location[:-1]), location[-1], source, name)

    def _at(self, location: Location) -> Any:
        node: Any = self._root
        for key in location:
            node = node[key]
        return node


def _merge(target: Object, update: Object, location: Location) -> None:
    for key, value in update.items():
        present = target.get(key)
        if isinstance(present, Object) and isinstance(value, Object):
            _merge(present, value, (*location, key))
        elif isinstance(present, Array) and isinstance(value, Array):
            _extend(present, update, key)
        elif key in target and (isinstance(present, Object | Array) or isinstance(value, Object | Array)):
            message = f"{_shown((*location, key))} is of another kind than the update"
            raise _Refused(message, "remove it in an action before this one")
        else:
            put(target, key, update, key)


def _extend(target: Array, source: Any, name: Key) -> None:
    value = source[name]
    if isinstance(value, Array):
        for index in range(len(value)):
            append(target, value, index)
    else:
        append(target, source, name)


def _depth_and_index(location: Location) -> tuple[int, int]:
    last = location[-1] if location else 0
    return len(location), last if isinstance(last, int) else 0


def _measure(value: Any) -> tuple[int, int]:
    """How many nodes a value has, and how deep they are nested."""
    size, height = 0, 0
    level = [value]
    while level:
        size += len(level)
        height += 1
        containers = [each for each in level if isinstance(each, dict | list)]
        level = [one for each in containers for one in (each.values() if isinstance(each, dict) else each)]
    return size, height


def _shown(location: Location) -> str:
    return "$" + "".join(f"[{key!r}]" for key in location)
