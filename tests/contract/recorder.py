"""Pytest plugin: after a run of the whole suite every documented answer must have been seen.

The workers of pytest-xdist hand over what they saw; the controlling process writes `build/statuses.json`, prints the
share, and fails the run for answers that no test provoked. A run of a part of the suite only prints its share.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.support import statuses
from tests.support.statuses import Pair

REPORT = Path(__file__).resolve().parents[2] / "build" / "statuses.json"
_OUTPUT = "statuses"


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """A worker has ended: take what it saw."""
    output: dict[str, list[list[Any]]] = getattr(node, "workeroutput", {})
    statuses.seen.update((operation, status) for operation, status in output.get(_OUTPUT, ()))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In a worker, hand over; else write the report, and judge if this was the whole suite."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[_OUTPUT] = sorted(statuses.seen)
        return
    if not is_whole(session.config):
        return
    write(REPORT, statuses.seen)
    if session.exitstatus == pytest.ExitCode.OK and statuses.unseen(statuses.seen):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: pytest.ExitCode, config: pytest.Config
) -> None:
    """Say what share was seen, and after the whole suite what is missing."""
    has_run = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
    if not has_run or (not statuses.seen and not is_whole(config)):
        return
    terminalreporter.section("answers of the contract")
    for line in summary(statuses.seen, names=is_whole(config)):
        terminalreporter.line(line)


def is_whole(config: pytest.Config) -> bool:
    """Whether this run was asked for every test."""
    options = config.option
    narrowed = (
        "keyword",
        "markexpr",
        "deselect",
        "ignore",
        "ignore_glob",
        "lf",
        "last_failed",
        "stepwise",
        "collectonly",
    )
    everything = config.args_source is pytest.Config.ArgsSource.TESTPATHS or config.args == config.getini("testpaths")
    return everything and not any(getattr(options, name, None) for name in narrowed)


def write(path: Path, seen: Iterable[Pair]) -> None:
    """Keep what was seen for `python -m tests.contract.statuses`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(sorted(seen)) + "\n")


def read(path: Path) -> set[Pair]:
    """What a run has left."""
    return {(operation, status) for operation, status in json.loads(path.read_text())}


def summary(seen: Iterable[Pair], *, names: bool) -> list[str]:
    """The share of documented answers that were seen, and with `names` those that were not, one line each."""
    all_of_them, missing = statuses.documented(), statuses.unseen(seen)
    count = len(all_of_them) - len(missing)
    share = count / len(all_of_them)
    lines = [f"{count} of {len(all_of_them)} documented answers were provoked ({share:.1%})"]
    if names:
        lines += [f"never seen: {operation} {status}" for operation, status in missing]
    return lines
