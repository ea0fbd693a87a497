"""Contracts that others wrote, mocked and tested by Schemathesis: `TALLY_CONTRACTS=DIR pytest -m foreign`.

What is found has to be named by a rule of `tally lint`: a failure that no server could avoid.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tallystick.checks.lint import lint
from tallystick.spec.bundle import bundle
from tallystick.spec.loader import load
from tests.tallystick.mock.running import free_port, started

FOLDER = os.environ.get("TALLY_CONTRACTS")
ENTRIES = sorted(path for path in Path(FOLDER or os.devnull).glob("*") if path.suffix in (".yaml", ".yml", ".json"))
EXAMPLES = os.environ.get("TALLY_EXAMPLES", "15")
SEED = os.environ.get("TALLY_SEED", "1")
TIME = 1_800
_OPERATION = re.compile(r"^_+ ((?:GET|PUT|POST|DELETE|PATCH) \S+|Stateful tests) _+$", re.MULTILINE)

pytestmark = pytest.mark.foreign


@pytest.mark.skipif(FOLDER is None, reason="TALLY_CONTRACTS names no folder of contracts")
def test_there_are_contracts_to_mock() -> None:
    assert ENTRIES, f"{FOLDER} holds no contract"


@pytest.mark.parametrize("mode", ["plain", "stateful"])
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.stem)
def test_a_mock_keeps_a_foreign_contract(entry: Path, mode: str, tmp_path: Path) -> None:
    options = ["--schemathesis-config", "st.toml", *(["--stateful"] if mode == "stateful" else [])]
    with started(tmp_path, entry, *options, port=free_port()) as mock:
        if not mock.is_up():
            pytest.skip(f"refused: {mock.told()[:500]}")
        done = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "--config-file", "st.toml", "run", str(entry), "-n", EXAMPLES,
             "--seed", SEED, "--continue-on-failure", "--generation-database", "none"],
            cwd=tmp_path, capture_output=True, text=True, timeout=TIME, check=False,
        )  # fmt: skip
    failed = set(_OPERATION.findall(done.stdout))
    assert done.returncode in (0, 1), done.stdout[-2000:] + done.stderr[-2000:]
    unnamed = sorted(failed - set(named(entry)))
    assert unnamed == [], done.stdout[-20_000:]


def named(entry: Path) -> Iterator[str]:
    """The operations of which `tally lint` says that no server can keep them."""
    for each in lint(bundle(load(entry))):
        path, method = each.pointer.removeprefix("/paths/").split("/")[:2] if "/paths/" in each.pointer else ("", "")
        yield f"{method.upper()} {path.replace('~1', '/').replace('~0', '~')}"
        if each.rule == "deleted-thing-can-be-missed":
            yield "Stateful tests"
