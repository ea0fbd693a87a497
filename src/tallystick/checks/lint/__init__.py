"""House rules for contracts: what is valid OpenAPI, and still not good enough here."""

from __future__ import annotations

from collections.abc import Iterator

from tallystick.checks.lint import ambiguous, answers, examples, extensions, names, readers, schemas, security, statuses
from tallystick.checks.lint.findings import RULES, Finding
from tallystick.checks.lint.rulebook import Exemption, Rulebook, read_rulebook
from tallystick.checks.lint.view import View
from tallystick.spec.errors import Diagnostic, Severity, in_order
from tallystick.spec.nodes import Object

__all__ = ["DEFAULT_RULES", "RULES", "Rulebook", "lint", "read_rulebook"]

RULE_MODULES = (ambiguous, answers, examples, extensions, names, readers, schemas, security, statuses)
"""Importing a module registers its rules."""

DEFAULT_RULES = Rulebook(
    {"format-has-one-type": Severity.INFO, "event-schema-is-whole": Severity.INFO}
    | dict.fromkeys(
        (
            "example-valid",
            "secured-operation-has-401",
            "request-can-be-refused",
            "deleted-thing-can-be-missed",
            "form-can-say-it",
            "xml-can-say-it",
            "enum-has-values",
            "success-response",
            "no-content-has-no-body",
            "idempotent-answer-is-whole",
        ),
        Severity.WARNING,
    )
)
"""For contracts without rules of their own: only what no server can make good."""


def lint(bundled: Object, rules: Rulebook = DEFAULT_RULES) -> list[Diagnostic]:
    """Every breach of the rules, in order of place; a mistake in the rules themselves is one too."""
    view = View(bundled, rules.extensions)
    used: set[Exemption] = set()
    found: dict[tuple[str, object, str], Diagnostic] = {}
    for name, severity in rules.severities.items():
        for finding in RULES[name](view) if name in RULES else ():
            excuses = [each for each in rules.exemptions if each.covers(name, finding)]
            used.update(excuses)
            if not excuses:
                # What several operations share is written once and reported once.
                found.setdefault((name, finding.position, finding.message), _diagnostic(name, severity, finding))
    return in_order([*rules.problems, *found.values(), *_unused(rules, used)])


def _diagnostic(name: str, severity: Severity, finding: Finding) -> Diagnostic:
    return Diagnostic(name, finding.message, finding.position, finding.pointer, finding.hint, severity)


def _unused(rules: Rulebook, used: set[Exemption]) -> Iterator[Diagnostic]:
    for each in rules.exemptions:
        if each not in used:
            message = f"this exception from {each.rule} no longer excuses anything"
            yield Diagnostic("unused-exception", message, each.position, each.at, "remove it")
