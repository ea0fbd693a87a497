"""`tally diff` as people and CI call it: names of contracts, exit codes, reports, ignore files, releases."""

from __future__ import annotations

import json
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from tallystick.cli import app

_RUNNER = CliRunner()
_CONTRACT = """openapi: 3.1.0
info: {{title: Test, version: {version}}}
paths:
  /a:
    $ref: 'paths/a.yaml'
"""
_PATHS = """get:
  operationId: getA
  parameters:
    - {{name: q, in: query, schema: {{type: string, maxLength: {longest}}}}}
  responses: {{'200': {{description: {text}}}}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    write(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[tool.tallystick]\ncontract = "api/openapi.yaml"\n')
    git("init", "--quiet", "--initial-branch=main")
    git("add", ".")
    git("-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "--quiet", "--message=First")
    return tmp_path


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True)


def write(folder: Path, version: str = "1.0.0", longest: int = 9, text: str = "Fine") -> None:
    (folder / "api/paths").mkdir(parents=True, exist_ok=True)
    (folder / "api/openapi.yaml").write_text(_CONTRACT.format(version=version))
    (folder / "api/paths/a.yaml").write_text(_PATHS.format(longest=longest, text=text))


class _Nesting(HTMLParser):
    """Which elements were left open, and which closed in the wrong order."""

    def __init__(self) -> None:
        super().__init__()
        self.is_open: list[str] = []
        self.is_wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.is_open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.is_open.pop() != tag:
            self.is_wrong.append(tag)


def tally(*arguments: str) -> Result:
    return _RUNNER.invoke(app, ["diff", *arguments])


@pytest.mark.parametrize("old", ["main", "HEAD", "main:api/openapi.yaml", "main:./api/openapi.yaml"])
def test_revisions(folder: Path, old: str) -> None:
    assert tally(old).exit_code == 0
    write(folder, longest=8)
    done = tally(old)
    assert done.exit_code == 1
    assert "api/paths/a.yaml:4:51: breaking request-max-length-narrowed: query q: maxLength 9 -> 8" in done.output
    assert f"was {old.partition(':')[0]}:api/paths/a.yaml:4:51" in done.output
    assert "in GET /a" in done.output


def test_two_revisions_and_a_folder_below(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder, longest=8)
    git("-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "--quiet", "--all", "--message=Second")
    assert tally("HEAD~1", "HEAD").exit_code == 1
    assert tally("HEAD", "HEAD~1").exit_code == 0
    monkeypatch.chdir(folder / "api")
    assert tally("HEAD~1:./openapi.yaml", "openapi.yaml").exit_code == 1
    assert tally("HEAD~1").exit_code == 1


def test_files_without_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, longest in (("old", 8), ("new", 9)):
        write(tmp_path / name, longest=longest)
    arguments = ("old/api/openapi.yaml", "new/api/openapi.yaml")
    assert tally(*arguments).exit_code == 0
    assert tally(*arguments, "--fail-on", "any").exit_code == 1
    assert tally(*reversed(arguments)).exit_code == 1
    assert tally(*reversed(arguments), "--fail-on", "none").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name the old contract"),
        (("nowhere",), "no revision 'nowhere'"),
        (("--", "-n"), "no revision '-n'"),
        (("main:api/none.yaml",), "main has no file api/none.yaml"),
        (("main:../../out.yaml",), "outside of the repository"),
        (("main", "none.yaml"), "none.yaml"),
        (("main", "--ignore", "none.yaml"), "none.yaml"),
    ],
)
def test_what_cannot_be_compared(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    done = tally(*arguments)
    assert done.exit_code == 2
    assert said in done.output


def test_broken_contracts_are_told_with_their_place(folder: Path) -> None:
    (folder / "api/openapi.yaml").write_text("openapi: 3.1.0\npaths: {/a: {$ref: 'paths/none.yaml'}}\n")
    done = tally("main", "--format", "json")
    assert done.exit_code == 1
    assert json.loads(done.output)["findings"][0]["file"] == "api/openapi.yaml"
    git("-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "--quiet", "--all", "--message=Broken")
    write(folder)
    assert "main:api/openapi.yaml:2:" in tally("main").output
    (folder / "api/openapi.yaml").write_text("swagger: '2.0'\n")
    assert "Swagger 2.0" in tally("HEAD~1").output
    (folder / "api/openapi.yaml").write_text("openapi: 3.1.0\npaths: {/a: {get: {tags: 3, responses: []}}}\n")
    assert tally("HEAD~1", "--fail-on", "none").exit_code in (0, 1)


def test_reports(folder: Path) -> None:
    write(folder, longest=8, text="<b>Fine</b>")
    found = json.loads(tally("main", "--format", "json").output)
    assert found["summary"] == {"breaking": 1, "dangerous": 0, "harmless": 1}
    change = found["changes"][0]
    assert (change["rule"], change["operations"]) == ("request-max-length-narrowed", ["GET /a"])
    assert change["old"] == {
        "pointer": "/paths/~1a/get/parameters/0/schema/maxLength",
        "file": "main:api/paths/a.yaml",
        "line": 4,
        "column": 51,
    }
    assert "::error file=api/paths/a.yaml,line=4,col=51,title=request-max-length-narrowed::" in (
        tally("main", "--format", "github").output
    )
    results = json.loads(tally("main", "--format", "sarif").output)["runs"][0]["results"]
    assert [each["level"] for each in results] == ["error", "note"]
    markdown = tally("main", "--format", "markdown").output
    assert markdown.startswith("### Contract: 1 breaking, 1 harmless\n")
    assert "- **`request-max-length-narrowed`** in `GET /a`: query q: maxLength 9 -&gt; 8" in markdown


def test_pages_are_whole_and_hold_nothing_foreign(folder: Path) -> None:
    write(folder, longest=8)
    text = (folder / "api/paths/a.yaml").read_text().replace("name: q,", "name: '<script>q</script>',")
    (folder / "api/paths/a.yaml").write_text(text)
    assert tally("main", "--format", "html", "--output", "page.html").exit_code == 0
    page = (folder / "page.html").read_text()
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    reader = _Nesting()
    reader.feed(page)
    assert reader.is_open == []
    assert reader.is_wrong == []


def test_changelog(folder: Path) -> None:
    write(folder, "2.0.0", longest=8)
    lines = tally("main", "--format", "changelog").output.splitlines()
    assert lines == ["## 2.0.0", "", "Clients have to change:", "", "- `getA`: query q: maxLength 9 -> 8."]
    write(folder, "1.0.1", text="Good")
    assert tally("main", "--format", "changelog").output.splitlines() == ["## 1.0.1", "", "Documentation only."]


_RULE = "request-max-length-narrowed"


@pytest.mark.parametrize(
    "entry",
    [
        {"operation": "GET /a"},
        {"operation": "getA"},
        {"at": "/paths/~1a/get/parameters/0"},
        {"at": "#/paths/~1a", "operation": "GET /a"},
    ],
)
def test_agreed_changes(folder: Path, entry: dict[str, str]) -> None:
    write(folder, longest=8)
    ignores = {"ignore": [{"rule": _RULE, "reason": "Nobody sends so much.", **entry}]}
    (folder / "ignore.yaml").write_text(yaml.safe_dump(ignores))
    done = tally("main", "--ignore", "ignore.yaml")
    assert done.exit_code == 0
    assert "because: Nobody sends so much." in done.output
    write(folder)
    done = tally("main", "--ignore", "ignore.yaml")
    assert done.exit_code == 0
    assert "ignore.yaml:2:3: warning ignore-unused" in done.output


def test_a_change_agreed_for_one_operation_stays_for_the_other(folder: Path) -> None:
    text = _CONTRACT.format(version="1.0.0") + "  /b: {$ref: 'paths/a.yaml'}\n"
    write(folder)
    (folder / "api/openapi.yaml").write_text(text)
    git("-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "--quiet", "--all", "--message=Two")
    write(folder, longest=8)
    (folder / "api/openapi.yaml").write_text(text)
    entry = {"rule": _RULE, "operation": "GET /a", "reason": "Nobody sends so much."}
    (folder / "ignore.yaml").write_text(yaml.safe_dump({"ignore": [entry]}))
    found = json.loads(tally("HEAD", "--ignore", "ignore.yaml", "--format", "json").output)
    assert [each["operations"] for each in found["changes"]] == [["GET /b"]]
    assert [each["operations"] for each in found["ignored"]] == [["GET /a"]]


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{rule: request-max-length-narowed, operation: getA, reason: x}", f'did you mean "{_RULE}"'),
        (f"{{rule: {_RULE}, operation: getA}}", "needs its reason"),
        (f"{{rule: {_RULE}, reason: x}}", "a whole rule cannot be ignored"),
        (f"{{rule: {_RULE}, path: /a, reason: x}}", 'unknown field "path"'),
        (f"{{rule: {_RULE}, operation: 3, reason: x}}", "every field is text"),
    ],
)
def test_a_wrong_ignore_file_excuses_nothing(folder: Path, entry: str, said: str) -> None:
    (folder / "ignore.yaml").write_text(f"ignore:\n  - {entry}\nignored: []\n")
    done = tally("main", "--ignore", "ignore.yaml")
    assert done.exit_code == 1
    assert said in done.output
    assert 'unknown field "ignored"' in done.output


@pytest.mark.parametrize(
    ("version", "longest", "text", "log", "rules"),
    [
        ("1.0.0", 9, "Fine", None, []),
        ("1.0.0", 8, "Fine", "## 1.0.0\n\nIt.\n", ["version-not-raised"]),
        ("1.1.0", 8, "Fine", "## 1.1.0\n\nIt.\n", ["version-not-raised"]),
        ("2.0.0", 8, "Fine", "# Log\n\n## 2.0.0\n\nIt.\n\n## 1.0.0\n", []),
        ("1.0.1", 10, "Fine", "## 1.0.1\n\nIt.\n", ["version-not-raised"]),
        ("1.1.0", 10, "Fine", "## [1.1.0] - 2026-01-01\n\nIt.\n", []),
        ("1.0.1", 9, "Good", "## 1.0.1\n\nIt.\n", []),
        ("1.0.0", 9, "Good", "## 1.0.0\n\nIt.\n", ["version-not-raised"]),
        ("0.9.0", 9, "Good", "## 0.9.0\n\nIt.\n", ["version-lowered"]),
        ("two", 9, "Good", "## two\n\nIt.\n", ["version-unreadable"]),
        ("1.1.0", 10, "Fine", "## 1.0.0\n\nIt.\n", ["changelog-entry-missing"]),
        ("1.1.0", 10, "Fine", "## 1.1.0\n\n## 1.0.0\n\nIt.\n", ["changelog-entry-empty"]),
        ("1.1.0", 10, "Fine", None, ["changelog-missing"]),
    ],
)
def test_release(folder: Path, version: str, longest: int, text: str, log: str | None, rules: list[str]) -> None:
    write(folder, version, longest, text)
    if log:
        (folder / "api/CHANGELOG.md").write_text(log)
    done = tally("main", "--release", "--format", "json")
    assert [each["rule"] for each in json.loads(done.output)["problems"]] == rules
    assert done.exit_code == (1 if rules else 0)


@pytest.mark.parametrize(("old", "new", "fine"), [("0.3.0", "0.4.0", True), ("0.3.0", "0.3.1", False)])
def test_before_the_first_major_version(folder: Path, old: str, new: str, fine: bool) -> None:
    write(folder, old)
    git("-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "--quiet", "--all", "--message=Early")
    write(folder, new, longest=8)
    (folder / "api/CHANGELOG.md").write_text(f"## {new}\n\nIt.\n")
    assert tally("HEAD", "--release").exit_code == (0 if fine else 1)


def test_the_rules_are_listed() -> None:
    done = tally("--rules")
    assert done.exit_code == 0
    assert "breaking   operation-removed: Clients that call it get 404 or 405.\n" in done.output


def test_overlays_of_the_project_belong_to_its_contract(folder: Path) -> None:
    text = '[tool.tallystick]\ncontract = "api/openapi.yaml"\noverlays = ["overlay.yaml"]\n'
    (folder / "pyproject.toml").write_text(text)
    (folder / "overlay.yaml").write_text(
        "overlay: 1.0.0\ninfo: {title: O, version: 1.0.0}\n"
        "actions: [{target: \"$.paths['/a'].get\", update: {deprecated: true}}]\n"
    )
    assert "harmless operation-deprecated" in tally("main").output
    git("add", ".")
    git("-c", "user.name=A", "-c", "user.email=a@example.com", "commit", "--quiet", "--message=Overlay")
    assert "nothing changed" in tally("HEAD").output
    assert "harmless operation-deprecated" in tally("HEAD~1").output
