"""One document from many files. Hand-written names are kept, nothing is invented, and no `$ref` leaves the result.

A reference into another file becomes a component under the name that the entry's `components` give it, else under
the last segment of its pointer (the stem of the file where the pointer is empty). Path items are put in place.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tallystick.spec.component_names import ComponentNames, Identity
from tallystick.spec.errors import ContractError, Diagnostic, has_errors
from tallystick.spec.grammar import SECTIONS, Kind, Place, children, reference_of
from tallystick.spec.limits import MAX_INLINED
from tallystick.spec.loader import Document
from tallystick.spec.nodes import Object, copy_object, copy_value, key_position, position_of
from tallystick.spec.pointers import child, split
from tallystick.spec.resolve import Source, Target, is_reference_like, mapping_entries


def bundle(document: Document) -> Object:
    """The contract as one document whose references are all `#/...`. Raises ContractError."""
    return _Bundler(document).bundle()


@dataclass(frozen=True)
class _Work:
    """A part of the result that still holds the references of the file it came from."""

    source: Source
    place: Place
    within: tuple[Identity, ...] = ()
    """The path items that were put in place around it."""


class _Bundler:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._resolver = document.resolver
        self._result = copy_object(document.root)
        self._names = ComponentNames(document)
        self._diagnostics: list[Diagnostic] = []
        self._work: list[_Work] = []
        self._inlined = 0
        self._path_items: dict[tuple[Path, str], str] = {}
        self._operation_links: list[tuple[Place, Target]] = []

    def bundle(self) -> Object:
        self._locate_path_items()
        self._work.append(_Work(self._document.entry, Place(self._result, Kind.DOCUMENT, "")))
        while self._work:
            self._rewrite(self._work.pop())
            if not self._work:
                self._add_components()
        self._patch_operation_links()
        diagnostics = self._diagnostics + self._names.diagnostics
        if has_errors(diagnostics):
            raise ContractError(diagnostics)
        return self._result

    def _locate_path_items(self) -> None:
        """Where in the result the path items of other files will stand."""
        root = self._document.root
        components = root.get("components")
        shared = components.get("pathItems") if isinstance(components, dict) else None
        maps = {"/paths": root.get("paths"), "/webhooks": root.get("webhooks"), "/components/pathItems": shared}
        for pointer, items in maps.items():
            for key, item in items.items() if isinstance(items, dict) else ():
                if isinstance(item, dict) and isinstance(item.get("$ref"), str):
                    target = self._resolver.chain(self._document.entry, item["$ref"])[-1]
                    self._path_items.setdefault(target.identity, child(pointer, key))

    def _rewrite(self, work: _Work) -> None:
        source, place = work.source, work.place
        reference = reference_of(place)
        if reference is not None and place.kind is Kind.PATH_ITEM:
            self._inline(work, reference)
            return
        adopted = self._names.adopted.get(place.pointer) if source is self._document.entry else None
        if adopted:
            node = place.parent[place.key] = copy_value(adopted.node)
            adopted_place = Place(node, place.kind, place.pointer, place.parent, place.key)
            self._work.append(_Work(adopted.source, adopted_place, work.within))
            return
        if reference is not None:
            place.node["$ref"] = self._new_reference(source, reference, place.kind)
        self._rewrite_data(source, place)
        self._work.extend(_Work(source, each, work.within) for each in reversed(list(children(place))))

    def _inline(self, work: _Work, reference: str) -> None:
        source, place = work.source, work.place
        target = self._resolver.chain(source, reference)[-1]
        if target.identity in work.within:
            message = "what this $ref names contains the $ref itself"
            where, hint = position_of(place.node, "$ref"), "write out what is meant at the innermost place"
            self._diagnostics.append(Diagnostic("ref-cycle", message, where, place.pointer, hint))
            return
        within = (*work.within, target.identity)
        self._inlined += 1
        if self._inlined > MAX_INLINED:
            message = f"the references of the contract stand for more than {MAX_INLINED} path items"
            where, hint = position_of(place.node, "$ref"), "refer to less from within what is referred to"
            raise ContractError([Diagnostic("ref-expansion", message, where, place.pointer, hint)])
        merged = copy_value(target.node)
        for key, value in place.node.items():
            if key in merged and key != "$ref":
                message = f'"{key}" stands beside this $ref and also in the path item it names'
                where = key_position(place.node, key)
                hint = "keep it in one of the two places"
                self._diagnostics.append(Diagnostic("path-item-siblings", message, where, place.pointer, hint))
            elif key != "$ref":
                self._work.append(
                    _Work(source, Place(Object({key: value}), Kind.PATH_ITEM, place.pointer), work.within)
                )
                merged[key] = value
        place.parent[place.key] = merged
        node = Object({key: merged[key] for key in target.node}) if isinstance(target.node, dict) else merged
        self._work.append(_Work(target.source, Place(node, Kind.PATH_ITEM, place.pointer), within))

    def _new_reference(self, source: Source, reference: str, kind: Kind) -> str:
        target = self._names.canonical(self._resolver.resolve(source, reference))
        if target.source is self._document.entry:
            local = source is self._document.entry and reference.startswith("#/")
            return reference if local else _fragment(target.pointer)
        within = self._within_path_item(target)
        if within is not None:
            return _fragment(within)
        return f"#/components/{SECTIONS[kind]}/{self._names.name(target, kind)}"

    def _within_path_item(self, target: Target) -> str | None:
        """The pointer in the result, where the target is part of a path item that is put in place."""
        tokens = split(target.pointer)
        for length in range(len(tokens), -1, -1):
            found = self._path_items.get((target.source.path, child("", *tokens[:length])))
            if found is not None:
                return child(found, *tokens[length:])
        return None

    def _rewrite_data(self, source: Source, place: Place) -> None:
        """References that are not called `$ref`."""
        node = place.node
        if place.kind is Kind.SCHEMA:
            for mapping, key in mapping_entries(node):
                value = mapping[key]
                if isinstance(value, str) and is_reference_like(value):
                    mapping[key] = self._new_reference(source, value, Kind.SCHEMA)
        elif place.kind is Kind.LINK and isinstance(node, dict) and isinstance(node.get("operationRef"), str):
            self._operation_links.append((place, self._resolver.resolve(source, node["operationRef"])))
        elif place.kind is Kind.EXAMPLE and isinstance(node, dict) and isinstance(node.get("externalValue"), str):
            node["externalValue"] = self._moved(source, node["externalValue"])

    def _moved(self, source: Source, url: str) -> str:
        """A relative URL, as seen from the entry."""
        if ":" in url.split("/", maxsplit=1)[0] or url.startswith("/"):
            return url
        folder = self._document.entry.path.parent
        return Path(os.path.relpath(source.path.parent / url, folder)).as_posix()

    def _add_components(self) -> None:
        """Moves the components that were asked for since into the result; they may ask for more."""
        for target, kind, name in self._names.take_new():
            components = self._result.setdefault("components", Object())
            section = components.setdefault(SECTIONS[kind], Object())
            section[name] = copy_value(target.node)
            pointer = child("", "components", SECTIONS[kind], name)
            self._work.append(_Work(target.source, Place(section[name], kind, pointer, section, name)))
        self._work.reverse()

    def _patch_operation_links(self) -> None:
        for place, target in self._operation_links:
            in_entry = target.source is self._document.entry
            pointer = target.pointer if in_entry else self._within_path_item(target)
            if pointer is None:
                where = position_of(place.node, "operationRef")
                message = "operationRef names an operation that no path of the contract leads to"
                hint = "name an operation below `paths`, or use operationId"
                self._diagnostics.append(Diagnostic("ref-operation", message, where, place.pointer, hint))
            else:
                place.node["operationRef"] = _fragment(pointer)


def _fragment(pointer: str) -> str:
    return "#" + pointer.replace("%", "%25")
