"""`tally generate` on any contract: it takes only what is its own, and whatever goes wrong ends in one clear line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

import generated
import tallystick
from tallystick.cli import app
from tests.tallystick.spec.reading import HEAD

GOOD = HEAD + "paths: {/a: {get: {operationId: getA, tags: [a], responses: {'204': {description: ok}}}}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "api.yaml").write_text(GOOD)
    return tmp_path


def tally(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from tallystick.cli import main; main()", "generate", "api.yaml", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_a_package_of_any_name_in_any_folder(folder: Path) -> None:
    """The package is called as `--package` says, wherever `--output` puts it."""
    done = tally(folder, "--output", "deep/er/acme/api", "--package", "acme.api")
    assert done.returncode == 0, done.stdout + done.stderr
    code = "import acme.api.registry; print(acme.api.registry.unimplemented())"
    folders = [str(folder / "deep" / "er"), str(Path(tallystick.__file__).parents[1])]
    path = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
    shown = subprocess.run([sys.executable, "-c", code], env=path, capture_output=True, text=True, check=False)
    assert "acme.api.unimplemented.a.UnimplementedA" in shown.stdout, shown.stderr


def test_files_of_others_are_not_overwritten(folder: Path) -> None:
    output = folder / "out"
    output.mkdir()
    (output / "models.py").write_text("mine = True\n")
    (output / "notes.txt").write_text("mine too\n")
    done = tally(folder, "--output", "out")
    assert done.returncode == 1
    assert "out/models.py:1:1: error foreign-file" in done.stdout
    assert "move it elsewhere" in done.stdout
    assert sorted(path.name for path in output.iterdir()) == ["models.py", "notes.txt"]
    assert (output / "models.py").read_text() == "mine = True\n"


@pytest.mark.parametrize("package", ["class", "1st", "a-b", "a..b", "a.None", "", "json", "tallystick.mine"])
def test_a_name_that_cannot_be_imported_is_refused(folder: Path, package: str) -> None:
    output = str(folder / "out")
    done = CliRunner().invoke(app, ["generate", str(folder / "api.yaml"), "--output", output, "--package", package])
    assert (done.exit_code, (folder / "out").exists()) == (2, False)
    assert "choose another one with --package" in done.stderr


@pytest.mark.parametrize("output", ["api.yaml", "api.yaml/out", "/proc/out"])
def test_an_output_that_cannot_be_written_is_one_line(folder: Path, output: str) -> None:
    done = tally(folder, "--output", output, "--package", "out")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert Path(output).name in done.stderr
    assert (folder / "api.yaml").read_text() == GOOD


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_output_is_one_line(folder: Path) -> None:
    output = folder / "out"
    output.mkdir(mode=0o500)
    done = tally(folder, "--output", "out")
    assert done.returncode == 2
    assert "permission denied" in done.stderr
    assert list(output.iterdir()) == []


def test_an_edited_package_is_drift(folder: Path) -> None:
    assert tally(folder, "--output", "out").returncode == 0
    with (folder / "out" / "operations.py").open("a") as text:
        text.write("EDITED = True\n")
    done = tally(folder, "--output", "out", "--check")
    assert done.returncode == 1
    assert "out/operations.py:1:1: error drift: operations.py is out of date" in done.stdout
    assert tally(folder, "--output", "out").returncode == 0
    assert "EDITED" not in (folder / "out" / "operations.py").read_text()


def test_models_that_need_a_validator_are_told(folder: Path) -> None:
    """They cost more per request than others: who writes a contract should see which they are."""
    schemas = "components: {schemas: {Odd: {not: {type: string}}, Even: {type: object}, Word: {type: string}}}\n"
    (folder / "api.yaml").write_text(GOOD + schemas)
    assert "3 models, 1 of them with a JSON Schema validator" in tally(folder, "--output", "one").stdout
    facts = json.loads(tally(folder, "--output", "two", "--format", "json").stdout)
    assert (facts["models"], facts["validated"]) == (3, ["Odd"])


def test_the_products_own_models_need_none() -> None:
    """The contract of this project keeps to what types say."""
    assert sum("Conforms(" in path.read_text() for path in Path(generated.__file__).parent.rglob("*.py")) == 0
