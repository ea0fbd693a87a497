"""What changed between two contracts, for people, for programs, for pull requests and for a changelog."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape
from typing import Any

from tallystick.checks.diff.changes import Change, Level
from tallystick.reporting.excerpts import visible
from tallystick.reporting.formats import as_annotation, as_sarif
from tallystick.spec.errors import Diagnostic, Position, Severity, in_order


class DiffFormat(StrEnum):
    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    GITHUB = "github"
    SARIF = "sarif"
    CHANGELOG = "changelog"


_SEVERITIES = {Level.BREAKING: Severity.ERROR, Level.DANGEROUS: Severity.WARNING, Level.HARMLESS: Severity.INFO}
_HEADINGS = {Level.BREAKING: "Breaking", Level.DANGEROUS: "Dangerous", Level.HARMLESS: "Harmless"}
_FELT = {
    Level.BREAKING: "Clients have to change:",
    Level.DANGEROUS: "Clients should look at:",
    Level.HARMLESS: "New, or changed without harm:",
}
_MOST_OPERATIONS = 4


@dataclass(frozen=True)
class Difference:
    """All there is to report."""

    old: str
    new: str
    changes: tuple[Change, ...]
    names: dict[str, str]
    """The operationIds, by operation."""
    ignored: tuple[tuple[Change, str], ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    version: str = ""

    def of(self, level: Level) -> list[Change]:
        return [each for each in self.changes if each.level is level]

    def counts(self) -> str:
        """`2 breaking, 1 harmless`."""
        numbers = [f"{len(self.of(level))} {level}" for level in Level if self.of(level)]
        numbers += [f"{len(self.ignored)} ignored"] if self.ignored else []
        return ", ".join(numbers) or "nothing changed"


def render(difference: Difference, form: DiffFormat) -> str:
    """The report, with a line end at its end."""
    return "".join(f"{line}\n" for line in _lines(difference, form))


def _lines(difference: Difference, form: DiffFormat) -> Iterable[str]:
    match form:
        case DiffFormat.TEXT:
            return _text(difference)
        case DiffFormat.MARKDOWN:
            return _markdown(difference)
        case DiffFormat.HTML:
            return _html(difference)
        case DiffFormat.CHANGELOG:
            return _changelog(difference)
        case DiffFormat.GITHUB:
            return map(as_annotation, in_order(_diagnostics(difference)))
        case DiffFormat.SARIF:
            return [_dumped(as_sarif(in_order(_diagnostics(difference))))]
        case DiffFormat.JSON:
            return [_dumped(_json(difference))]


def _dumped(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _operations(change: Change, quote: str = "") -> str:
    shown = [f"{quote}{each}{quote}" for each in change.operations[:_MOST_OPERATIONS]]
    more = len(change.operations) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _told(change: Change) -> str:
    return f"{change.place}: {change.message}" if change.place else change.message


# ---------------------------------------------------------------- text


def _text(difference: Difference) -> Iterator[str]:
    for change in difference.changes:
        yield visible(f"{change.new or difference.new}: {change.level} {change.rule.id}: {_told(change)}")
        if change.operations:
            yield visible(f"  in {_operations(change)}")
        yield visible(f"  was {change.old or difference.old}")
        yield f"  {change.rule.why}"
        yield ""
    for change, reason in difference.ignored:
        yield visible(f"{change.new or difference.new}: ignored {change.rule.id}: {_told(change)}")
        yield visible(f"  in {_operations(change)}") if change.operations else f"  was {change.old}"
        yield visible(f"  because: {reason}")
        yield ""
    for problem in difference.problems:
        yield visible(str(problem))
    yield visible(f"{difference.old} -> {difference.new}: {difference.counts()}")


# ---------------------------------------------------------------- programs


def _json(difference: Difference) -> dict[str, Any]:
    return {
        "old": difference.old,
        "new": difference.new,
        "summary": {str(level): len(difference.of(level)) for level in Level},
        "changes": [_as_json(each) for each in difference.changes],
        "ignored": [{**_as_json(each), "reason": reason} for each, reason in difference.ignored],
        "problems": [
            {"rule": each.rule, "severity": each.severity, "message": each.message, "position": _place(each.position)}
            for each in difference.problems
        ],
    }


def _as_json(change: Change) -> dict[str, Any]:
    return {
        "rule": change.rule.id,
        "level": change.level,
        "message": change.message,
        "why": change.rule.why,
        "place": change.place,
        "operations": list(change.operations),
        "old": {"pointer": change.old_pointer, **_place(change.old)},
        "new": {"pointer": change.new_pointer, **_place(change.new)},
    }


def _place(position: Position | None) -> dict[str, Any]:
    if position is None:
        return {"file": None, "line": None, "column": None}
    return {"file": position.file, "line": position.line, "column": position.column}


def _diagnostics(difference: Difference) -> Iterator[Diagnostic]:
    for change in difference.changes:
        where = f" (in {_operations(change)})" if change.operations else ""
        was = f"; was {change.old}" if change.old else ""
        message = f"{_told(change)}{where}. {change.rule.why}{was}"
        pointer = change.new_pointer or change.old_pointer
        yield Diagnostic(change.rule.id, message, change.new, pointer, severity=_SEVERITIES[change.level])
    yield from difference.problems


# ---------------------------------------------------------------- pull requests


def _markdown(difference: Difference) -> Iterator[str]:
    yield f"### Contract: {difference.counts()}"
    for level in Level:
        changes = difference.of(level)
        folded = level is Level.HARMLESS
        if not changes:
            continue
        yield ""
        yield (
            f"<details><summary>{_HEADINGS[level]} ({len(changes)})</summary>" if folded else f"#### {_HEADINGS[level]}"
        )
        yield ""
        for change in changes:
            yield from _markdown_item(change)
        if folded:
            yield ""
            yield "</details>"
    if difference.ignored:
        yield from ("", f"<details><summary>Ignored ({len(difference.ignored)})</summary>", "")
        for change, reason in difference.ignored:
            yield from _markdown_item(change)
            yield f"  Because: {_plain(reason)}"
        yield from ("", "</details>")
    if difference.problems:
        yield from ("", "#### To do", "")
        yield from (
            f"- {_plain(each.message)}{f': {_plain(each.hint)}' if each.hint else ''}" for each in difference.problems
        )


def _markdown_item(change: Change) -> Iterator[str]:
    operations = f" in {_operations(change, '`')}" if change.operations else ""
    yield f"- **`{change.rule.id}`**{operations}: {_plain(_told(change))}"
    places = " ".join(f"{word} `{each}`" for word, each in (("at", change.new), ("was", change.old)) if each)
    yield f"  <br>{change.rule.why} <sub>{places}</sub>"


def _plain(text: str) -> str:
    """Text that Markdown leaves as it is."""
    text = escape(visible(text), quote=False)
    return "".join(f"\\{each}" if each in "\\`*_[]|#" else each for each in text)


# ---------------------------------------------------------------- pages

_STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b}
h2{margin-top:2rem}article{border-left:4px solid;padding:.2rem 1rem;margin:1rem 0}
.breaking{border-color:#b3261e}.dangerous{border-color:#b36b00}.harmless{border-color:#2e7d32}
code,small{font-family:ui-monospace,monospace}small{color:#555;display:block}
@media(prefers-color-scheme:dark){body{background:#161616;color:#e6e6e6}small{color:#aaa}}"""


