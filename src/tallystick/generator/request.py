"""What to generate. Apart from the pipeline, whose parts take a second to import."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tallystick.generator.manifest import relative_name
from tallystick.spec.errors import Diagnostic
from tallystick.spec.nodes import Object
from tallystick.spec.reading import AS_WRITTEN, ReadOptions

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
        reading: how the contract is read, overlays among it.
        verify: import what was generated in a process of its own before it is accepted.
    """

    contract: Path
    output: Path
    package: str = "generated"
    server_headers: frozenset[str] = frozenset()
    check: bool = False
    force: bool = False
    lint: Lint | None = None
    reading: ReadOptions = AS_WRITTEN
    verify: bool = True
    progress: Progress = _silent

    @property
    def options(self) -> tuple[str, ...]:
        """Everything besides the contract that the output depends on."""
        base = self.contract.resolve().parent
        overlays = [f"overlay {relative_name(path, base)}" for path in self.reading.overlays]
        return (self.package, self.contract.name, *sorted(self.server_headers), *overlays)
