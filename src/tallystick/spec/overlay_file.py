"""An overlay as it stands in its file (OpenAPI Overlay Specification 1.0.0 and 1.1.0)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError, JSONPathQuery

from tallystick.spec.errors import ContractError, Diagnostic, Severity, has_errors
from tallystick.spec.limits import MAX_DEPTH
from tallystick.spec.loader import display_name, parse
from tallystick.spec.nodes import Object, key_position, position_of
from tallystick.spec.pointers import child

_VERSION = re.compile(r"1\.[01]\.[0-9]+")
_ROOT = {"overlay": str, "info": dict, "actions": list}
_INFO = {"title": str, "version": str}
_ACTION = {"target": str}
_OPTIONAL: Mapping[str, type] = {"description": str, "extends": str, "remove": bool, "copy": str}
_KINDS = {str: "text", dict: "an object", list: "an array", bool: "true or false"}
_CHANGES = ("update", "remove", "copy")


_PATHS = JSONPathEnvironment()
_PATHS.max_recursion_depth = MAX_DEPTH + 1


@dataclass(frozen=True, slots=True)
class Action:
    """One change: `node` is the action as written, `target` what it changes, `copy` where it takes its value from."""

    node: Object
    pointer: str
    target: JSONPathQuery
    copy: JSONPathQuery | None


@dataclass(frozen=True, slots=True)
class Overlay:
    """Changes in their order; `updates_primitives` from version 1.1 on."""

    path: Path
    node: Object
    actions: tuple[Action, ...]
    warnings: tuple[Diagnostic, ...]
    updates_primitives: bool


def read_overlay(path: Path, contract: Path) -> Overlay:
    """One overlay file, meant for the contract whose entry is `contract`. Raises ContractError with all problems."""
    root = parse(path, display_name(path))
    found = [*_check_root(root), *_check_extends(root, path, contract)]
    actions = []
    written = root.get("actions")
    for index, node in enumerate(written if isinstance(written, list) else ()):
        pointer = child("/actions", index)
        problems = list(_check_action(root, node, index))
        queries: dict[str, JSONPathQuery] = {}
        if isinstance(node, Object):
            for field in [field for field in ("target", "copy") if isinstance(node.get(field), str)]:
                query = _query(node, field, pointer)
                if isinstance(query, Diagnostic):
                    problems.append(query)
                else:
                    queries[field] = query
            if not has_errors(problems):
                actions.append(Action(node, pointer, queries["target"], queries.get("copy")))
        found += problems
    if has_errors(found):
        raise ContractError(found)
    return Overlay(path, root, tuple(actions), tuple(found), not str(root["overlay"]).startswith("1.0."))


def _check_root(root: Object) -> Iterator[Diagnostic]:
    version = root.get("overlay")
    if isinstance(version, str) and not _VERSION.fullmatch(version):
        where, hint = position_of(root, "overlay"), "supported are 1.0.x and 1.1.x, written in full like 1.0.0"
        yield Diagnostic("overlay-version", f'"{version}" is no supported version of overlays', where, "/overlay", hint)
    yield from _check_fields(root, "", _ROOT, {"extends"})
    info = root.get("info")
    if isinstance(info, Object):
        yield from _check_fields(info, "/info", _INFO, {"description"})
    if root.get("actions") == []:
        where = position_of(root, "actions")
        yield Diagnostic("overlay-structure", "there is no action", where, "/actions", "an overlay has at least one")


def _check_action(root: Object, node: Any, index: int) -> Iterator[Diagnostic]:
    pointer = child("/actions", index)
    if not isinstance(node, Object):
        where = position_of(root["actions"], index)
        yield Diagnostic("overlay-structure", "an action has to be an object", where, pointer, "give it a `target`")
        return
    newer = {"copy"} if not str(root.get("overlay")).startswith("1.0.") else set()
    yield from _check_fields(node, pointer, _ACTION, {"description", "update", "remove"} | newer)
    asked = [field for field in _CHANGES if field in node and not (field == "remove" and node[field] is False)]
    if not asked:
        hint = "add `update` or `remove: true`"
        where = position_of(node)
        yield Diagnostic("overlay-idle", "this action changes nothing", where, pointer, hint, Severity.WARNING)
    elif len(asked) > 1:
        message = f"`{asked[0]}` has no effect beside `{asked[1]}`"
        yield Diagnostic("overlay-action", message, key_position(node, asked[0]), pointer, "make two actions of it")


def _check_fields(node: Object, pointer: str, required: Mapping[str, type], more: set[str]) -> Iterator[Diagnostic]:
    for field in required:
        if field not in node:
            where = position_of(node)
            yield Diagnostic("overlay-structure", f'the field "{field}" is missing', where, pointer, "add it")
    for field, value in node.items():
        kind = {**_OPTIONAL, **required}.get(field)
        here = child(pointer, field)
        if field not in required and field not in more and not field.startswith("x-"):
            near = get_close_matches(field, [*required, *more], n=1, cutoff=0.6)
            hint = f'did you mean "{near[0]}"?' if near else f"known here: {', '.join(sorted({*required, *more}))}"
            where = key_position(node, field)
            yield Diagnostic("overlay-structure", f'unknown field "{field}"', where, here, hint)
        elif kind is not None and not isinstance(value, kind):
            message = f"{field} has to be {_KINDS[kind]}"
            yield Diagnostic("overlay-structure", message, position_of(node, field), here, f"write {_KINDS[kind]} here")


def _check_extends(root: Object, path: Path, contract: Path) -> Iterator[Diagnostic]:
    """A relative reference names the very contract; what is elsewhere cannot be compared with it."""
    extended = extends(root, path)
    if extended is not None and extended.resolve() != contract.resolve():
        message = f"this overlay extends {root['extends']}, not {display_name(contract)}"
        hint = "name that contract, or correct `extends`"
        yield Diagnostic("overlay-extends", message, position_of(root, "extends"), "/extends", hint)


def extends(root: Object, path: Path) -> Path | None:
    """The file that an overlay is written for, where it names one."""
    named = root.get("extends")
    if not isinstance(named, str) or re.match(r"[A-Za-z][A-Za-z0-9+.-]+:|//", named):
        return None
    return path.parent / named.partition("#")[0]


def _query(node: Object, field: str, pointer: str) -> JSONPathQuery | Diagnostic:
    try:
        return _PATHS.compile(node[field])
    except (JSONPathError, RecursionError) as error:
        token = error.token if isinstance(error, JSONPathError) else None
        reason = str(error.args[0]) if isinstance(error, JSONPathError) and error.args else "it is nested too deeply"
        at = f" (character {token.index + 1})" if token else ""
        message = f"{field} is no JSONPath: {reason}{at}"
        hint = "write it by RFC 9535, like $.paths['/items'].get"
        hyphened = re.search(r"\.(\w+(?:-\w+)+)", node[field])
        if hyphened:
            hint = f"a name with a hyphen stands in brackets: ['{hyphened[1]}']"
        return Diagnostic("overlay-path", message, position_of(node, field), child(pointer, field), hint)
