"""Valid contracts that the generator refuses: each file says why on its first line, what is found where on its second.

A construct that is dropped instead would be a promise to clients that no server keeps.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tallystick.generator.build import Build
from tallystick.generator.pipeline import generate
from tallystick.generator.render import render_package
from tallystick.generator.request import GenerateRequest
from tallystick.spec.bundle import bundle
from tallystick.spec.errors import ContractError, Severity
from tallystick.spec.loader import load
from tallystick.spec.validate import validate

BROKEN = Path(__file__).parent / "broken"
ENTRIES = sorted(BROKEN.glob("*.yaml"))
SPEC_BROKEN = Path(__file__).parent.parent / "spec" / "broken"
_EXPECTED = re.compile(r"# expected: (.+)")


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.stem)
def test_a_contract_is_refused_at_the_exact_places(entry: Path, tmp_path: Path) -> None:
    reason, expected = entry.read_text(encoding="utf-8").splitlines()[:2]
    match = _EXPECTED.fullmatch(expected)
    assert reason.startswith("# ")
    assert match, "the second line says what is to be found"
    with pytest.raises(ContractError) as refused:
        generate(GenerateRequest(entry, tmp_path / "out", "out", verify=False))
    found = refused.value.diagnostics
    places = [f"{each.position.line}:{each.position.column} {each.rule}" for each in found if each.position]
    assert places == match.group(1).split(", ")
    assert all(each.message and each.hint for each in found), "each finding says what is wrong and what to do"
    assert not (tmp_path / "out").exists(), "nothing is written for a contract that is refused"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.stem)
def test_it_is_the_generator_that_refuses(entry: Path) -> None:
    """These are valid contracts: that they cannot be carried out is ours to say."""
    assert [each for each in validate(bundle(load(entry))) if each.severity is Severity.ERROR] == []


def test_there_are_many_kinds_of_broken_contract() -> None:
    others = [*SPEC_BROKEN.glob("*.yaml"), *SPEC_BROKEN.glob("*/openapi.yaml")]
    assert len(ENTRIES) >= 20
    assert len(ENTRIES) + len(others) >= 75


@pytest.mark.parametrize(
    ("models", "message"),
    [("import nowhere_to_be_found\nnowhere_to_be_found.x\n", "nowhere_to_be_found"), ("class :\n", "invalid-syntax")],
    ids=["import", "syntax"],
)
def test_what_cannot_be_imported_is_not_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, models: str, message: str
) -> None:
    """Without this a fault of the generator would kill the server at its next start."""
    contract = tmp_path / "openapi.yaml"
    contract.write_text("openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\n")

    def with_fault(build: Build, files: Mapping[str, str]) -> dict[str, str]:
        return render_package(build, {"models.py": files["models.py"] + models})

    monkeypatch.setattr("tallystick.generator.pipeline.render_package", with_fault)
    with pytest.raises(ContractError, match=message) as refused:
        generate(GenerateRequest(contract, tmp_path / "out", "out"))
    assert [each.rule for each in refused.value.diagnostics] == ["not-importable"]
    assert not (tmp_path / "out").exists()


def test_what_is_not_carried_out_is_said_aloud(tmp_path: Path) -> None:
    contract = tmp_path / "openapi.yaml"
    contract.write_text(
        "openapi: 3.1.0\n"
        "info: {title: T, version: '1'}\n"
        "webhooks: {made: {post: {requestBody: {content: {text/csv: {schema: {type: array}}}}}}}\n"
        "paths:\n"
        "  /a:\n"
        "    post:\n"
        "      operationId: a\n"
        "      callbacks:\n"
        "        done: {'/done/{id}': {parameters: [{name: id, in: path, required: true, schema: {type: string}}]}}\n"
        "      responses: {'204': {description: ok}}\n"
    )
    result = generate(GenerateRequest(contract, tmp_path / "out", "out", verify=False))
    found = [f"{each.position}".rpartition("openapi.yaml:")[2] for each in result.warnings if "not-c" in each.rule]
    assert found == ["3:50", "9:16", "9:44"]
