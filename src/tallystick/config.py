"""`[tool.tallystick]` of the nearest pyproject.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_KNOWN = {"contract", "output", "package", "rules", "registry", "server_headers", "layers", "overlays", "remote"}


class ConfigError(Exception):
    """The configuration cannot be used; the message says where and what to do."""


@dataclass(frozen=True, slots=True)
class Config:
    """Paths are absolute; `root` is the folder of pyproject.toml, or the working directory without one."""

    root: Path
    contract: Path | None = None
    output: Path | None = None
    package: str = "generated"
    rules: Path | None = None
    registry: str | None = None
    server_headers: frozenset[str] = frozenset()
    overlays: tuple[Path, ...] = ()
    remote: tuple[str, ...] = ()


def read_config(start: Path | None = None) -> Config:
    """The configuration for a working directory. Raises ConfigError."""
    folder = (start or Path.cwd()).resolve()
    for each in (folder, *folder.parents):
        file = each / "pyproject.toml"
        if file.is_file():
            table = _table(file)
            if table is not None:
                return _config(each, file, table)
    return Config(folder)


def _table(file: Path) -> Mapping[str, Any] | None:
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file} cannot be read: {error}") from error
    tools = content.get("tool")
    table = tools.get("tallystick") if isinstance(tools, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{file}: tool.tallystick must be a table")
    return table


def _config(root: Path, file: Path, table: Mapping[str, Any]) -> Config:
    unknown = sorted(set(table) - _KNOWN)
    if unknown:
        known = ", ".join(sorted(_KNOWN))
        raise ConfigError(f"{file}: [tool.tallystick] has no setting {unknown[0]!r}; it knows {known}")

    def text(key: str) -> str | None:
        value = table.get(key)
        if value is not None and not isinstance(value, str):
            raise ConfigError(f"{file}: [tool.tallystick] {key} must be text")
        return value

    def path(key: str) -> Path | None:
        value = text(key)
        return root / value if value is not None else None

    def texts(key: str, what: str) -> list[str]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise ConfigError(f"{file}: [tool.tallystick] {key} must be a list of {what}")
        return value

    return Config(
        root=root,
        contract=path("contract"),
        output=path("output"),
        package=text("package") or "generated",
        rules=path("rules"),
        registry=text("registry"),
        server_headers=frozenset(texts("server_headers", "header names")),
        overlays=tuple(root / each for each in texts("overlays", "paths")),
        remote=tuple(texts("remote", "hosts")),
    )
