"""One package as text: whoever changes a template sees here what everybody's package will look like.

To renew it after a change that is meant, run `RENEW_GOLDEN=1 pytest tests/tallystick/generator/test_golden.py` and read
the difference before committing it.
"""

from __future__ import annotations

import os
from pathlib import Path

from tallystick.generator.manifest import MANIFEST
from tallystick.generator.pipeline import generate
from tallystick.generator.request import GenerateRequest

GOLDEN = Path(__file__).parent / "golden"
CONTRACT, TEXT = GOLDEN / "contract.yaml", GOLDEN / "package.txt"
_RULE = "=" * 10


def as_text(root: Path) -> str:
    """Every file of a package in one text; a manifest is digests of the others."""
    paths = sorted(path for path in root.rglob("*") if path.is_file() and path.name != MANIFEST)
    names = [(path.relative_to(root).as_posix(), path) for path in paths]
    return "".join(
        f"{_RULE} {name}\n{path.read_text(encoding='utf-8')}" for name, path in names if not name.startswith(".")
    )


def test_the_golden_package(tmp_path: Path) -> None:
    generate(GenerateRequest(CONTRACT, tmp_path / "notes", "notes"))
    made = as_text(tmp_path / "notes")
    if os.environ.get("RENEW_GOLDEN"):
        TEXT.write_text(made, encoding="utf-8")
    expected = TEXT.read_text(encoding="utf-8")
    for mine, golden in zip(made.split(_RULE), expected.split(_RULE), strict=True):
        assert mine.splitlines() == golden.splitlines()
    assert made == expected
