"""The record of answers seen: a gap in a whole run fails, a run of a part does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from generated.operations import OPERATIONS
from tests.contract import recorder
from tests.support import statuses

CONFTEST = """
from tests.contract.recorder import *
from tests.support import statuses

def pytest_configure():
    statuses.seen.clear()
    statuses.seen.update(statuses.documented(){less})
"""
TESTS = "def test_one(): pass\ndef test_two(): pass\n"
pytest_plugins = ["pytester"]


def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, less: str, *arguments: str) -> pytest.RunResult:
    """A run of two tests in a project of its own, which has seen everything but `less`."""
    monkeypatch.setattr(recorder, "REPORT", pytester.path / "statuses.json")
    monkeypatch.setattr(statuses, "seen", set())
    pytester.makeini("[pytest]\ntestpaths = tests\nasyncio_default_fixture_loop_scope = function\n")
    folder = pytester.mkdir("tests")
    (folder / "conftest.py").write_text(CONFTEST.format(less=less))
    (folder / "test_some.py").write_text(TESTS)
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", *arguments)


def test_a_whole_run_that_has_seen_everything_passes(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run(pytester, monkeypatch, "")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*documented answers were provoked (100.0%)"])


def test_a_whole_run_that_has_seen_nothing_fails(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """A recorder that records nothing must not pass for a suite that proves everything."""
    assert run(pytester, monkeypatch, "[:0]").ret == pytest.ExitCode.TESTS_FAILED


def test_a_whole_run_with_a_gap_fails_and_names_it(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run(pytester, monkeypatch, "[1:]")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    operation, status = statuses.documented()[0]
    result.stdout.fnmatch_lines([f"never seen: {operation} {status}"])


@pytest.mark.parametrize(
    "arguments", [("tests/test_some.py",), ("-k", "one"), ("--deselect", "tests/test_some.py::test_one")]
)
def test_a_run_of_a_part_does_not_fail(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    result = run(pytester, monkeypatch, "[1:]", *arguments)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("never seen:*")
    assert not recorder.REPORT.exists(), "the report of the last whole run stays"


def test_the_report_can_be_read_again(tmp_path: Path) -> None:
    seen = set(statuses.documented()[3:])
    recorder.write(tmp_path / "build" / "statuses.json", seen)
    assert recorder.read(tmp_path / "build" / "statuses.json") == seen
    assert statuses.unseen(seen) == statuses.documented()[:3]
    assert len(recorder.summary(seen, names=True)) == 4


def test_every_operation_documents_its_success() -> None:
    """The count of documented answers would be wrong with an operation that has none."""
    assert all(any(status < 400 for status in operation.statuses) for operation in OPERATIONS)
    assert len(statuses.documented()) == len(set(statuses.documented()))
