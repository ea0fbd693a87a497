"""One report in four formats: for terminals, for programs, for GitHub's annotations, for code scanning (SARIF)."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, TextIO

from rich.console import Console
from rich.text import Text

from tallystick.reporting.excerpts import excerpt, visible
from tallystick.spec.errors import Diagnostic, Severity, in_order

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.INFO: "bold blue"}
_SARIF_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_GITHUB_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
_NOTES = 3
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"


def report(
    diagnostics: Iterable[Diagnostic],
    form: Format,
    *,
    summary: str = "",
    facts: Mapping[str, Any] | None = None,
    stream: TextIO | None = None,
    verbose: bool = True,
) -> None:
    """Prints the findings, and what else there is to say: `summary` for people, `facts` for programs.

    People see each rule's first few notes where they did not ask for all (`verbose`); warnings and errors always.
    """
    stream = stream or sys.stdout
    found = in_order(diagnostics)
    match form:
        case Format.TEXT:
            _print_text(*((found, []) if verbose else _brief(found)), summary, stream)
        case Format.JSON:
            stream.write(json.dumps(as_json(found, facts or {}), indent=2, ensure_ascii=False) + "\n")
        case Format.GITHUB:
            stream.writelines(f"{as_annotation(each)}\n" for each in found)
        case Format.SARIF:
            stream.write(json.dumps(as_sarif(found), indent=2, ensure_ascii=False) + "\n")


def _brief(diagnostics: list[Diagnostic]) -> tuple[list[Diagnostic], list[str]]:
    """Without the notes that say the same again, and how many of them there are."""
    seen: Counter[str] = Counter()
    shown = []
    for each in diagnostics:
        is_note = each.severity is Severity.INFO
        seen[each.rule] += is_note
        if not is_note or seen[each.rule] <= _NOTES:
            shown.append(each)
    more = {rule: number - _NOTES for rule, number in seen.items() if number > _NOTES}
    return shown, [f"{number} more of {rule}; --verbose shows them" for rule, number in more.items()]


def _print_text(diagnostics: list[Diagnostic], more: list[str], summary: str, stream: TextIO) -> None:
    console = Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True)
    for each in diagnostics:
        console.print(_text(each))
    for line in [*more, *([summary] if summary else [])]:
        console.print(Text(visible(line)))


def _text(each: Diagnostic) -> Text:
    text = Text()
    if each.position:
        text.append(f"{visible(str(each.position))}: ", "bold")
    text.append(str(each.severity), _STYLES[each.severity])
    text.append(f" {each.rule}: {visible(each.message)}\n")
    shown = excerpt(each.position) if each.position else None
    if each.position and shown:
        number = str(each.position.line)
        text.append(f"  {number} | {shown[0]}\n", "dim")
        text.append(f"  {' ' * len(number)} | ", "dim")
        text.append(f"{shown[1]}\n", _STYLES[each.severity])
    if each.hint:
        text.append(f"  next step: {visible(each.hint)}\n")
    return text


def counts(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning`."""
    numbers = dict.fromkeys(Severity, 0)
    for each in diagnostics:
        numbers[each.severity] += 1
    parts = [f"{number} {word}{'s' * (number != 1)}" for word, number in numbers.items() if number]
    return ", ".join(parts) or "no findings"


def as_json(diagnostics: list[Diagnostic], facts: Mapping[str, Any]) -> dict[str, Any]:
    findings = [
        {
            "rule": each.rule,
            "severity": each.severity,
            "message": each.message,
            "hint": each.hint,
            "pointer": each.pointer,
            "file": each.position.file if each.position else None,
            "line": each.position.line if each.position else None,
            "column": each.position.column if each.position else None,
        }
        for each in diagnostics
    ]
    ok = not any(each.severity is Severity.ERROR for each in diagnostics)
    return {"ok": ok, **facts, "findings": findings}


def as_annotation(each: Diagnostic) -> str:
    """A workflow command of GitHub Actions."""
    place = {"title": each.rule}
    if each.position:
        place = {
            "file": each.position.file,
            "line": str(each.position.line),
            "col": str(each.position.column),
            "title": each.rule,
        }
    properties = ",".join(f"{key}={_escaped(value, ':,')}" for key, value in place.items())
    message = each.message + (f"\nnext step: {each.hint}" if each.hint else "")
    return f"::{_GITHUB_LEVELS[each.severity]} {properties}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    return "".join(f"%{ord(each):02X}" if each in "%\r\n" + more else each for each in text)


def as_sarif(diagnostics: list[Diagnostic]) -> dict[str, Any]:
    rules = [{"id": name} for name in sorted({each.rule for each in diagnostics})]
    run = {
        "tool": {"driver": {"name": "tally", "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(each) for each in diagnostics],
    }
    return {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _sarif_result(each: Diagnostic) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if each.position:
        region = {"startLine": each.position.line, "startColumn": each.position.column}
        location["physicalLocation"] = {"artifactLocation": {"uri": each.position.file}, "region": region}
    if each.pointer:
        location["logicalLocations"] = [{"fullyQualifiedName": each.pointer}]
    message = each.message + (f" Next step: {each.hint}." if each.hint else "")
    return {
        "ruleId": each.rule,
        "level": _SARIF_LEVELS[each.severity],
        "message": {"text": message},
        "locations": [location] if location else [],
    }
