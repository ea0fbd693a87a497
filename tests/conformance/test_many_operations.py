"""A contract of 300 operations, composed of all kinds of parts: as good as the small ones, though all is in one."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tallystick.mock.application import Generated, Workshop
from tests.conformance.fuzzing import Effort, fuzz_mock
from tests.conformance.random_contracts import random_contract
from tests.conformance.suite import efforts
from tests.conformance.verdict import findings

OPERATIONS = 300
TAGS = 10
SEED = 1
# The cases of fuzzing per operation, as a share of what a small contract gets.
SHARE = 5
SHOWN = 10


@dataclass(frozen=True)
class Many:
    """The contract, and what was generated from it."""

    path: Path
    made: Generated


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Many]:
    path = tmp_path_factory.mktemp("many") / "many.json"
    contract = random_contract(random.Random(SEED), OPERATIONS, TAGS)
    path.write_text(json.dumps(contract, ensure_ascii=False), encoding="utf-8")
    workshop = Workshop()
    yield Many(path, workshop.generate(path))
    workshop.close()


@pytest.mark.slow
@pytest.mark.parametrize("part", range(TAGS))
def test_a_mock_of_many_operations_keeps_its_contract(many: Many, part: int) -> None:
    """Tag by tag; in one mode, with the next seed in the other."""
    for effort in efforts():
        stateful = (part + effort.seed) % 2 == 0
        less = Effort(max(2, effort.examples // SHARE), effort.seed)
        run = fuzz_mock(many.made, many.path, less, stateful=stateful, tag=f"part {part}")
        assert len(run.operations) == OPERATIONS // TAGS
        found = findings(run)
        assert not found, f"{len(found)} with seed {effort.seed}, {stateful=}:\n" + "\n".join(found[:SHOWN])
