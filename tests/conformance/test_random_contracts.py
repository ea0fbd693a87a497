"""Contracts at random are generated, imported, and pass their own fuzz.

What is found here gets a small contract of its own in `contracts/`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from tallystick.mock.application import Workshop
from tests.conformance.fuzzing import Effort, fuzz_mock
from tests.conformance.random_contracts import random_contract
from tests.conformance.suite import RANDOM
from tests.conformance.verdict import findings

OPERATIONS = 4
EFFORT = Effort(examples=5)
_NUMBERS = count()


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    made = Workshop()
    yield made
    made.close()


@pytest.mark.slow
@settings(
    max_examples=RANDOM,
    # A smaller contract would take as long again, many times.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.nested_given, HealthCheck.too_slow],
)
@given(choose=st.randoms(use_true_random=False), stateful=st.booleans())
def test_a_random_contract_is_kept(choose: random.Random, stateful: bool, workshop: Workshop, tmp_path: Path) -> None:
    text = json.dumps(random_contract(choose, OPERATIONS, tags=2), ensure_ascii=False)
    note(text)
    path = tmp_path / f"random_{next(_NUMBERS)}.json"
    path.write_text(text, encoding="utf-8")
    assert findings(fuzz_mock(workshop.generate(path), path, EFFORT, stateful=stateful)) == []


def test_the_same_choices_make_the_same_contract() -> None:
    """Else a failure could not be looked at twice."""
    one, two = (random_contract(random.Random(7), 20, 3) for _ in range(2))
    assert json.dumps(one) == json.dumps(two)
    assert one != random_contract(random.Random(8), 20, 3)


def test_all_kinds_of_parts_are_used() -> None:
    """A contract of many operations has everything that its maker knows."""
    text = json.dumps(random_contract(random.Random(1), 300, 10))
    words = (
        "pipeDelimited", "deepObject", "explode", "cookie", "X-Mode", ":run", "multipart/form-data", "merge-patch",
        "x-www-form-urlencoded", "octet-stream", "text/plain", "text/csv", "oneOf", "anyOf", "allOf", "discriminator",
        "additionalProperties", "propertyNames", "uniqueItems", "2XX", "4XX", "default", "X-Count", '"security": []',
        '[{}, {"token"', '"token": [], "key": []', "admin", "oauth", '"required": false',
    )  # fmt: skip
    assert [word for word in words if word not in text] == []
