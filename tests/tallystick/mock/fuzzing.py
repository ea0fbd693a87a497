"""A mock under Schemathesis: every failed check of a run, with what was sent and what came back."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.tallystick.mock.running import Running, free_port, started

MODES = ("plain", "stateful")
HOUR = 3_600.0
CONFIG = "st.toml"
_EVENTS = "events.ndjson"


@dataclass(frozen=True)
class Failure:
    """One check that failed on one request.

    `changed` are the properties of the body, or the parameters, that were made to break the schema; empty where the
    request was meant to be valid.
    """

    operation: str
    check: str
    phase: str
    status: int | None
    positive: bool
    media_type: str | None
    changed: frozenset[str]
    message: str
    case: Mapping[str, Any]

    def __str__(self) -> str:
        sent = json.dumps({name: one for name, one in self.case.items() if name not in ("meta", "headers")})
        return f"{self.phase}: {self.operation}: {self.check}: {self.status}: {self.message}: {sent[:600]}"


@dataclass
class Outcome:
    """What a run found; `said` is what Schemathesis printed."""

    exit_code: int
    seconds: float
    said: str
    cases: int = 0
    operations: set[str] = field(default_factory=set)
    failures: list[Failure] = field(default_factory=list)


def fuzz(
    mock: Running, entry: Path, *, seed: int, examples: int, name: str = "run", more: Sequence[str] = ()
) -> Outcome:
    """Test a mock that was started with `--schemathesis-config`; `more` are further options."""
    folder = mock.folder / name
    folder.mkdir()
    config = (mock.folder / CONFIG).read_text()
    (folder / CONFIG).write_text(config)
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "--config-file", CONFIG, "run", str(entry), "--no-color",
         "-n", str(examples), "--seed", str(seed), "--continue-on-failure", "--generation-database", "none",
         "--report-ndjson-path", _EVENTS, *more],
        cwd=folder, capture_output=True, text=True, timeout=2 * HOUR, check=False,
    )  # fmt: skip
    outcome = Outcome(done.returncode, time.monotonic() - began, done.stdout + done.stderr)
    events = folder / _EVENTS
    if events.exists():
        _read(events, outcome)
        events.unlink()
    return outcome


def _read(events: Path, outcome: Outcome) -> None:
    seen = set[str]()
    with events.open(encoding="utf-8") as lines:
        for line in lines:
            scenario = json.loads(line).get("ScenarioFinished")
            if scenario is None:
                continue
            recorder = scenario["recorder"]
            for identifier, node in recorder.get("cases", {}).items():
                if identifier in seen:
                    continue
                seen.add(identifier)
                outcome.cases += 1
                outcome.operations.add(_operation(node["value"]))
                outcome.failures += _failures(scenario["phase"], recorder, identifier, node["value"])


def _operation(case: Mapping[str, Any]) -> str:
    return f"{case['method'].upper()} {case['path']}"


def _failures(phase: str, recorder: Mapping[str, Any], identifier: str, case: Mapping[str, Any]) -> Iterator[Failure]:
    meta = case.get("meta", {})
    data = meta.get("phase", {}).get("data", {})
    answer = recorder.get("interactions", {}).get(identifier, {}).get("response") or {}
    for check in recorder.get("checks", {}).get(identifier, ()):
        if check["status"] == "failure":
            told = check.get("failure_info", {}).get("failure", {})
            yield Failure(
                operation=_operation(case),
                check=check["name"],
                phase=phase,
                status=answer.get("status_code"),
                positive=meta.get("generation", {}).get("mode") == "positive",
                media_type=case.get("media_type"),
                changed=frozenset(_changed(data)),
                message=" ".join(str(told.get("message") or told.get("title")).split()),
                case=case,
            )


def _changed(data: Mapping[str, Any]) -> Iterator[str]:
    """Names of what was changed: the coverage phase tells one place, fuzzing a list of mutations."""
    for place in (data, *data.get("mutations", ())):
        pointer = str(place.get("location") or place.get("schema_pointer") or "")
        _, found, below = f"{pointer}/".partition("/properties/")
        if found:
            yield below.partition("/")[0].replace("~1", "/").replace("~0", "~")
        elif place.get("parameter") and place.get("parameter_location") != "body":
            yield str(place["parameter"])


@dataclass(frozen=True)
class Cell:
    """One run of the matrix."""

    entry: Path
    mode: str
    seed: int

    def __str__(self) -> str:
        return f"{self.entry.stem}-{self.mode}-{self.seed}"

    def run(self, folder: Path, examples: int, more: Sequence[str] = ()) -> Outcome | str:
        """What was found, or why the contract is refused."""
        options = ["--schemathesis-config", CONFIG, *(["--stateful"] if self.mode == "stateful" else [])]
        with started(folder, self.entry, *options, port=free_port()) as mock:
            if not mock.is_up():
                return mock.told()
            return fuzz(mock, self.entry, seed=self.seed, examples=examples, more=more)
