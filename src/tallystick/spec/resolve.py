"""From a `$ref` to what it names: files below the folder of the entry, and documents of hosts that were allowed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin

from tallystick.spec.errors import Position
from tallystick.spec.grammar import SECTIONS, Kind
from tallystick.spec.nodes import Key, Object, key_position, position_of
from tallystick.spec.pointers import escape, join, split_fragment, step
from tallystick.spec.remote import Remote, RemoteProblem, resolve_url

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:")
_LONGEST_WAY = 20
_REFERENCE_LIKE = re.compile(r"[#/]|\.(?:ya?ml|json)$", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Source:
    """One file of the contract; `root` is None where it could not be read."""

    path: Path
    name: str
    root: Object | None


@dataclass(frozen=True, eq=False)
class Target:
    """What a reference names."""

    source: Source
    pointer: str
    node: Any
    parent: Any = None
    key: Key | None = None

    @property
    def identity(self) -> tuple[Path, str]:
        return self.source.path, self.pointer

    def position(self) -> Position | None:
        return position_of(self.node) if self.key is None else key_position(self.parent, self.key)


class Unresolved(Exception):
    """The reference leads nowhere: rule, message and next step of the diagnostic to make."""

    def __init__(self, rule: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message
        self.hint = hint


class BrokenFile(Unresolved):
    """The file was found but not read; what is wrong with it is reported where it stands."""


class Resolver:
    """Resolves references of one contract, whose entry stands in `folder`."""

    def __init__(self, entry: Path, read: Callable[[Path], Source], remote: Remote) -> None:
        self._remote = remote
        self._folder = entry.parent
        self._entry = entry
        self._read = read
        self._anchors: dict[Path, dict[str, Target]] = {}
        self._files: dict[tuple[Path, str], Source] = {}
        self._depth = 0

    def resolve(self, source: Source, reference: str) -> Target:
        """Raises Unresolved."""
        file, _, fragment = reference.partition("#")
        target_source = self._file(source, file) if file else source
        if target_source.root is None:
            raise BrokenFile("ref-file", f"{target_source.name} is broken", "correct that file first")
        if fragment and not unquote(fragment).startswith("/"):
            return self._anchor(target_source, unquote(fragment))
        return self._descend(target_source, split_fragment(fragment))

    def _file(self, source: Source, file: str) -> Source:
        base = self._remote.url_of(source.path)
        key = (source.path.parent if base is None else source.path), file
        known = self._files.get(key)
        if known is None:
            own = self._by_own_name(source, file) if base is None else file
            known = self._files[key] = own if isinstance(own, Source) else self._read(self._locate(source, own, base))
        return known

    def _by_own_name(self, source: Source, file: str) -> Source | str:
        """A document that calls itself by this URI (`$self`, OpenAPI 3.2), or the reference as a path.

        What lies beside the entry by its URI is looked for beside its file.
        """
        entry = self._read(self._entry)
        here, home = _self_uri(source), _self_uri(entry)
        wanted = urljoin(here, file) if here else file
        for each, uri in ((source, here), (entry, home)):
            if uri and uri == wanted:
                return each
        folder = urljoin(home, ".") if home else ""
        if folder and _SCHEME.match(file) and file.startswith(folder):
            return Path(os.path.relpath(self._folder / file.removeprefix(folder), source.path.parent)).as_posix()
        return file

    def _locate(self, source: Source, file: str, base: str | None) -> Path:
        relative = unquote(file)
        if base is not None or _SCHEME.match(file) or file.startswith("//"):
            try:
                return self._remote.locate(resolve_url(base, file))
            except RemoteProblem as problem:
                raise Unresolved("ref-remote", problem.message, problem.hint) from problem
        if _ABSOLUTE.match(relative):
            raise Unresolved("ref-outside", f"{file} is an absolute path", "use a path relative to this file")
        if "\0" in relative:
            raise Unresolved("ref-file", "the path holds a NUL character", "use a path relative to this file")
        try:
            path = (source.path.parent / relative).resolve()
        except (OSError, RuntimeError) as error:
            raise Unresolved("ref-file", f"{relative} cannot be followed", "check for links in a circle") from error
        if not path.is_relative_to(self._folder):
            message = f"{relative} lies outside the folder of the contract"
            raise Unresolved("ref-outside", message, f"move the file below the folder of {self._entry.name}")
        if path == self._entry.resolve():
            path = self._entry
        if path.exists() and not path.is_file():
            raise Unresolved("ref-file", f"{relative} is no regular file", "name the file that is meant")
        if not path.is_file():
            raise Unresolved("ref-file", f"there is no file {relative}", _near_file(path, relative))
        return path

    def _descend(self, source: Source, tokens: Iterable[str]) -> Target:
        target = Target(source, "", source.root)
        for token in tokens:
            target = self._step(target, token)
        return target

    def _step(self, target: Target, token: str) -> Target:
        """One token further; a reference in between is followed, as the bundle will have joined it."""
        seen: set[tuple[Path, str]] = set()
        while True:
            found = step(target.node, token)
            if found:
                key, node = found
                return Target(target.source, f"{target.pointer}/{escape(token)}", node, target.node, key)
            through = target.node.get("$ref") if isinstance(target.node, dict) else None
            if not isinstance(through, str) or target.identity in seen:
                raise self._missing(target, token)
            seen.add(target.identity)
            target = self._follow(target.source, through)

    def _follow(self, source: Source, reference: str) -> Target:
        """A reference in the way of another one, which may in turn lead through others, but not for ever."""
        if self._depth >= _LONGEST_WAY:
            raise Unresolved("ref-cycle", f"the way through {reference} has no end", "name the target itself")
        self._depth += 1
        try:
            return self.resolve(source, reference)
        finally:
            self._depth -= 1

    def _missing(self, target: Target, token: str) -> Unresolved:
        message = f'there is no "{token}" at {target.source.name}#{target.pointer}'
        names = list(target.node) if isinstance(target.node, dict) else []
        near = get_close_matches(token, names, n=1, cutoff=0.6)
        if near:
            return Unresolved("ref-pointer", message, f'did you mean "{near[0]}"?')
        known = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
        return Unresolved("ref-pointer", message, f"there are: {known}" if known else "correct the pointer")

    def _anchor(self, source: Source, name: str) -> Target:
        if source.path not in self._anchors:
            self._anchors[source.path] = _find_anchors(source)
        found = self._anchors[source.path].get(name)
        if found:
            return found
        hint = f'a pointer begins with a slash: "#/{name}"'
        raise Unresolved("ref-pointer", f'there is no $anchor "{name}" in {source.name}', hint)

    def chain(self, source: Source, reference: str) -> list[Target]:
        """The target and, as long as a target is a reference again, the target of that. Raises Unresolved.

        The last one equals an earlier one where the references only lead back to themselves.
        """
        targets = [self.resolve(source, reference)]
        identities = {targets[0].identity}
        while isinstance(targets[-1].node, dict) and isinstance(targets[-1].node.get("$ref"), str):
            targets.append(self.resolve(targets[-1].source, targets[-1].node["$ref"]))
            if targets[-1].identity in identities:
                break
            identities.add(targets[-1].identity)
        return targets


def is_reference_like(text: str) -> bool:
    """Whether a discriminator's mapping value is a reference and not a bare schema name."""
    return _REFERENCE_LIKE.search(text) is not None


