"""A contract from disk: the entry and every file that its references reach, all problems at once."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tallystick.spec.errors import ContractError, Diagnostic, Position, has_errors
from tallystick.spec.grammar import Kind, Place, children, reference_of
from tallystick.spec.json_reader import read_json
from tallystick.spec.nodes import Object, key_position, position_of
from tallystick.spec.remote import Origin, Remote
from tallystick.spec.resolve import (
    BrokenFile,
    Resolver,
    Source,
    Target,
    Unresolved,
    is_reference_like,
    mapping_entries,
)
from tallystick.spec.resources import localise
from tallystick.spec.text import read_text
from tallystick.spec.yaml_reader import YamlReader

_SCHEMA_WORDS = frozenset({"$schema", "$id", "$defs", "$ref", "type", "properties", "allOf", "anyOf", "oneOf"})


@dataclass(frozen=True, eq=False)
class Document:
    """A contract as it stands in its files; every reference in it resolves."""

    entry: Source
    root: Object
    sources: tuple[Source, ...]
    resolver: Resolver


def load(path: Path, allowed: frozenset[Origin] = frozenset()) -> Document:
    """Reads the contract whose entry is `path`; references may lead to the allowed hosts.

    Raises:
        ContractError: every problem found.
    """
    return _Loader(path, allowed).load()


def parse(path: Path, name: str | None = None) -> Object:
    """One YAML or JSON file that holds an object; references in it are left alone. Raises ContractError."""
    root, diagnostics = _read(path, name or display_name(path))
    if has_errors(diagnostics) or root is None:
        raise ContractError(diagnostics)
    return root


def display_name(path: Path) -> str:
    """The path as messages show it: relative to the working directory where it lies below."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except (ValueError, OSError, RuntimeError):
        return path.as_posix()


def _read(path: Path, name: str) -> tuple[Object | None, list[Diagnostic]]:
    text = read_text(path, name)
    if isinstance(text, Diagnostic):
        return None, [text]
    root: Any
    if path.suffix.lower() == ".json":
        root, diagnostics = read_json(text)
    else:
        reader = YamlReader(text)
        reader.read()
        root, diagnostics = reader.root, reader.diagnostics
    if isinstance(root, Object):
        return root, diagnostics
    if not diagnostics:
        message = "the file must hold an object at the top"
        where = position_of(root) or Position(name, 1, 1)
        diagnostics = [Diagnostic("file-root", message, where, hint="a contract begins with `openapi: 3.1.0`")]
    return None, diagnostics


def _kind_of(root: Object) -> Kind:
    """What a file holds, as far as it shows: a document, or a schema; anything else is left alone."""
    if "openapi" in root:
        return Kind.DOCUMENT
    return Kind.DATA if root.keys().isdisjoint(_SCHEMA_WORDS) else Kind.SCHEMA


class _Loader:
    def __init__(self, path: Path, allowed: frozenset[Origin]) -> None:
        self._given = path
        self._path = path.parent.resolve() / path.name
        self._sources: dict[Path, Source] = {}
        self._diagnostics: list[Diagnostic] = []
        self._remote = Remote(self._path.parent, allowed)
        self._resolver = Resolver(self._path, self._source, self._remote)
        self._todo: list[tuple[Source, Place]] = []
        self._cycles: set[frozenset[tuple[Path, str]]] = set()

    def load(self) -> Document:
        entry = self._source(self._path)
        if entry.root is not None:
            self._todo.append((entry, Place(entry.root, Kind.DOCUMENT, "")))
            self._follow_all()
        if entry.root is None or has_errors(self._diagnostics):
            raise ContractError(self._diagnostics)
        return Document(entry, entry.root, tuple(self._sources.values()), self._resolver)

    def _source(self, path: Path) -> Source:
        if path not in self._sources:
            below = os.path.relpath(path, self._path.parent)
            name = self._remote.url_of(path) or display_name(self._given.parent / below)
            root, diagnostics = _read(path, name)
            self._diagnostics += diagnostics
            if root is not None:
                self._diagnostics += localise(root, _kind_of(root))
            self._sources[path] = Source(path, name, root)
        return self._sources[path]

    def _follow_all(self) -> None:
        visited: set[tuple[int, Kind]] = set()
        while self._todo:
            source, place = self._todo.pop()
            if (id(place.node), place.kind) in visited or not isinstance(place.node, dict):
                continue
            visited.add((id(place.node), place.kind))
            reference = reference_of(place)
            if reference is not None:
                self._follow(source, place, reference)
            if place.kind is Kind.SCHEMA:
                self._follow_mapping(source, place)
            elif place.kind is Kind.LINK and isinstance(place.node.get("operationRef"), str):
                self._resolve(source, place.node["operationRef"], place.node, "operationRef", place.pointer)
            self._todo.extend((source, each) for each in reversed(list(children(place))))

    def _follow(self, source: Source, place: Place, reference: str) -> None:
        target = self._resolve(source, reference, place.node, "$ref", place.pointer)
        is_chain = target is not None and isinstance(target.node, dict) and "$ref" in target.node
        if target is None or (is_chain and self._is_cycle(source, place, reference)):
            return
        self._todo.append((target.source, Place(target.node, place.kind, target.pointer, target.parent, target.key)))

    def _is_cycle(self, source: Source, place: Place, reference: str) -> bool:
        try:
            chain = self._resolver.chain(source, reference)
        except Unresolved:
            return False
        members = [each.identity for each in chain[:-1]]
        if chain[-1].identity not in members:
            return False
        members = members[members.index(chain[-1].identity) :]
        here = (source.path, place.pointer)
        if here in members and frozenset(members) not in self._cycles:
            self._cycles.add(frozenset(members))
            start = members.index(here)
            way = " -> ".join(f"#{pointer}" for _, pointer in [*members[start:], *members[:start], here])
            where = position_of(place.node, "$ref")
            message = f"this $ref only leads back to itself: {way}"
            hint = "replace one of these references by what is meant"
            self._diagnostics.append(Diagnostic("ref-cycle", message, where, place.pointer, hint))
        return True

    def _follow_mapping(self, source: Source, place: Place) -> None:
        for mapping, key in mapping_entries(place.node):
            value = mapping[key]
            if isinstance(value, str) and is_reference_like(value):
                target = self._resolve(source, value, mapping, key, place.pointer)
                if target:
                    self._todo.append((target.source, Place(target.node, Kind.SCHEMA, target.pointer)))

    def _resolve(self, source: Source, reference: str, node: Any, key: str, pointer: str) -> Target | None:
        try:
            return self._resolver.resolve(source, reference)
        except BrokenFile:
            return None
        except Unresolved as problem:
            where = position_of(node, key) or key_position(node, key)
            self._diagnostics.append(Diagnostic(problem.rule, problem.message, where, pointer, problem.hint))
            return None
