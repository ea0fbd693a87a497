"""The matrix of contracts, modes and seeds, one line for each run.

`python -m tests.tallystick.mock.matrix CONTRACT... [--seeds 1,2,3] [--examples 100] [--modes plain,stateful]` exits
with 1 if there is a failure that no rule of `tally lint` names. `--shard-by-path` runs the examples and coverage phases
once for each first segment of the paths, two at once, for contracts with hundreds of operations.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path

from tallystick.spec.bundle import bundle
from tallystick.spec.loader import load
from tests.tallystick.mock.causes import Causes
from tests.tallystick.mock.fuzzing import CONFIG, MODES, Cell, Outcome, fuzz
from tests.tallystick.mock.running import free_port, started

_LISTED = 20
_AT_ONCE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it."""
    options = _parser().parse_args(arguments)
    seeds = [int(seed) for seed in options.seeds.split(",")]
    unnamed = 0
    for entry, mode, seed in product(options.contracts, options.modes.split(","), seeds):
        cell = Cell(entry.resolve(), mode, seed)
        with tempfile.TemporaryDirectory() as folder:
            if options.shard_by_path:
                found = _sharded(cell, Path(folder), options)
            else:
                found = cell.run(Path(folder), options.examples, options.more)
        unnamed += 1 if isinstance(found, str) else _tell(cell, found)
        if isinstance(found, str):
            print(f"{cell}: refused\n{found}")
    return 1 if unnamed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.tallystick.mock.matrix", description=__doc__)
    parser.add_argument("contracts", nargs="+", type=Path)
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--examples", type=int, default=100)
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--shard-by-path", action="store_true")
    parser.add_argument("--stateful-seconds", type=int, default=300, help="of a sharded run")
    parser.add_argument("more", nargs="*", help="further options of Schemathesis, after --")
    return parser


def _tell(cell: Cell, outcome: Outcome) -> int:
    """How many failures nothing names."""
    causes = Causes(cell.entry)
    tried = len(causes.operations & outcome.operations)
    unnamed = causes.unnamed(outcome.failures)
    rules = Counter(each.rule for each in map(causes.of, outcome.failures) if each is not None)
    print(
        f"{cell}: exit {outcome.exit_code}, {outcome.seconds:.0f} s, {outcome.cases} cases of"
        f" {tried} of {len(causes.operations)} operations, {len(outcome.failures)} failures, {len(unnamed)} unnamed,"
        f" named by {dict(rules)}",
        flush=True,
    )
    for (operation, check, status), count in Counter((e.operation, e.check, e.status) for e in unnamed).items():
        print(f"  {count} x {operation} {check} {status}")
    for failure in unnamed[:_LISTED]:
        print(f"    {failure}")
    if outcome.exit_code not in (0, 1):
        print(outcome.said[-2000:])
    return len(unnamed) + (outcome.exit_code not in (0, 1))


def _sharded(cell: Cell, folder: Path, options: argparse.Namespace) -> Outcome | str:
    """Examples, coverage and fuzzing by the first segment of the paths; the stateful phase whole, bounded by time."""
    began = time.monotonic()
    mocked = ["--schemathesis-config", CONFIG, *(["--stateful"] if cell.mode == "stateful" else [])]
    whole = Outcome(0, 0.0, "")
    with started(folder, cell.entry, *mocked, port=free_port()) as mock, ThreadPoolExecutor(_AT_ONCE) as pool:
        if not mock.is_up():
            return mock.told()
        jobs = [
            pool.submit(fuzz, mock, cell.entry, seed=cell.seed, examples=options.examples, name=f"shard{place}",
                        more=("--phases", "examples,coverage,fuzzing", "--include-path-regex", shard, *options.more))
            for place, shard in enumerate(_shards(cell.entry))
        ]  # fmt: skip
        jobs.append(
            pool.submit(fuzz, mock, cell.entry, seed=cell.seed, examples=options.examples, name="stateful",
                        more=("--phases", "stateful", "--max-time", str(options.stateful_seconds), *options.more))
        )  # fmt: skip
        for job in jobs:
            part = job.result()
            whole.exit_code = max(whole.exit_code, part.exit_code)
            whole.cases += part.cases
            whole.operations |= part.operations
            whole.failures += part.failures
            whole.said += part.said[-2000:] if part.exit_code not in (0, 1) else ""
    whole.seconds = time.monotonic() - began
    return whole


def _shards(entry: Path) -> Iterator[str]:
    """A regular expression for each first segment, those with most paths first."""
    firsts = Counter(path.split("/")[1] for path in bundle(load(entry))["paths"])
    for first, _ in firsts.most_common():
        yield f"^/{first}(/|$)"


if __name__ == "__main__":
    sys.exit(main())
