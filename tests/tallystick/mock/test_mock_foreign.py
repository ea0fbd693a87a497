"""Contracts that others wrote, mocked and tested by Schemathesis: `TALLY_CONTRACTS=DIR pytest -m foreign`.

What fails has to be foretold by a rule of `tally lint`: the very cause, which no server could avoid. TALLY_EXAMPLES
and TALLY_SEEDS say how much is tried; contracts with more operations than TALLY_OPERATIONS are left to
`python -m tests.tallystick.mock.matrix --shard-by-path`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.tallystick.mock.causes import Causes
from tests.tallystick.mock.fuzzing import MODES, Cell

FOLDER = os.environ.get("TALLY_CONTRACTS")
ENTRIES = sorted(path for path in Path(FOLDER or os.devnull).glob("*") if path.suffix in (".yaml", ".yml", ".json"))
EXAMPLES = int(os.environ.get("TALLY_EXAMPLES", "15"))
SEEDS = [int(seed) for seed in os.environ.get("TALLY_SEEDS", "1").split(",")]
MOST = int(os.environ.get("TALLY_OPERATIONS", "60"))

pytestmark = pytest.mark.foreign


@pytest.mark.skipif(FOLDER is None, reason="TALLY_CONTRACTS names no folder of contracts")
def test_there_are_contracts_to_mock() -> None:
    assert ENTRIES, f"{FOLDER} holds no contract"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.stem)
def test_a_mock_keeps_a_foreign_contract(entry: Path, mode: str, seed: int, tmp_path: Path) -> None:
    causes = Causes(entry)
    if len(causes.operations) > MOST:
        pytest.skip(f"{len(causes.operations)} operations take too long for one process")
    outcome = Cell(entry.resolve(), mode, seed).run(tmp_path, EXAMPLES)
    if isinstance(outcome, str):
        pytest.skip(f"refused: {outcome[:500]}")
    assert outcome.exit_code in (0, 1), outcome.said[-2000:]
    assert causes.operations - outcome.operations == set(), "an operation that was not tried proves nothing"
    assert [str(each) for each in causes.unnamed(outcome.failures)] == []
