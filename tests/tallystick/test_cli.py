"""`tally` as people and machines meet it: exit codes, formats, and never a traceback."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tallystick.spec.reading import HEAD

ROOT = Path(__file__).parents[2]
GOOD = HEAD + 'paths:\n  /a:\n    get:\n      operationId: getA\n      responses: {"200": {description: Fine.}}\n'
BROKEN = (
    HEAD
    + 'paths:\n  /a:\n    get:\n      sumary: "Bad: 50%, \\e[31mred"\n      responses: {"200": {description: Fine.}}\n'
)
FORMATS = ["text", "json", "github", "sarif"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "broken.yaml").write_text(BROKEN)
    return tmp_path


def environment() -> dict[str, str]:
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    return {**os.environ, "PYTHONPATH": paths, "NO_COLOR": "1", "COLUMNS": "120"}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from tallystick.cli import main; main()", *arguments]


def tally(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command(*arguments), cwd=folder, env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stderr + done.stdout
    return done


@pytest.mark.parametrize("form", FORMATS)
def test_lint_of_a_good_contract_ends_with_0(folder: Path, form: str) -> None:
    assert tally(folder, "lint", "good.yaml", "--format", form).returncode == 0


@pytest.mark.parametrize("form", FORMATS)
def test_lint_of_a_broken_contract_ends_with_1(folder: Path, form: str) -> None:
    assert tally(folder, "lint", "broken.yaml", "--format", form).returncode == 1


def test_text_shows_place_excerpt_and_next_step(folder: Path) -> None:
    lines = tally(folder, "lint", "broken.yaml").stdout.splitlines()
    assert lines[0] == 'broken.yaml:6:7: error structure: unknown field "sumary"'
    assert lines[1] == '  6 |       sumary: "Bad: 50%, \\e[31mred"'
    assert lines[2] == "    |       ^"
    assert lines[3] == '  next step: did you mean "summary"?'
    assert lines[-1] == "broken.yaml: 1 error"


def test_json_is_for_programs(folder: Path) -> None:
    result = json.loads(tally(folder, "lint", "broken.yaml", "--format", "json").stdout)
    assert result["ok"] is False
    assert result["findings"] == [
        {
            "rule": "structure",
            "severity": "error",
            "message": 'unknown field "sumary"',
            "hint": 'did you mean "summary"?',
            "pointer": "/paths/~1a/get/sumary",
            "file": "broken.yaml",
            "line": 6,
            "column": 7,
        }
    ]


def test_github_annotations(folder: Path) -> None:
    (line,) = tally(folder, "lint", "broken.yaml", "--format", "github").stdout.splitlines()
    assert line.startswith("::error file=broken.yaml,line=6,col=7,title=structure::unknown field")


def test_sarif_has_a_location(folder: Path) -> None:
    result = json.loads(tally(folder, "lint", "broken.yaml", "--format", "sarif").stdout)
    (found,) = result["runs"][0]["results"]
    assert result["version"] == "2.1.0"
    assert (found["ruleId"], found["level"]) == ("structure", "error")
    assert found["locations"][0]["physicalLocation"]["region"] == {"startLine": 6, "startColumn": 7}


@pytest.mark.parametrize(
    "arguments",
    [
        ("lint",),
        ("lint", "nothing.yaml"),
        ("lint", "."),
        ("lint", "good.yaml", "--format", "xml"),
        ("lint", "good.yaml", "--unknown"),
        ("lint", "good.yaml", "--rules", "nothing.yaml"),
        ("nonsense",),
        ("bundle", "good.yaml", "--output", "no/such/folder/a.yaml"),
        ("bundle", "good.yaml", "--output", "."),
        ("generate", "good.yaml"),
        ("generate", "good.yaml", "--output", "out", "--package", "not a name"),
        ("generate", "good.yaml", "--output", "good.yaml"),
        ("status",),
        ("status", "--registry", "no.such:thing"),
        ("layers",),
    ],
    ids=" ".join,
)
def test_what_cannot_be_carried_out_ends_with_2(folder: Path, arguments: tuple[str, ...]) -> None:
    done = tally(folder, *arguments)
    assert done.returncode == 2
    assert done.stdout + done.stderr


def test_bundle_prints_yaml_or_json(folder: Path) -> None:
    done = tally(folder, "bundle", "good.yaml")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "openapi: '3.1.0'")
    assert json.loads(tally(folder, "bundle", "good.yaml", "--format", "json").stdout)["openapi"] == "3.1.0"


def test_bundle_writes_a_file_in_the_notation_of_its_name(folder: Path) -> None:
    assert tally(folder, "bundle", "good.yaml", "--output", "all.json").stdout == ""
    assert json.loads((folder / "all.json").read_text())["openapi"] == "3.1.0"


def test_bundle_reports_on_stderr(folder: Path) -> None:
    (folder / "broken.yaml").write_text("a: [b")
    done = tally(folder, "bundle", "broken.yaml")
    assert (done.returncode, done.stdout) == (1, "")
    assert "broken.yaml:1:4: error yaml-syntax" in done.stderr


def test_bundle_normalised_names_inline_schemas(folder: Path) -> None:
    content = GOOD.replace(
        "Fine.}}", "Fine., content: {application/json: {schema: {type: object, properties: {b: {}}}}}}}"
    )
    (folder / "good.yaml").write_text(content)
    plain, named = (
        json.loads(tally(folder, *("bundle", "good.yaml", "--format", "json"), *more).stdout)
        for more in ((), ("--normalised",))
    )
    assert "components" not in plain
    assert named["components"]["schemas"]


def test_generate_check_and_nothing_to_do(folder: Path) -> None:
    arguments = ("generate", "good.yaml", "--output", "out", "--package", "out", "--format", "json")
    before = tally(folder, *arguments, "--check")
    assert before.returncode == 1
    assert not (folder / "out").exists()
    assert {each["rule"] for each in json.loads(before.stdout)["findings"]} == {"drift", "tag-derived"}
    first = json.loads(tally(folder, *arguments).stdout)
    assert (first["ok"], first["unchanged"], first["operations"]) == (True, False, 1)
    second = tally(folder, *arguments)
    assert (second.returncode, json.loads(second.stdout)["unchanged"]) == (0, True)
    assert tally(folder, *arguments, "--check").returncode == 0


def test_generate_stops_at_a_broken_contract(folder: Path) -> None:
    done = tally(folder, "generate", "broken.yaml", "--output", "out")
    assert done.returncode == 1
    assert "broken.yaml:6:7" in done.stdout
    assert not (folder / "out").exists()


def test_the_terminal_is_safe_from_the_contract(folder: Path) -> None:
    (folder / "broken.yaml").write_text(HEAD + 'paths:\n  "/a\\e[31m\\u202e": {get: {sumary: x}}\n')
    done = tally(folder, "lint", "broken.yaml")
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout


def test_a_line_of_a_megabyte_is_shown_around_the_place(folder: Path) -> None:
    (folder / "long.json").write_text('{"openapi": "3.1.0", "x-a": "' + "a" * 1_000_000 + '", "info": 1}')
    done = tally(folder, "lint", "long.json")
    assert done.returncode == 1
    assert max(map(len, done.stdout.splitlines())) < 400


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    content = GOOD + "components:\n  schemas:\n" + "".join(f"    A{n}: {{type: string}}\n" for n in range(20_000))
    (folder / "large.yaml").write_text(content)
    process = subprocess.Popen(
        command("bundle", "large.yaml"), cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout
    assert process.stderr
    process.stdout.read(100)
    process.stdout.close()
    errors = process.stderr.read().decode()
    process.stderr.close()
    process.wait(timeout=30)
    assert errors == ""


def test_an_interrupt_ends_quietly(folder: Path) -> None:
    """It arrives while the command writes into a pipe that nobody empties: only then it is at work for sure."""
    os.mkfifo(folder / "pipe")
    (folder / "large.yaml").write_text(GOOD + "x-a: [" + "abc, " * 30_000 + "]\n")
    process = subprocess.Popen(
        command("bundle", "large.yaml", "--output", "pipe"),
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    reader = os.open(folder / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    assert select.select([reader], [], [], 60)[0], "nothing was written"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    os.close(reader)
    assert process.returncode == 130
    assert b"Traceback" not in errors


def test_help_names_every_command(folder: Path) -> None:
    shown = tally(folder, "--help").stdout
    assert all(name in shown for name in ("lint", "bundle", "generate", "status", "layers"))


def test_a_run_with_nothing_to_do_does_not_import_the_generator(folder: Path) -> None:
    arguments = ("generate", "good.yaml", "--output", "out")
    assert tally(folder, *arguments).returncode == 0
    code = "import sys\nfrom tallystick.cli import main\ntry:\n    main()\nfinally:\n    print(sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "up to date" in done.stdout
    assert "datamodel_code_generator" not in done.stdout
    assert "openapi_spec_validator" not in done.stdout


def test_the_contract_of_the_nearest_project_is_the_default(folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[tool.tallystick]\ncontract = "good.yaml"\n')
    (folder / "deep").mkdir()
    done = tally(folder / "deep", "lint")
    assert done.returncode == 0
    assert "good.yaml" in done.stdout


def test_house_rules_hold_for_the_contract_of_the_project_only(folder: Path) -> None:
    (folder / "rules.yaml").write_text("rules:\n  operation-summary: {severity: error, why: Because.}\n")
    (folder / "pyproject.toml").write_text('[tool.tallystick]\ncontract = "good.yaml"\nrules = "rules.yaml"\n')
    (folder / "other.yaml").write_text(GOOD)
    assert tally(folder, "lint").returncode == 1
    assert tally(folder, "lint", "good.yaml").returncode == 1
    assert tally(folder, "lint", "other.yaml").returncode == 0
    assert tally(folder, "lint", "other.yaml", "--rules", "rules.yaml").returncode == 1
