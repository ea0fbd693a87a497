"""`make fuzz-selftest`: plant one fault after the other into the real application and show that fuzzing finds them.

0: at least nine of ten are caught, and without a fault nothing is found. 1: not so. 2: could not run.
"""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from app.kit.postgres import EmbeddedPostgresError
from tallystick.checks.fuzz.summary import SeedResult
from tests.fuzz.faults import FAULTS
from tests.fuzz.faulty import NO_FAULT
from tests.fuzz.people import SeedError
from tests.fuzz.run import COULD_NOT_RUN, FIXED_SEED, OUTPUT, fuzz_seed, parts, terminated
from tests.support.databases import TestServer

NEEDED = 9
AT_ONCE = 2
SECONDS = 6
# Where the faults are, and as little else as possible: the whole shall take minutes.
PATHS = "/items|/users/me/sessions$|/health$"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one fault."""

    fault: str
    result: SeedResult
    seconds: float

    @property
    def caught_by(self) -> str:
        gates = ["gates"] if self.result.gates and not self.result.caught_by else []
        return ", ".join(self.result.caught_by + gates) or "-"


def main() -> int:
    signal.signal(signal.SIGTERM, terminated)
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="tallystick-fuzz-") as folder:
            outcomes = _run(Path(folder))
    except (SeedError, EmbeddedPostgresError, AssertionError) as error:
        print(f"fuzz-selftest: {error}", file=sys.stderr)
        return COULD_NOT_RUN
    except KeyboardInterrupt:
        print("fuzz-selftest: interrupted", file=sys.stderr)
        return COULD_NOT_RUN
    return report(outcomes, time.monotonic() - began)


def report(outcomes: Sequence[Outcome], seconds: float) -> int:
    """Print fault x caught-by; the exit code."""
    for outcome in outcomes:
        print(f"{outcome.fault:28} {outcome.seconds:4.0f} s  {outcome.caught_by}")
    sound = next(outcome for outcome in outcomes if outcome.fault == NO_FAULT)
    planted = [outcome for outcome in outcomes if outcome.fault != NO_FAULT]
    caught = [outcome for outcome in planted if outcome.result.caught_by or outcome.result.gates]
    print(f"{len(caught)} of {len(planted)} faults were caught in {seconds:.0f} s")
    if any(outcome.result.exit_code == COULD_NOT_RUN for outcome in outcomes):
        print("some runs did not come to an end: see build/fuzz/selftest", file=sys.stderr)
        return COULD_NOT_RUN
    for line in sound.result.failures + sound.result.gates:
        print(f"without a fault: {line}")
    return 0 if len(caught) >= NEEDED and not sound.result.failures and not sound.result.gates else 1


def _run(scratch: Path) -> list[Outcome]:
    postgres = TestServer(scratch / "postgres")
    postgres.start()
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(lambda fault: _one(postgres, fault, scratch), [NO_FAULT, *FAULTS]))
    finally:
        postgres.stop()


def _one(postgres: TestServer, fault: str, scratch: Path) -> Outcome:
    began = time.monotonic()
    name = "".join(letter if letter.isalnum() else "-" for letter in fault.lower())
    output = OUTPUT / "selftest" / name
    output.parent.mkdir(parents=True, exist_ok=True)
    with (output.parent / f"{name}.txt").open("w", encoding="utf-8") as progress:
        result = fuzz_seed(
            postgres,
            FIXED_SEED,
            parts(SECONDS),
            scratch,
            progress,
            output=output,
            runner="tests.fuzz.faulty",
            extra={"FUZZ_FAULT": fault, "APP_RESPONSE_GUARD": "0"},
            paths=PATHS,
            short=True,
        )
    outcome = Outcome(fault, result, time.monotonic() - began)
    print(f"  {fault}: {outcome.caught_by}", file=sys.stderr, flush=True)
    return outcome


if __name__ == "__main__":
    sys.exit(main())
