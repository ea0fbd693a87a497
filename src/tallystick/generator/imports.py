"""Names a generated module imports, collected while its text is built."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


class OnlyHint(tuple[str, str]):
    """A (module, name) that only type checkers need."""

    __slots__ = ()


class Imports:
    """`from module import names`, printed sorted."""

    def __init__(self) -> None:
        self._names: dict[str, set[str]] = {}
        self._hints: dict[str, set[str]] = {}

    def add(self, module: str, *names: str) -> None:
        """Import names from a module."""
        self._names.setdefault(module, set()).update(names)

    def update(self, pairs: Iterable[tuple[str, str]]) -> None:
        """Import each (module, name)."""
        for pair in pairs:
            module, name = pair
            (self._hints if isinstance(pair, OnlyHint) else self._names).setdefault(module, set()).add(name)

    def names(self, module: str) -> tuple[str, ...]:
        """What is imported from one module, sorted."""
        return tuple(sorted({*self._names.get(module, ()), *self._hints.get(module, ())}))

    def lines(self) -> list[str]:
        """The import statements, sorted by module; what only type checkers need comes last."""
        hints = {module: names - self._names.get(module, set()) for module, names in self._hints.items()}
        hints = {module: names for module, names in hints.items() if names}
        if not hints:
            return _statements(self._names)
        needed = _statements({**self._names, "typing": {*self._names.get("typing", ()), "TYPE_CHECKING"}})
        return [*needed, "if TYPE_CHECKING:", *(f"    {line}" for line in _statements(hints))]


def _statements(names: Mapping[str, set[str]]) -> list[str]:
    return [f"from {module} import {', '.join(sorted(each))}" for module, each in sorted(names.items())]
