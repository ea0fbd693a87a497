"""Runs Schemathesis as a process, with everything it shall report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tallystick.checks.fuzz.summary import Invocation
from tests.support.server import ROOT, environment

CONTRACT = ROOT / "generated" / "openapi.json"
CONFIGURATION = ROOT / "tests" / "fuzz" / "schemathesis.toml"
LEDGER = "requests-by-checks.ndjson"
EVENTS = "events.ndjson"
INTERRUPT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Part:
    """One invocation of Schemathesis for a seed: its name, its phases, its time budget if it has one."""

    name: str
    phases: tuple[str, ...]
    seconds: int | None = None


def schemathesis(url: str, seed: int, part: Part, folder: Path, progress: IO[str], paths: str = "") -> Invocation:
    """Run one part; its reports are in the folder afterwards, its output goes to `progress` as it comes.

    `paths` is a regular expression of the paths to test, all by default.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LEDGER).unlink(missing_ok=True)
    variables = {"FUZZ_URL": url, "FUZZ_SEED": str(seed), "FUZZ_LEDGER": str(folder / LEDGER)}
    began = time.monotonic()
    process = subprocess.Popen(
        _command(url, seed, part, folder, paths),
        cwd=ROOT,
        env={**environment(), **variables, "PYTHONUNBUFFERED": "1", "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    try:
        _follow(process, folder / "output.txt", progress)
        exit_code = process.wait()
    finally:
        _end(process)
    return Invocation(part.phases, exit_code, time.monotonic() - began, _report(folder / "report.json"))


def _command(url: str, seed: int, part: Part, folder: Path, paths: str) -> Sequence[str | os.PathLike[str]]:
    budget = () if part.seconds is None else ("--max-time", str(part.seconds))
    return [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", CONFIGURATION, "run", CONTRACT, "--url", url),
        *("--phases", ",".join(part.phases), "--seed", str(seed), "--no-color"),
        *("--report-junit-path", folder / "junit.xml", "--report-ndjson-path", folder / EVENTS),
        *("--report-json-path", folder / "report.json", "--report-html-path", folder / "html"),
        *budget,
        *(("--include-path-regex", paths) if paths else ()),
    ]


def _follow(process: subprocess.Popen[str], copy: Path, progress: IO[str]) -> None:
    assert process.stdout is not None
    with copy.open("w", encoding="utf-8") as file, process.stdout as lines:
        for line in lines:
            file.write(line)
            progress.write(line)
            progress.flush()


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(INTERRUPT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _report(path: Path) -> dict[str, object]:
    try:
        report: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return report
