"""Contracts that must be refused: each file says why on its first line, and what is to be found where on its second."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tallystick.spec.bundle import bundle
from tallystick.spec.errors import ContractError, Diagnostic
from tallystick.spec.loader import load
from tallystick.spec.validate import validate

BROKEN = Path(__file__).parent / "broken"
ENTRIES = sorted([*BROKEN.glob("*.yaml"), *BROKEN.glob("*/openapi.yaml")])
_EXPECTED = re.compile(r"# expected: (.+)")


def findings(entry: Path) -> tuple[Diagnostic, ...]:
    try:
        return tuple(validate(bundle(load(entry))))
    except ContractError as error:
        return error.diagnostics


def place_and_rule(found: Diagnostic, entry: Path) -> str:
    assert found.position is not None, found
    file = Path(found.position.file).name
    prefix = "" if file == entry.name else f"{file}:"
    return f"{prefix}{found.position.line}:{found.position.column} {found.rule}"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.relative_to(BROKEN).as_posix())
def test_broken_contract_is_refused_at_the_exact_place(entry: Path) -> None:
    reason, expected = entry.read_text(encoding="utf-8").splitlines()[:2]
    match = _EXPECTED.fullmatch(expected)
    assert reason.startswith("# ")
    assert match, "the second line says what is to be found"
    found = findings(entry)
    assert [place_and_rule(each, entry) for each in found] == match.group(1).split(", ")
    assert all(each.message and each.hint for each in found), "each finding says what is wrong and what to do"


def test_there_are_many_kinds_of_broken_contract() -> None:
    assert len(ENTRIES) >= 50
