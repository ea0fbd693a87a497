"""`make fuzz`: fuzz the real server against the contract; 0 clean, 1 findings, 2 could not run."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from app.kit.postgres import EmbeddedPostgresError
from tallystick.checks.fuzz.gates import GateConfigurationError
from tallystick.checks.fuzz.summary import SeedResult
from tests.fuzz.people import SeedError
from tests.fuzz.run import COULD_NOT_RUN, FIXED_SEED, fuzz_seed, parts, terminated
from tests.fuzz.tool import CONTRACT
from tests.support.databases import TestServer


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    signal.signal(signal.SIGTERM, terminated)
    seeds = [options.seed] if options.seed is not None else [FIXED_SEED, secrets.randbelow(2**31)]
    progress = sys.stderr if options.format == "json" else sys.stdout
    if not CONTRACT.exists():
        print(f"{CONTRACT} is missing: run `make generate`.", file=sys.stderr)
        return COULD_NOT_RUN
    try:
        results = _run(seeds, options.time, progress)
    except (SeedError, EmbeddedPostgresError, GateConfigurationError, AssertionError) as error:
        print(f"fuzz: {error}", file=sys.stderr)
        return COULD_NOT_RUN
    except KeyboardInterrupt:
        print("fuzz: interrupted", file=sys.stderr)
        return COULD_NOT_RUN
    if options.format == "json":
        print(json.dumps([result.as_json() for result in results], indent=2))
    else:
        print("\n".join(line for result in results for line in result.as_text()))
    return max(result.exit_code for result in results)


def _run(seeds: Sequence[int], seconds: int, progress: TextIO) -> list[SeedResult]:
    with tempfile.TemporaryDirectory(prefix="tallystick-fuzz-") as folder:
        scratch = Path(folder)
        postgres = TestServer(scratch / "postgres")
        postgres.start()
        try:
            results = []
            for seed in seeds:
                print(f"fuzz: seed {seed} (again with FUZZ_SEED={seed})", file=progress, flush=True)
                results.append(fuzz_seed(postgres, seed, parts(seconds), scratch, progress))
            return results
        finally:
            postgres.stop()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    # Texts from the environment go the way of arguments: what is no number is said so.
    parser.add_argument(
        "--time",
        type=_seconds,
        default=os.environ.get("FUZZ_TIME") or "60",
        help="seconds of fuzzing and stateful testing per seed (FUZZ_TIME); examples and coverage always run whole",
    )
    parser.add_argument(
        "--seed",
        type=int,
        default=os.environ.get("FUZZ_SEED") or None,
        help="one seed (FUZZ_SEED); by default a fixed one and a new one",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")
    return parser.parse_args(arguments)


def _seconds(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of seconds, one at least")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
