"""Every rule of the catalogue is tried: a rule that never speaks would let its changes pass in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallystick.checks.diff.catalogue import RULES, SUBJECTS
from tallystick.checks.diff.changes import Level, Side
from tests.support.differences import Pairs
from tests.tallystick.checks.diff.operation_cases import OPERATION_CASES
from tests.tallystick.checks.diff.schema_cases import SCHEMA_CASES
from tests.tallystick.checks.diff.value_cases import VALUE_CASES

CASES = {**SCHEMA_CASES, **OPERATION_CASES}
_ORDER = list(Level)
# Changes that no contract can show alone, because what they mean is felt elsewhere as well.
_WORSE = {
    "request-read-only-property-changed",
    "response-discriminator-property-changed",
    "security-scheme-removed",
    "security-flow-added",
    "security-scope-offered",
    "security-scheme-added",
    "request-xml-changed",
}


@pytest.mark.parametrize("rule", CASES)
def test_rule(tmp_path: Path, rule: str) -> None:
    changes = Pairs(tmp_path).changes(*CASES[rule])
    found = {change.rule.id: change for change in changes}
    assert rule in found
    assert found[rule].level is RULES[rule].level
    assert found[rule].old, "the place in the old contract is missing"
    assert found[rule].new, "the place in the new contract is missing"
    if rule not in _WORSE:
        assert changes[0].level is RULES[rule].level, [change.rule.id for change in changes]


def test_every_rule_is_tried() -> None:
    values = {
        f"{side}-{subject.name}-{word}"
        for subject in SUBJECTS
        for side in Side
        for word in (subject.narrowed, subject.widened, *(["changed"] if subject.incomparable else []))
    }
    assert {subject.name for subject in SUBJECTS} == VALUE_CASES.keys()
    assert values | CASES.keys() == RULES.keys()
    assert not values & CASES.keys()


def test_the_same_contract(tmp_path: Path) -> None:
    for pair in CASES.values():
        for text in pair:
            assert not Pairs(tmp_path).changes(text, text)
