"""Servers: below which paths a contract is served (OpenAPI 3.1, section 4.8.5).

Scheme and host say where clients find a server; the server itself is told by its path only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

VARIABLE = re.compile(r"\{([^{}]*)\}")
MAX_BASES = 64
"""More paths than this no list of servers expands to: each is a branch of the routing tree."""

_AUTHORITY = re.compile(r"^(?:[^/?#]*:)?//[^/?#]*")
_OPEN = "server."


@dataclass(frozen=True, slots=True)
class Server:
    """One server as written, and the base paths it stands for: without a slash at the end, the empty one is the root.

    A variable without `enum` may have any value: it stays in the base path as `{server.name}`, one segment or a part
    of one.
    """

    url: str
    description: str
    bases: tuple[str, ...]


def read_servers(nodes: Any) -> tuple[Server, ...]:
    """The servers of a document, path or operation, in the order in which they are written."""
    return tuple(
        Server(str(node["url"]), str(node.get("description", "")), tuple(dict.fromkeys(_expanded(node))))
        for node in nodes or ()
    )


def base_paths(servers: Iterable[Server]) -> tuple[str, ...]:
    """Every base path, each once; without servers the root."""
    return tuple(dict.fromkeys(base for server in servers for base in server.bases)) or ("",)


def variants(node: Mapping[str, Any]) -> int:
    """How many base paths the variables of a server make at most."""
    count = 1
    for values in _choices(node).values():
        count *= len(values)
    return count


def default_base(node: Mapping[str, Any]) -> str:
    """The base path with every variable at its default."""
    return _base(_filled(str(node["url"]), {name: _default(node, name) for name in _names(node)}))


def concrete_bases(nodes: Any) -> tuple[str, ...]:
    """Every base path of these servers as a client may call it: open variables have their default."""
    found: dict[str, None] = {}
    for node in nodes or ():
        found[default_base(node)] = None
        defaults = {f"{_OPEN}{name}": _default(node, name) for name in _names(node)}
        found |= {_filled(base, defaults): None for base in _expanded(node)}
    return tuple(found) or ("",)


def _expanded(node: Mapping[str, Any]) -> Iterator[str]:
    choices = _choices(node)
    for values in product(*choices.values()):
        yield _base(_filled(str(node["url"]), dict(zip(choices, values, strict=True))))


def _choices(node: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The values of each variable that stands in the path; those of scheme and host make no difference."""
    authority = _AUTHORITY.match(str(node["url"]))
    in_path = _names({"url": str(node["url"])[authority.end() :]}) if authority else _names(node)
    return {name: _values(node, name) if name in in_path else (_default(node, name),) for name in _names(node)}


def _values(node: Mapping[str, Any], name: str) -> tuple[str, ...]:
    declared = _variable(node, name).get("enum")
    default = _default(node, name)
    if declared:
        # 3.0 lets a default stand beside its enumeration: it is what clients send.
        return tuple(dict.fromkeys([*map(str, declared), default]))
    is_segment = default and not set(default) & set("/:?#{}")
    return (f"{{{_OPEN}{name}}}",) if is_segment else (default,)


def _names(node: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(VARIABLE.findall(str(node["url"]))))


def _variable(node: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = (node.get("variables") or {}).get(name) or {}
    return found


def _default(node: Mapping[str, Any], name: str) -> str:
    return str(_variable(node, name).get("default", ""))


def _filled(url: str, values: Mapping[str, str]) -> str:
    return VARIABLE.sub(lambda found: values.get(found[1], found[0]), url)


def _base(url: str) -> str:
    """The path of a URL, as it is from a document at the root (RFC 3986, section 5.2.4)."""
    authority = _AUTHORITY.match(url)
    path = url[authority.end() :] if authority else url
    kept: list[str] = []
    for segment in path.removeprefix("/").split("/"):
        if segment == "..":
            kept = kept[:-1]
        elif segment != ".":
            kept.append(segment)
    while kept and not kept[-1]:
        kept.pop()
    return "".join(f"/{segment}" for segment in kept)
