"""What to generate. Apart from the pipeline, whose parts take a second to import."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tallystick.spec.errors import Diagnostic
from tallystick.spec.nodes import Object

Lint = Callable[[Object], Iterable[Diagnostic]]
Progress = Callable[[str], None]


def _silent(_: str) -> None:
    """The progress nobody watches."""


@dataclass(frozen=True)
class GenerateRequest:
    """What to generate.

    Attributes:
        contract: the entry document.
        output: the folder of the package.
        package: the import name that the generated modules use for themselves.
        check: compare only, write nothing.
        force: run even if nothing changed.
        lint: house rules; their errors stop the run.
        verify: import what was generated in a process of its own before it is accepted.
    """

    contract: Path
    output: Path
    package: str = "generated"
    server_headers: frozenset[str] = frozenset()
    check: bool = False
    force: bool = False
    lint: Lint | None = None
    verify: bool = True
    progress: Progress = _silent

    @property
    def options(self) -> tuple[str, ...]:
        """Everything besides the contract that the output depends on."""
        return (self.package, self.contract.name, *sorted(self.server_headers))