def _html(difference: Difference) -> Iterator[str]:
    title = escape(f"{difference.old} -> {difference.new}")
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield f'<meta name="viewport" content="width=device-width">\n<title>{title}</title>'
    yield f"<style>{_STYLE}</style>\n</head>"
    yield f"<body>\n<h1>Contract: {escape(difference.counts())}</h1>\n<p><code>{title}</code></p>"
    for level in Level:
        if difference.of(level):
            yield f"<h2>{_HEADINGS[level]}</h2>"
        for change in difference.of(level):
            yield from _article(change)
    if difference.ignored:
        yield "<h2>Ignored</h2>"
        for change, reason in difference.ignored:
            yield from _article(change, f"<p>Because: {escape(reason)}</p>")
    for problem in difference.problems:
        yield f"<p><b>{escape(str(problem))}</b></p>"
    yield "</body>\n</html>"


def _article(change: Change, more: str = "") -> Iterator[str]:
    yield f'<article class="{change.level}"><b>{escape(_told(change))}</b><br>{escape(change.rule.why)}{more}'
    yield f"<small>{escape(change.rule.id)}</small>"
    if change.operations:
        yield f"<small>{escape(', '.join(change.operations))}</small>"
    yield f"<small>{escape(str(change.new or ''))}, was {escape(str(change.old or ''))}</small></article>"


# ---------------------------------------------------------------- changelog


def _changelog(difference: Difference) -> Iterator[str]:
    """An entry to be edited: what clients feel, worst first. Documentation is not told."""
    yield f"## {difference.version}"
    for level in Level:
        changes = [each for each in difference.of(level) if each.rule.additive]
        if changes:
            yield from ("", _FELT[level], "")
            yield from dict.fromkeys(f"- {_entry(each, difference.names)}" for each in _by_operation(changes))
    if not any(each.rule.additive for each in difference.changes):
        yield from ("", "Documentation only." if difference.changes else "No changes.")


def _by_operation(changes: Sequence[Change]) -> list[Change]:
    return sorted(changes, key=lambda each: each.operations)


def _entry(change: Change, names: dict[str, str]) -> str:
    shown = [f"`{names.get(each, each)}`" for each in change.operations]
    if len(shown) > _MOST_OPERATIONS:
        shown = [*shown[:_MOST_OPERATIONS], f"{len(shown) - _MOST_OPERATIONS} more"]
    return visible(f"{', '.join(shown)}: {_told(change)}." if shown else f"{_told(change)}.")
