"""Which contracts there are, and how hard they are tried.

`CONFORMANCE_EXAMPLES`, `CONFORMANCE_SEEDS` (numbers with commas) and `CONFORMANCE_RANDOM` (how many contracts are
made at random) ask for more than every run of the suite tries.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from tests.conformance.fuzzing import Effort

FOLDER = Path(__file__).parent / "contracts"
EXAMPLES = int(os.environ.get("CONFORMANCE_EXAMPLES") or 6)
SEEDS = tuple(int(seed) for seed in (os.environ.get("CONFORMANCE_SEEDS") or "1").split(","))
RANDOM = int(os.environ.get("CONFORMANCE_RANDOM") or 4)
# One contract is a folder: its entry has this name.
ENTRY = "openapi.yaml"


def contracts() -> list[Path]:
    """The entry of each contract; what stands below an entry's folder is part of that contract."""
    entries = set(FOLDER.rglob(ENTRY))
    folders = {entry.parent for entry in entries}
    alone = {path for path in FOLDER.rglob("*.yaml") if folders.isdisjoint(path.parents)}
    return sorted(entries | alone)


def name_of(contract: Path) -> str:
    """A contract's name in reports."""
    return (contract.parent if contract.name == ENTRY else contract.with_suffix("")).relative_to(FOLDER).as_posix()


def efforts() -> Iterator[Effort]:
    """One for each seed."""
    return (Effort(EXAMPLES, seed) for seed in SEEDS)
