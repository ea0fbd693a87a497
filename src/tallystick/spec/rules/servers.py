"""Servers: URLs and variables that agree with each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tallystick.spec.errors import Diagnostic, Severity
from tallystick.spec.grammar import Kind, Place
from tallystick.spec.nodes import key_position, position_of
from tallystick.spec.pointers import child
from tallystick.spec.servers import MAX_BASES, VARIABLE, variants

_HOLDERS = (Kind.DOCUMENT, Kind.PATH_ITEM, Kind.OPERATION)


def check_servers(places: Sequence[Place], version: str) -> Iterator[Diagnostic]:
    for place in places:
        if not isinstance(place.node, dict):
            continue
        if place.kind in _HOLDERS and isinstance(place.node.get("servers"), list):
            for index, server in enumerate(place.node["servers"]):
                yield from _check(server, child(place.pointer, "servers", index), version)
        elif place.kind is Kind.LINK and "server" in place.node:
            yield from _check(place.node["server"], child(place.pointer, "server"), version)


def _check(server: Any, pointer: str, version: str) -> Iterator[Diagnostic]:
    if not isinstance(server, dict) or not isinstance(server.get("url"), str):
        return
    url: str = server["url"]
    where, here = position_of(server, "url"), child(pointer, "url")
    rest = VARIABLE.sub("", url)
    if "{" in rest or "}" in rest:
        yield Diagnostic("server-url", f"the braces in {url} do not match", where, here, "correct the URL")
        return
    if "?" in rest or "#" in rest:
        message = f"{url} has a query or a fragment, below which no path can be"
        yield Diagnostic("server-url", message, where, here, "leave out what begins with ? or #")
    declared = server.get("variables")
    variables = declared if isinstance(declared, dict) else {}
    named = VARIABLE.findall(url)
    for name in dict.fromkeys(named):
        if name not in variables:
            message = f"{url} has {{{name}}}, and there is no variable of that name"
            hint = f"add it: `variables: {{{name}: {{default: ...}}}}`"
            yield Diagnostic("server-variable", message, where, here, hint)
    for name, variable in variables.items():
        yield from _check_variable(name, variable, child(pointer, "variables", name), version)
        if name not in named:
            message = f"the variable {name} does not stand in {url}"
            place = key_position(variables, name)
            at = child(pointer, "variables", name)
            hint = f"write {{{name}}} into the URL, or remove the variable"
            yield Diagnostic("server-variable-unused", message, place, at, hint, Severity.WARNING)
    if all(isinstance(one, dict) and one.get("enum") != [] for one in variables.values()):
        count = variants(server)
        if count > MAX_BASES:
            message = f"the variables of {url} make {count} paths to serve"
            hint = f"at most {MAX_BASES} are carried out: leave out an `enum`, and any value is served"
            yield Diagnostic("server-variants", message, where, here, hint)


def _check_variable(name: str, variable: Any, pointer: str, version: str) -> Iterator[Diagnostic]:
    if not isinstance(variable, dict) or not isinstance(variable.get("enum"), list) or "default" not in variable:
        return
    default, values = variable["default"], variable["enum"]
    if values and default not in values:
        # 3.0.4 says "should", 3.1 says "must".
        severity = Severity.WARNING if version == "3.0" else Severity.ERROR
        message = f'the default "{default}" of the variable {name} is not one of its values'
        hint = f"its enum has: {', '.join(map(str, values))}"
        where = position_of(variable, "default")
        yield Diagnostic("server-variable", message, where, child(pointer, "default"), hint, severity)
