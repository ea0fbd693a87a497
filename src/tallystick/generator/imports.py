"""Names a generated module imports, collected while its text is built."""

from __future__ import annotations

from collections.abc import Iterable


class Imports:
    """`from module import names`, printed sorted."""

    def __init__(self) -> None:
        self._names: dict[str, set[str]] = {}

    def add(self, module: str, *names: str) -> None:
        """Import names from a module."""
        self._names.setdefault(module, set()).update(names)

    def update(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Import each (module, name)."""
        for module, name in pairs:
            self.add(module, name)

    def names(self, module: str) -> tuple[str, ...]:
        """What is imported from one module, sorted."""
        return tuple(sorted(self._names.get(module, ())))

    def lines(self) -> list[str]:
        """The import statements, sorted by module."""
        return [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(self._names.items())]
