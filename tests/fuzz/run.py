"""One seed from start to result, and a whole run of several."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

from tallystick.checks.fuzz.contract import FuzzContract
from tallystick.checks.fuzz.events import SeenCase, read_events, read_ledger
from tallystick.checks.fuzz.gates import Gates, findings, tally
from tallystick.checks.fuzz.summary import Invocation, SeedResult
from tests.fuzz.target import RUNNER, serving
from tests.fuzz.tool import CONTRACT, EVENTS, LEDGER, Part, schemathesis
from tests.support.databases import TestServer
from tests.support.server import ROOT

FIXED_SEED = 20260304
COULD_NOT_RUN = 2
OUTPUT = ROOT / "build" / "fuzz"
GATES = ROOT / "tests" / "fuzz" / "gates.toml"


def terminated(_: int, __: FrameType | None) -> NoReturn:
    """For SIGTERM: end by the same way as Ctrl-C, so that server and database are stopped."""
    raise KeyboardInterrupt


def parts(seconds: int) -> tuple[Part, ...]:
    """What enumerates the contract runs whole; only what goes on for ever is bounded by time."""
    return (
        Part("examples-coverage", ("examples", "coverage")),
        Part("fuzzing-stateful", ("fuzzing", "stateful"), seconds),
    )


def load_contract(paths: str = "") -> FuzzContract:
    """The contract, or the part of it whose paths match."""
    document = json.loads(CONTRACT.read_text(encoding="utf-8"))
    document["paths"] = {path: item for path, item in document["paths"].items() if re.search(paths, path)}
    return FuzzContract(document)


def fuzz_seed(
    postgres: TestServer,
    seed: int,
    plan: Sequence[Part],
    scratch: Path,
    progress: IO[str],
    *,
    output: Path | None = None,
    runner: str = RUNNER,
    extra: Mapping[str, str] | None = None,
    paths: str = "",
    short: bool = False,
) -> SeedResult:
    """Start a server, run the parts against it one after the other, judge what they tried and found.

    `paths` restricts everything to the paths that match; a `short` run needs no minimum in the phases that time bounds.
    """
    output = output or OUTPUT / str(seed)
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    with serving(postgres, output.name, scratch / output.name, runner=runner, extra=extra) as server:
        invocations = tuple(schemathesis(server.url, seed, part, output / part.name, progress, paths) for part in plan)
        (output / "server.txt").write_text("\n".join(server.lines.queue), encoding="utf-8")
    cases: list[SeenCase] = []
    for part in plan:
        events = output / part.name / EVENTS
        cases += read_events(events) if events.exists() else ()
        cases += read_ledger(output / part.name / LEDGER)
    counted = [phase for part in plan if not short or part.seconds is None for phase in part.phases]
    result = _judge(seed, invocations, cases, load_contract(paths), counted)
    (output / "summary.json").write_text(json.dumps(result.as_json(), indent=2) + "\n", encoding="utf-8")
    return result


def _judge(
    seed: int,
    invocations: tuple[Invocation, ...],
    cases: list[SeenCase],
    contract: FuzzContract,
    phases: list[str],
) -> SeedResult:
    gates = Gates.load(GATES)
    tallies = tally(contract, cases)
    failed = Counter((found.check, case.operation, found.message) for case in cases for found in case.failed)
    unknown = [f"gates.toml names {name}, which the contract does not have" for name in gates.unknown(load_contract())]
    return SeedResult(
        seed,
        invocations,
        tallies,
        unknown + findings(tallies, gates, phases),
        failed,
        derived=sum(case.derived for case in cases),
    )
