"""Overlays on the command line and in the project's settings: one that is forgotten makes another server than asked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tallystick.cli import app
from tests.tallystick.spec.reading import HEAD

GOOD = HEAD + "paths: {/a: {get: {operationId: getA, tags: [a], responses: {'204': {description: ok}}}}}\n"
OVERLAY = "overlay: 1.0.0\ninfo: {title: O, version: '1'}\nactions:\n  - {target: '$.paths.*', update: %s}\n"
POST = "{post: {operationId: postA, tags: [a], responses: {'204': {description: ok}}}}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "api.yaml").write_text(GOOD)
    (tmp_path / "public.yaml").write_text(OVERLAY % POST)
    return tmp_path


def tally(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def paths(done: Result) -> list[str]:
    assert done.exit_code == 0, done.output
    return list(json.loads(done.output)["paths"]["/a"])


def test_bundle(folder: Path) -> None:
    assert paths(tally("bundle", "api/api.yaml", "--format", "json")) == ["get"]
    assert paths(tally("bundle", "api/api.yaml", "--format", "json", "--overlay", "public.yaml")) == ["get", "post"]


def test_the_overlays_of_the_project_hold_for_its_own_contract(folder: Path) -> None:
    (folder / "pyproject.toml").write_text('[tool.tallystick]\ncontract = "api/api.yaml"\noverlays = ["public.yaml"]\n')
    (folder / "other.yaml").write_text(GOOD)
    assert paths(tally("bundle", "--format", "json")) == ["get", "post"]
    assert paths(tally("bundle", "other.yaml", "--format", "json")) == ["get"]


def test_lint_sees_what_the_overlay_brings(folder: Path) -> None:
    (folder / "public.yaml").write_text(OVERLAY % "{get: {sumary: A}}")
    done = tally("lint", "api/api.yaml", "--overlay", "public.yaml")
    assert done.exit_code == 1
    assert done.output.startswith("public.yaml:4:42: error structure: unknown field")


def test_an_overlay_that_is_not_there_is_wrong_usage(folder: Path) -> None:
    done = tally("lint", "api/api.yaml", "--overlay", "nowhere.yaml")
    assert (done.exit_code, "there is no file nowhere.yaml" in done.output) == (2, True)


def test_what_was_generated_is_stale_when_an_overlay_changes(folder: Path) -> None:
    generate = ("generate", "api/api.yaml", "--output", "made", "--overlay", "public.yaml")
    assert tally(*generate).exit_code == 0
    assert "post_a" in (folder / "made" / "handlers" / "a.py").read_text()
    assert "up to date" in tally(*generate, "--check").output
    (folder / "public.yaml").write_text(OVERLAY % POST.replace("postA", "addA"))
    done = tally(*generate, "--check")
    assert (done.exit_code, "handlers/a.py is out of date" in done.output) == (1, True)


def test_what_was_generated_is_stale_without_its_overlay(folder: Path) -> None:
    generate = ("generate", "api/api.yaml", "--output", "made")
    assert tally(*generate, "--overlay", "public.yaml").exit_code == 0
    assert tally(*generate, "--check").exit_code == 1


def test_the_manifest_counts_the_models_that_types_cannot_express(folder: Path) -> None:
    """`tally status` shows the share: each costs a validator per value."""
    odd = "{components: {schemas: {Plain: {type: object}, Odd: {type: object, not: {required: [a]}}}}}"
    text = f"overlay: 1.0.0\ninfo: {{title: O, version: '1'}}\nactions:\n  - {{target: $, update: {odd}}}\n"
    (folder / "public.yaml").write_text(text)
    assert tally("generate", "api/api.yaml", "--output", "made", "--overlay", "public.yaml").exit_code == 0
    assert json.loads((folder / "made" / "manifest.json").read_text())["models"] == {"count": 2, "validated": ["Odd"]}
