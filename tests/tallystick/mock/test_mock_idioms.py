"""Contracts in the idioms of well-known APIs, mocked and tested by Schemathesis: nothing fails, and nothing is excused.

One fault that this has found stands for many: an API whose errors are XML got problems in JSON.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tallystick.mock.causes import Causes
from tests.tallystick.mock.conftest import CONTRACTS
from tests.tallystick.mock.fuzzing import Cell

IDIOMS = sorted((CONTRACTS / "idioms").glob("*.yaml"))
EXAMPLES = 5
PHASES = {"plain": "examples,coverage", "stateful": "fuzzing,stateful"}

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("mode", PHASES)
@pytest.mark.parametrize("entry", IDIOMS, ids=lambda entry: entry.stem)
def test_a_mock_keeps_its_contract(entry: Path, mode: str, tmp_path: Path) -> None:
    outcome = Cell(entry, mode, seed=1).run(tmp_path, EXAMPLES, ("--phases", PHASES[mode]))
    assert not isinstance(outcome, str), outcome
    causes = Causes(entry)
    assert [str(each) for each in causes.unnamed(outcome.failures)] == []
    assert outcome.exit_code in (0, 1), outcome.said[-2000:]
    assert causes.operations - outcome.operations == set(), "an operation that was not tried proves nothing"
