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
        """The import statements, sorted by module."""
        return _statements(self._names)

    def all_lines(self) -> list[str]:
        """The import statements, those for type checkers among them."""
        modules = self._names.keys() | self._hints.keys()
        return _statements({each: self._names.get(each, set()) | self._hints.get(each, set()) for each in modules})

    def hint_lines(self) -> list[str]:
        """What only type checkers import, beyond `lines`."""
        hints = {module: names - self._names.get(module, set()) for module, names in self._hints.items()}
        found = _statements({module: names for module, names in hints.items() if names})
        return ["from typing import TYPE_CHECKING", "if TYPE_CHECKING:", *(f"    {line}" for line in found)] * bool(
            found
        )

    def copy(self) -> Imports:
        """The same imports, to be added to."""
        other = Imports()
        other._names = {module: set(names) for module, names in self._names.items()}
        other._hints = {module: set(names) for module, names in self._hints.items()}
        return other


def _statements(names: Mapping[str, set[str]]) -> list[str]:
    return [f"from {module} import {', '.join(sorted(each))}" for module, each in sorted(names.items())]
