"""The run as a whole: the same contract gives the same bytes, and a run that fails leaves what was there."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tallystick.generator import pipeline, sources
from tallystick.generator.pipeline import generate
from tallystick.generator.request import GenerateRequest

CONTRACTS = Path(__file__).parent / "contracts"
GOLDEN = Path(__file__).parent / "golden" / "contract.yaml"
_GENERATE = """
import sys
from pathlib import Path
from tallystick.generator.pipeline import generate
from tallystick.generator.request import GenerateRequest
for contract in sys.argv[2:]:
    path = Path(contract)
    generate(GenerateRequest(path, Path(sys.argv[1]) / path.stem, path.stem, verify=False))
"""
# Dies in the middle of replacing files, as a machine would that loses power.
_DIE = """
import os, sys
from pathlib import Path
replace, left = Path.replace, [5]
def dying(self, target):
    left[0] -= 1
    if not left[0]:
        os._exit(9)
    return replace(self, target)
Path.replace = dying
"""


def digest(root: Path) -> dict[str, str]:
    """Every file with the digest of its bytes."""
    files = (path for path in root.rglob("*") if path.is_file() and ".tally_cache" not in path.parts)
    return {path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def run(code: str, output: Path, *contracts: Path, seed: str = "0") -> int:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    arguments = [sys.executable, "-c", code, str(output), *map(str, contracts)]
    return subprocess.run(arguments, env=environment, check=False).returncode


def test_the_same_contract_gives_the_same_bytes(tmp_path: Path) -> None:
    """Otherwise every run is a drift, and every review holds changes that nobody made."""
    chosen = [GOLDEN, *(CONTRACTS / f"{name}.yaml" for name in ("security", "problems", "parameter_styles"))]
    for seed in ("1", "2"):
        assert run(_GENERATE, tmp_path / seed, *chosen, seed=seed) == 0
    found = digest(tmp_path / "1")
    assert len(found) > 4 * 15
    assert found == digest(tmp_path / "2")


def test_the_place_of_the_contract_does_not_matter(tmp_path: Path) -> None:
    made = []
    for place in ("here", "there/deeper"):
        folder = tmp_path / place
        folder.mkdir(parents=True)
        contract = folder / "openapi.yaml"
        contract.write_bytes(GOLDEN.read_bytes())
        generate(GenerateRequest(contract, folder / "out", "out", verify=False))
        made.append(digest(folder / "out"))
    assert made[0] == made[1]


@pytest.fixture
def written(tmp_path: Path) -> GenerateRequest:
    """A package of a contract that has changed since."""
    contract = tmp_path / "openapi.yaml"
    contract.write_text(GOLDEN.read_text())
    request = GenerateRequest(contract, tmp_path / "out", "out", verify=False)
    generate(request)
    contract.write_text(GOLDEN.read_text().replace("listNotes", "findNotes").replace("[ops]", "[service]"))
    return request


def test_a_full_disk_changes_nothing(written: GenerateRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest(written.output)

    def full(*_: object, **__: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(sources, "write_tree", full)
        with pytest.raises(OSError, match="No space left"):
            generate(written)
    assert digest(written.output) == before
    generate(written)
    assert "handlers/service.py" in digest(written.output)
    assert "handlers/ops.py" not in digest(written.output)


def test_a_run_that_was_killed_is_repaired_by_the_next(written: GenerateRequest, tmp_path: Path) -> None:
    code = _DIE + _GENERATE.replace("path.stem, path.stem", "'out', 'out'")
    assert run(code, tmp_path, written.contract) == 9
    assert not generate(written).unchanged
    generate(GenerateRequest(written.contract, tmp_path / "fresh", "out", verify=False))
    assert digest(written.output) == digest(tmp_path / "fresh"), "nothing old and nothing half-written is left"


def test_checking_writes_nothing(written: GenerateRequest) -> None:
    before = digest(written.output)
    asked = GenerateRequest(written.contract, written.output, "out", check=True, verify=False)
    found = generate(asked).difference
    assert "handlers/service.py" in found.added
    assert "handlers/ops.py" in found.stale
    assert "operations.py" in found.changed
    assert digest(written.output) == before
    generate(written)
    assert generate(asked).unchanged


def test_a_run_with_nothing_to_do_does_nothing(written: GenerateRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    generate(written)

    def never(*_: object) -> None:
        raise AssertionError("the contract was read again")

    monkeypatch.setattr(pipeline, "read_contract", never)
    assert generate(written).unchanged


def test_progress_is_told(written: GenerateRequest) -> None:
    told: list[str] = []
    generate(GenerateRequest(written.contract, written.output, "out", progress=told.append))
    assert told[0] == "reading the contract"
    assert "importing what was generated" in told
    assert told[-1] == "writing"


def test_headers_that_the_server_adds_are_no_business_of_handlers(tmp_path: Path) -> None:
    """With them every answer would need a class of its own."""
    contract = tmp_path / "openapi.yaml"
    contract.write_text(
        "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths:\n  /a:\n    get:\n      operationId: getA\n"
        "      responses: {'204': {description: ok, headers: {X-Request-Id: {schema: {type: string}}}}}\n"
    )
    request = GenerateRequest(contract, tmp_path / "out", "out", verify=False)
    generate(request)
    assert "class GetA204" in (tmp_path / "out" / "responses" / "default.py").read_text()
    generate(replace(request, server_headers=frozenset({"x-REQUEST-id"})))
    assert "-> None" in (tmp_path / "out" / "handlers" / "default.py").read_text()
