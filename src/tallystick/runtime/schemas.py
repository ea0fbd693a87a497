"""JSON Schema 2020-12 inside an OpenAPI document, judged by jsonschema-rs; only the guard imports this."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from jsonschema_rs import Draft202012Validator, Registry

from tallystick.runtime.pointers import pointer_to, segments_of
from tallystick.runtime.types.digits import rounded

Path = tuple[str | int, ...]

_BASE = "urn:contract"
_MAX_ERRORS = 10
_MAX_TEXT = 300


class Schemas:
    """A document's nodes by path, and validators for the schemas in it, each compiled when first used."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._registry = Registry([(_BASE, dict(document))])
        self._validators: dict[Path, Draft202012Validator] = {}

    def node(self, path: Path) -> Any:
        """What stands at a path."""
        node: Any = self._document
        for segment in path:
            node = node[int(segment)] if isinstance(node, list) else node[segment]
        return node

    def operation(self, path: str, method: str) -> Path:
        """Where an operation stands: under its method, or among the further ones (OpenAPI 3.2)."""
        own = method.lower()
        return (
            ("paths", path, own)
            if own in self.node(("paths", path))
            else ("paths", path, "additionalOperations", method)
        )

    def follow(self, path: Path) -> Path:
        """The path of what a reference at this path leads to, or the path itself."""
        node = self.node(path)
        while isinstance(node, Mapping) and "$ref" in node:
            path = segments_of(node["$ref"])
            node = self.node(path)
        return path

    def lookup(self, reference: str) -> Any:
        """What a reference leads to, at last."""
        return self.node(self.follow(segments_of(reference)))

    def errors(self, path: Path, value: Any) -> list[str]:
        """Why a value does not satisfy the schema at a path."""
        validator = self._validators.get(path)
        if validator is None:
            schema = {"$ref": f"{_BASE}#{quote(pointer_to(*path))}"}
            validator = Draft202012Validator(schema, registry=self._registry, validate_formats=True)
            self._validators[path] = validator
        reasons: list[str] = []
        for error in validator.iter_errors(rounded(value)):
            where = pointer_to(*error.instance_path)
            reasons.append(f"{where or 'the value'}: {error.message[:_MAX_TEXT]}")
            if len(reasons) == _MAX_ERRORS:
                break
        return reasons

    def properties(self, path: Path) -> set[str]:
        """The names of the properties in the schema at a path and in what it is composed of."""
        path = self.follow(path)
        node = self.node(path)
        if not isinstance(node, Mapping):
            return set()
        found = set(node.get("properties", ()))
        for keyword in ("allOf", "oneOf", "anyOf"):
            for place in range(len(node.get(keyword, ()))):
                found |= self.properties((*path, keyword, place))
        return found

    def constants(self, path: Path, name: str) -> tuple[Any, ...]:
        """The constants that a property has in the schema at a path or in its alternatives; empty if it is open."""
        found = tuple(self._constants(path, name))
        return () if None in found else found

    def _constants(self, path: Path, name: str) -> Iterator[Any]:
        path = self.follow(path)
        node = self.node(path)
        for keyword in ("oneOf", "anyOf"):
            for place in range(len(node.get(keyword, ()))):
                yield from self._constants((*path, keyword, place), name)
            if keyword in node:
                return
        declared = node.get("properties", {}).get(name)
        yield declared.get("const") if isinstance(declared, Mapping) else None