def mapping_of(node: Any) -> dict[str, Any]:
    """The discriminator mapping of a schema, or nothing."""
    discriminator = node.get("discriminator") if isinstance(node, dict) else None
    mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
    return mapping if isinstance(mapping, dict) else {}


def mapping_entries(node: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Where a discriminator names schemas: each value of its mapping, and its default (OpenAPI 3.2)."""
    mapping = mapping_of(node)
    yield from ((mapping, key) for key in mapping)
    discriminator = node.get("discriminator") if isinstance(node, dict) else None
    if isinstance(discriminator, dict) and "defaultMapping" in discriminator:
        yield discriminator, "defaultMapping"


def component_name(target: Target) -> str:
    """The name a target brings along: its last pointer segment, or the stem of its file."""
    return str(target.key) if target.key is not None else target.source.path.name.split(".")[0]


def section_of(kind: Kind) -> str:
    return SECTIONS[kind]


def _self_uri(source: Source) -> str:
    named = source.root.get("$self") if source.root is not None else None
    return named.partition("#")[0] if isinstance(named, str) else ""


def _find_anchors(source: Source) -> dict[str, Target]:
    anchors: dict[str, Target] = {}
    stack: list[tuple[tuple[Key, ...], Any, Any]] = [((), source.root, None)]
    while stack:
        tokens, node, parent = stack.pop()
        if isinstance(node, dict):
            for word in ("$anchor", "$dynamicAnchor"):
                if isinstance(node.get(word), str):
                    key = tokens[-1] if tokens else None
                    anchors.setdefault(node[word], Target(source, join(tokens), node, parent, key))
            stack.extend(((*tokens, key), value, node) for key, value in node.items())
        elif isinstance(node, list):
            stack.extend(((*tokens, index), value, node) for index, value in enumerate(node))
    return anchors


def _near_file(path: Path, relative: str) -> str:
    folder = path.parent
    try:
        names = [each.name for each in folder.iterdir()] if folder.is_dir() else []
    except OSError:
        names = []
    near = get_close_matches(path.name, names, n=1, cutoff=0.75)
    return f'did you mean "{(Path(relative).parent / near[0]).as_posix()}"?' if near else "check the path"
