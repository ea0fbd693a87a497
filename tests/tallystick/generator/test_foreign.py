"""Contracts that others wrote, from the folder that TALLY_CONTRACTS names: `TALLY_CONTRACTS=DIR pytest -m foreign`.

Each becomes a package that can be imported and checked, or is refused with the place of every reason.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tallystick.generator.pipeline import generate
from tallystick.generator.request import GenerateRequest
from tallystick.runtime.implementation import gaps
from tallystick.spec.errors import ContractError, Diagnostic
from tests.support.contracts import Package, importable

ROOT = Path(__file__).parents[3]
FOLDER = os.environ.get("TALLY_CONTRACTS")
ENTRIES = sorted(path for path in Path(FOLDER or os.devnull).glob("*") if path.suffix in (".yaml", ".yml", ".json"))

pytestmark = pytest.mark.foreign


@pytest.mark.skipif(FOLDER is None, reason="TALLY_CONTRACTS names no folder of contracts")
def test_there_are_contracts() -> None:
    assert ENTRIES, f"{FOLDER} holds no contract"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.stem)
def test_a_foreign_contract_is_carried_out_or_refused_with_reasons(
    entry: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    name = f"foreign_{''.join(char if char.isalnum() else '_' for char in entry.stem)}"
    refused = refusals(entry, tmp_path / name)
    if refused:
        assert all(each.position and each.hint for each in refused)
        assert "not-importable" not in {each.rule for each in refused}
        pytest.skip(f"refused: {'; '.join(sorted({f'{each.rule} ({each.message})' for each in refused})[:5])}")
    with importable(tmp_path):
        implementations = Package(name, tmp_path / name, entry).implementations()
    operations = sum(len(each.operations) for each in implementations)
    assert len(gaps(implementations)) == operations, "an operation without a handler must be told"
    config = tmp_path / "mypy.ini"
    config.write_text(f"[mypy]\nstrict = true\nplugins = pydantic.mypy\nmypy_path = {ROOT / 'src'}\n")
    kept = getattr(request.config, "cache", None)
    cache = kept.mkdir("mypy-foreign") if kept is not None else tmp_path / ".mypy_cache"
    options = ["--config-file", str(config), "--cache-dir", str(cache)]
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", *options, name], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout[-4000:]


def refusals(entry: Path, output: Path) -> tuple[Diagnostic, ...]:
    """Why the contract is not carried out; nothing if it is."""
    try:
        generate(GenerateRequest(entry, output, output.name))
    except ContractError as error:
        return error.diagnostics
    return ()
