"""`rules.yaml`: severities, exceptions with reasons, and mistakes in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallystick.checks.lint import RULES, lint, read_rulebook
from tallystick.spec.bundle import bundle
from tallystick.spec.errors import Diagnostic
from tallystick.spec.loader import load, parse
from tallystick.spec.nodes import Object

HERE = Path(__file__).parent
OPENAPI = Path(__file__).parents[3] / "openapi"


def without_summary() -> Object:
    root = parse(HERE / "good.yaml")
    del root["paths"]["/items"]["post"]["summary"]
    del root["paths"]["/health"]["get"]["summary"]
    return root


def found(tmp_path: Path, rules: str) -> list[Diagnostic]:
    file = tmp_path / "rules.yaml"
    file.write_text(rules)
    return lint(without_summary(), read_rulebook(file, RULES))


def places(diagnostics: list[Diagnostic]) -> list[str]:
    return [f"{each.rule} {each.position.line}" for each in diagnostics if each.position]


RULE = "rules:\n  operation-summary: {severity: error, why: Because.}\n"


def test_an_exception_covers_what_is_below_its_pointer(tmp_path: Path) -> None:
    excepted = "exceptions:\n  - {rule: operation-summary, at: /paths/~1items, why: Because.}\n"
    assert [each.pointer for each in found(tmp_path, RULE + excepted)] == ["/paths/~1health/get"]


def test_an_exception_does_not_cover_a_longer_name(tmp_path: Path) -> None:
    excepted = "exceptions:\n  - {rule: operation-summary, at: /paths/~1item, why: Because.}\n"
    assert len(found(tmp_path, RULE + excepted)) == 3


def test_an_exception_no_longer_needed_is_a_finding(tmp_path: Path) -> None:
    excepted = "exceptions:\n  - {rule: operation-summary, at: '#/paths/~1gone', why: Because.}\n"
    rules = [each.rule for each in found(tmp_path, RULE + excepted)]
    assert sorted(rules) == ["operation-summary", "operation-summary", "unused-exception"]


def test_severity_off_and_warning(tmp_path: Path) -> None:
    assert found(tmp_path, "rules:\n  operation-summary: {severity: off, why: Because.}\n") == []
    warnings = found(tmp_path, "rules:\n  operation-summary: {severity: warning, why: Because.}\n")
    assert {each.severity.value for each in warnings} == {"warning"}


@pytest.mark.parametrize(
    ("rules", "line"),
    [
        ("rules:\n  operation-sumary: {severity: error, why: Because.}\n", 2),
        ("rules:\n  operation-summary: {severity: fatal, why: Because.}\n", 2),
        ("rules:\n  has-example: {severity: off}\n", 2),
        ("rules: {}\nmore: {}\n", 2),
        ("exceptions:\n  - {rule: operation-summary, why: Because.}\n", 2),
        ("exceptions:\n  - {rule: operation-sumary, at: /paths, why: Because.}\n", 2),
        ("exceptions:\n  - {rule: operation-summary, at: /paths, why: ''}\n", 2),
    ],
)
def test_mistakes_in_the_rules_are_findings(tmp_path: Path, rules: str, line: int) -> None:
    assert f"rules-file {line}" in places(found(tmp_path, rules))


def test_an_unknown_rule_is_answered_with_the_nearest(tmp_path: Path) -> None:
    (first, *_) = found(tmp_path, "rules:\n  operation-sumary: {severity: error, why: Because.}\n")
    assert first.hint == 'did you mean "operation-summary"?'


def test_the_rules_of_this_project_are_all_known_and_kept() -> None:
    book = read_rulebook(OPENAPI / "rules.yaml", RULES)
    assert book.problems == ()
    assert lint(bundle(load(OPENAPI / "openapi.yaml")), book) == []
