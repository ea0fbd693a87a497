"""Every contract of the suite, one construct each: carried out by the mock without a single failure of Schemathesis.

`make conformance` runs this; with CONFORMANCE_EXAMPLES=100 CONFORMANCE_SEEDS=1,2,3 it tries what is promised.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tallystick.checks.lint import lint
from tallystick.generator.pipeline import generate
from tallystick.generator.request import GenerateRequest
from tallystick.mock.application import Workshop
from tallystick.spec.bundle import bundle
from tallystick.spec.errors import Severity
from tallystick.spec.loader import load
from tests.conformance.fuzzing import fuzz_mock
from tests.conformance.suite import contracts, efforts, name_of
from tests.conformance.verdict import findings

ROOT = Path(__file__).parents[2]
CONTRACTS = contracts()
SHOWN = 10


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    made = Workshop()
    yield made
    made.close()


@pytest.mark.parametrize("contract", CONTRACTS, ids=name_of)
def test_a_mock_keeps_its_contract(contract: Path, workshop: Workshop) -> None:
    """Plain and with a memory: no failure in any phase, and every operation was tried and answered."""
    made = workshop.generate(contract)
    for effort in efforts():
        for stateful in (False, True):
            found = findings(fuzz_mock(made, contract, effort, stateful=stateful))
            shown = "\n".join(found[:SHOWN])
            assert not found, f"{len(found)} with seed {effort.seed}, {stateful=}:\n{shown}"


@pytest.mark.parametrize("contract", CONTRACTS, ids=name_of)
def test_a_contract_is_a_good_one(contract: Path) -> None:
    """Nobody could keep a contract that contradicts itself, and nobody learns from one without its reason."""
    assert contract.read_text(encoding="utf-8").startswith("# "), "line 1 says what the contract proves"
    faults = [each for each in lint(bundle(load(contract))) if each.severity is Severity.ERROR]
    assert faults == []


def test_mypy_strict_is_clean(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Whoever writes handlers on a generated package in strict mode starts without errors."""
    for contract in CONTRACTS:
        name = "made_" + name_of(contract).replace("/", "_")
        generate(GenerateRequest(contract, tmp_path / name, name, verify=False))
    config = tmp_path / "mypy.ini"
    config.write_text(f"[mypy]\nstrict = true\nplugins = pydantic.mypy\nmypy_path = {ROOT / 'src'}\n")
    kept = getattr(request.config, "cache", None)
    cache = kept.mkdir("mypy-conformance") if kept is not None else tmp_path / ".mypy_cache"
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", str(config), "--cache-dir", str(cache), "."],
        cwd=tmp_path, capture_output=True, text=True, check=False, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
