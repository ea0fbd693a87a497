"""Every rule about values, on both sides: if one fails, a change of that keyword is judged wrongly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallystick.checks.diff.catalogue import RULES, SUBJECT
from tallystick.checks.diff.changes import Level
from tests.support.differences import Pairs, request, response
from tests.tallystick.checks.diff.value_cases import VALUE_CASES

_SIDES = {"request": request, "response": response}


@pytest.mark.parametrize("side", _SIDES)
@pytest.mark.parametrize("name", SUBJECT)
def test_narrower_and_wider(tmp_path: Path, name: str, side: str) -> None:
    loose, tight, _ = VALUE_CASES[name]
    make, subject = _SIDES[side], SUBJECT[name]
    for old, new, word in ((loose, tight, subject.narrowed), (tight, loose, subject.widened)):
        rule = RULES[f"{side}-{name}-{word}"]
        changes = Pairs(tmp_path).changes(make(old), make(new))
        assert rule in [change.rule for change in changes]
        assert changes[0].level in (rule.level, Level.BREAKING)
        breaks = {"request": subject.narrowed, "response": subject.widened}[side] == word
        assert (rule.level is not Level.HARMLESS) == breaks
        assert all(change.level is Level.HARMLESS for change in changes) != breaks


@pytest.mark.parametrize("side", _SIDES)
@pytest.mark.parametrize("name", [name for name, subject in SUBJECT.items() if subject.incomparable])
def test_neither_holds_the_other(tmp_path: Path, name: str, side: str) -> None:
    _, tight, other = VALUE_CASES[name]
    make = _SIDES[side]
    assert other is not None
    rule = RULES[f"{side}-{name}-changed"]
    for old, new in ((tight, other), (other, tight)):
        changes = Pairs(tmp_path).changes(make(old), make(new))
        assert rule in [change.rule for change in changes]
        assert rule.level is not Level.HARMLESS
