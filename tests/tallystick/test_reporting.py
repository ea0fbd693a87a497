"""Diagnostics in four formats, and excerpts that can be read."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from tallystick.reporting import Format, report
from tallystick.reporting.excerpts import excerpt, visible
from tallystick.reporting.formats import as_annotation, as_json, as_sarif, counts
from tallystick.spec.errors import Diagnostic, Position, Severity

HERE = Position("a.yaml", 2, 3)
FULL = Diagnostic("some-rule", "50%, wrong: yes\nreally", HERE, "/paths/~1a", "mend, it", Severity.WARNING)
BARE = Diagnostic("other-rule", "wrong somewhere")


def printed(form: Format, *diagnostics: Diagnostic, summary: str = "") -> str:
    stream = io.StringIO()
    report(diagnostics, form, summary=summary, stream=stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("line", "column", "shown", "caret"),
    [
        ("abc: def", 6, "abc: def", "     ^"),
        ("\tabc", 2, " abc", " ^"),
        ("日本: x", 5, "日本: x", "      ^"),
        ("a" * 150 + "b" + "c" * 150, 151, "..." + "a" * 60 + "b" + "c" * 39 + "...", " " * 63 + "^"),
        ("abc", 4, "abc", "   ^"),
        ("\x1b[31m", 1, "\\u001b[31m", "^"),
    ],
)
def test_the_caret_stands_under_the_place(tmp_path: Path, line: str, column: int, shown: str, caret: str) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(f"first\n{line}\nlast\n")
    assert excerpt(Position(str(file), 2, column)) == (shown, caret)


def test_a_file_that_is_gone_has_no_excerpt(tmp_path: Path) -> None:
    assert excerpt(Position(str(tmp_path / "gone.yaml"), 1, 1)) is None


@pytest.mark.parametrize("text", ["\x1b[2J", "\r", "\u202e", "\x9b", "\u2066", "\x07"])
def test_nothing_reaches_the_terminal_that_could_steer_it(text: str) -> None:
    assert visible(f"a{text}b").isprintable()


def test_text_without_a_place_or_a_hint() -> None:
    assert printed(Format.TEXT, BARE) == "error other-rule: wrong somewhere\n\n"


def test_markup_in_messages_is_text() -> None:
    odd = Diagnostic("rule", "[bold]x[/bold] :smile:")
    assert "[bold]x[/bold] :smile:" in printed(Format.TEXT, odd)


def test_findings_come_in_order_of_place_and_once() -> None:
    later = Diagnostic("rule", "later", Position("a.yaml", 10, 1))
    found = json.loads(printed(Format.JSON, later, BARE, FULL, FULL))["findings"]
    assert [each["rule"] for each in found] == ["some-rule", "rule", "other-rule"]


def test_json_of_a_warning_is_ok() -> None:
    assert as_json([FULL], {"more": 1}) == {
        "ok": True,
        "more": 1,
        "findings": [
            {
                "rule": "some-rule",
                "severity": "warning",
                "message": "50%, wrong: yes\nreally",
                "hint": "mend, it",
                "pointer": "/paths/~1a",
                "file": "a.yaml",
                "line": 2,
                "column": 3,
            }
        ],
    }


def test_annotations_escape_what_would_end_them() -> None:
    expected = "::warning file=a.yaml,line=2,col=3,title=some-rule::50%25, wrong: yes%0Areally%0Anext step: mend, it"
    assert as_annotation(FULL) == expected
    odd = Diagnostic("rule", "x", Position("a,b:c.yaml", 1, 1))
    assert as_annotation(odd) == "::error file=a%2Cb%3Ac.yaml,line=1,col=1,title=rule::x"
    assert as_annotation(BARE) == "::error title=other-rule::wrong somewhere"


def test_sarif_names_rules_levels_and_places() -> None:
    (run,) = as_sarif([FULL, BARE])["runs"]
    assert [each["id"] for each in run["tool"]["driver"]["rules"]] == ["other-rule", "some-rule"]
    first, second = run["results"]
    assert first["level"] == "warning"
    assert first["locations"][0]["logicalLocations"] == [{"fullyQualifiedName": "/paths/~1a"}]
    assert second["locations"] == []


@pytest.mark.parametrize(
    ("diagnostics", "words"),
    [([], "no findings"), ([BARE], "1 error"), ([BARE, BARE, FULL], "2 errors, 1 warning")],
)
def test_counts(diagnostics: list[Diagnostic], words: str) -> None:
    assert counts(diagnostics) == words


@pytest.mark.parametrize(("severity", "shown"), [(Severity.INFO, 3), (Severity.WARNING, 30), (Severity.ERROR, 30)])
def test_people_see_a_few_notes_of_a_kind_and_every_warning(severity: Severity, shown: int) -> None:
    found = [Diagnostic("same", f"number {number:02}", severity=severity) for number in range(30)]
    stream = io.StringIO()
    report([*found, FULL], Format.TEXT, stream=stream, verbose=False)
    text = stream.getvalue()
    assert (text.count(" same: "), text.count("some-rule")) == (shown, 1)
    assert ("27 more of same; --verbose shows them" in text) is (severity is Severity.INFO)


@pytest.mark.parametrize("form", [Format.JSON, Format.GITHUB, Format.SARIF])
def test_programs_get_every_note(form: Format) -> None:
    found = [Diagnostic("same", f"number {number:02}", severity=Severity.INFO) for number in range(30)]
    stream = io.StringIO()
    report(found, form, stream=stream, verbose=False)
    assert stream.getvalue().count("number ") == 30


def test_people_see_all_notes_when_they_ask() -> None:
    found = [Diagnostic("same", f"number {number:02}", severity=Severity.INFO) for number in range(30)]
    assert printed(Format.TEXT, *found).count(" same: ") == 30
