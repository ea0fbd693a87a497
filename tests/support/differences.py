"""Small pairs of contracts, and what `tally diff` says about them."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent
from typing import Any

import yaml

from tallystick.checks.diff.changes import Change
from tallystick.checks.diff.compare import Comparison, compare
from tallystick.spec.bundle import bundle
from tallystick.spec.loader import load

_HEAD = "openapi: 3.1.0\ninfo: {title: Test, version: 1.0.0}\n"
_OK = "responses: {'200': {description: Fine}}\n"


class Pairs:
    """Compares contracts given as text."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def compare(self, old: str, new: str) -> Comparison:
        """What changed; a head is added where a text has none."""
        documents = []
        for name, text in (("old", old), ("new", new)):
            path = self._folder / f"{name}.yaml"
            path.write_text(text if text.startswith("openapi:") else _HEAD + text, encoding="utf-8")
            documents.append(bundle(load(path)))
        return compare(*documents)

    def changes(self, old: str, new: str) -> tuple[Change, ...]:
        return self.compare(old, new).changes

    def rules(self, old: str, new: str) -> list[str]:
        """The rules of all changes, the worst first, each once."""
        return list(dict.fromkeys(change.rule.id for change in self.changes(old, new)))

    def level(self, old: str, new: str) -> str:
        """The worst level; `none` where nothing changed."""
        return next((str(change.level) for change in self.changes(old, new)), "none")


def operation(text: str, method: str = "get", path: str = "/things", more: str = "") -> str:
    """A contract with one operation."""
    body = text if text.startswith("responses:") else text + "\n" + _OK
    return f"paths:\n  {path}:\n    {method}:\n{indent(body, ' ' * 6)}\n{more}\n"


def request(schema: str, more: str = "") -> str:
    """A contract whose one operation takes JSON of a schema."""
    return operation(
        f"requestBody: {{content: {{application/json: {{schema: {_flow(schema)}}}}}}}\n", "post", more=more
    )


def response(schema: str, more: str = "") -> str:
    """A contract whose one operation answers JSON of a schema."""
    content = f"{{application/json: {{schema: {_flow(schema)}}}}}"
    return operation(f"responses: {{'200': {{description: Fine, content: {content}}}}}\n", more=more)


def parameter(text: str) -> str:
    """A contract whose one operation has one parameter."""
    return operation(f"parameters: [{text}]\n")


def components(schemas: dict[str, Any]) -> str:
    """A section of schemas."""
    return str(yaml.safe_dump({"components": {"schemas": schemas}}, default_flow_style=True, width=10**6))


def _flow(schema: str) -> str:
    return schema if schema.startswith(("{", "true", "false")) else f"{{{schema}}}"
