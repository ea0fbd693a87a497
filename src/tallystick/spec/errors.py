"""What is wrong with a contract, and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a file; line and column count from 1, columns in characters."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: the rule it breaks, what is wrong, where, and the next step (`hint`)."""

    rule: str
    message: str
    position: Position | None = None
    pointer: str = ""
    hint: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        place = f"{self.position}: " if self.position else ""
        step = f" ({self.hint})" if self.hint else ""
        return f"{place}{self.severity} {self.rule}: {self.message}{step}"


class ContractError(Exception):
    """The contract cannot be used; holds every problem found, in order of place."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(in_order(diagnostics))
        super().__init__("\n".join(str(each) for each in self.diagnostics))


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sorted by place, findings without a place last, each finding once."""
    nowhere = Position("\U0010ffff", 0, 0)
    unique = dict.fromkeys(diagnostics)
    return sorted(unique, key=lambda each: (each.position or nowhere, each.rule, each.pointer, each.message))


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    return any(each.severity is Severity.ERROR for each in diagnostics)
