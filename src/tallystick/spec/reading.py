"""A contract as everything after this sees it: one document, with its overlays applied."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tallystick.spec.bundle import bundle
from tallystick.spec.errors import Diagnostic
from tallystick.spec.loader import load
from tallystick.spec.nodes import Object
from tallystick.spec.remote import Origin


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read a contract: the overlays that change it, in their order; the hosts that references may lead to."""

    overlays: tuple[Path, ...] = ()
    remote: frozenset[Origin] = frozenset()


AS_WRITTEN = ReadOptions()
"""Nothing but the contract's own files."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A contract in one document, the files it was read from, and what is worth a warning."""

    bundled: Object
    files: tuple[Path, ...]
    warnings: tuple[Diagnostic, ...]


def read_contract(entry: Path, options: ReadOptions = AS_WRITTEN) -> Reading:
    """The contract whose entry is a file. Raises ContractError with every problem found."""
    document = load(entry, options.remote)
    bundled = bundle(document)
    warnings: list[Diagnostic] = []
    if options.overlays:
        # Imported now: most contracts have no overlay, and should not wait for what reads JSONPath.
        warnings = import_module("tallystick.spec.overlay").apply_overlays(bundled, options.overlays, entry)
    files = (*(source.path.resolve() for source in document.sources), *(path.resolve() for path in options.overlays))
    return Reading(bundled, files, tuple(warnings))
