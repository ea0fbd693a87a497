"""Help for tests that read text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tallystick.spec.bundle import bundle
from tallystick.spec.errors import ContractError, Diagnostic
from tallystick.spec.json_reader import read_json
from tallystick.spec.loader import load
from tallystick.spec.nodes import Object
from tallystick.spec.text import Text
from tallystick.spec.yaml_reader import YamlReader

HEAD = "openapi: 3.1.0\ninfo: {title: Test, version: 1.0.0}\n"


def from_yaml(content: str) -> tuple[Any, list[Diagnostic]]:
    reader = YamlReader(Text("a.yaml", content))
    reader.read()
    return reader.root, reader.diagnostics


def from_json(content: str) -> tuple[Any, list[Diagnostic]]:
    return read_json(Text("a.yaml", content))


def places(diagnostics: list[Diagnostic] | tuple[Diagnostic, ...]) -> list[str]:
    """`line:column rule` of each."""
    return [f"{each.position.line}:{each.position.column} {each.rule}" for each in diagnostics if each.position]


def write(folder: Path, **files: str) -> Path:
    """Writes files (`paths__items` is `paths/items.yaml`); the entry is `openapi`."""
    for name, content in files.items():
        path = folder / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder / "openapi.yaml"


def bundled(folder: Path, **files: str) -> Object:
    return bundle(load(write(folder, **files)))


def problems(folder: Path, **files: str) -> tuple[Diagnostic, ...]:
    """What loading and bundling refuses."""
    try:
        bundled(folder, **files)
    except ContractError as error:
        return error.diagnostics
    return ()
