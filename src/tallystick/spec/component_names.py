"""Which component each reference into another file becomes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tallystick.spec.errors import Diagnostic, Position
from tallystick.spec.grammar import SECTIONS, Kind
from tallystick.spec.loader import Document
from tallystick.spec.pointers import child
from tallystick.spec.resolve import Target, component_name

Identity = tuple[Path, str]
_VALID = re.compile(r"[A-Za-z0-9._-]+")


class ComponentNames:
    """Names for targets in other files; two targets of one section never share a name."""

    def __init__(self, document: Document) -> None:
        self.diagnostics: list[Diagnostic] = []
        self.adopted: dict[str, Target] = {}
        """Components of the entry that only name a target in another file, by pointer: they become that target."""
        self._document = document
        self._names: dict[tuple[Identity, Kind], str] = {}
        self._taken: dict[tuple[Kind, str], Target] = {}
        self._new: list[tuple[Target, Kind, str]] = []
        aliases = list(self._read_entry())
        for same_name in (True, False):
            for target, kind, name in aliases:
                if (component_name(target) == name) is same_name:
                    self._adopt(target, kind, name)

    def _read_entry(self) -> list[tuple[Target, Kind, str]]:
        """Takes the names that the entry defines; those that only refer to another file are returned."""
        entry = self._document.entry
        aliases: list[tuple[Target, Kind, str]] = []
        components = self._document.root.get("components")
        for kind, section in SECTIONS.items():
            members = components.get(section) if isinstance(components, dict) else None
            for name, node in members.items() if isinstance(members, dict) else ():
                pointer = child("", "components", section, name)
                self._taken[kind, name] = Target(entry, pointer, node, members, name)
                if kind is not Kind.PATH_ITEM and _is_alias(node):
                    target = self.canonical(self._document.resolver.resolve(entry, node["$ref"]))
                    if target.source is not entry:
                        aliases.append((target, kind, name))
        return aliases

    def _adopt(self, target: Target, kind: Kind, name: str) -> None:
        pointer = child("", "components", SECTIONS[kind], name)
        if (target.identity, kind) not in self._names and pointer not in self.adopted:
            self._names[target.identity, kind] = name
            self._taken[kind, name] = target
            self.adopted[pointer] = target

    def canonical(self, target: Target) -> Target:
        """The target itself, or what it stands for where it only refers to something of the same name."""
        while _is_alias(target.node):
            further = self._document.resolver.resolve(target.source, target.node["$ref"])
            if component_name(further) != component_name(target):
                break
            target = further
        return target

    def name(self, target: Target, kind: Kind) -> str:
        """The component for a canonical target outside the entry."""
        known = self._names.get((target.identity, kind))
        if known is not None:
            return known
        name = component_name(target)
        self._names[target.identity, kind] = name
        if not _VALID.fullmatch(name):
            message = f'"{name}" cannot be the name of a component'
            hint = "use letters, digits, dot, hyphen and underscore, or name it in the entry's `components`"
            self.diagnostics.append(Diagnostic("component-name", message, target.position(), target.pointer, hint))
            return name
        taken = self._taken.get((kind, name))
        if taken:
            self._clash(target, kind, name, taken.position())
        else:
            self._taken[kind, name] = target
            self._new.append((target, kind, name))
        return name

    def _clash(self, target: Target, kind: Kind, name: str, first: Position | None) -> None:
        message = f'two {kind}s want the name "{name}": this one and {first}'
        hint = "rename one, or make both references name the same place"
        where = target.position()
        self.diagnostics.append(Diagnostic("component-name-clash", message, where, target.pointer, hint))

    def take_new(self) -> list[tuple[Target, Kind, str]]:
        """The components named since the last call."""
        new, self._new = self._new, []
        return new


def _is_alias(node: Any) -> bool:
    return isinstance(node, dict) and len(node) == 1 and isinstance(node.get("$ref"), str)
