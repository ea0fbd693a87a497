"""Formats generated source with ruff: one process for the whole package."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

LINE_LENGTH = 120


class FormattingError(Exception):
    """ruff refused the source: a fault of the templates, never of the contract."""


def format_sources(sources: Mapping[str, str]) -> dict[str, str]:
    """The same files without unused imports, with sorted imports, formatted.

    Raises:
        FormattingError: some file is not valid Python.
    """
    with tempfile.TemporaryDirectory(prefix="tally-") as folder:
        root = Path(folder)
        for name, text in sources.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        _ruff(root, "check", "--select", "F401,I001,TC005", "--fix", "--quiet")
        _ruff(root, "format", "--quiet")
        return {name: (root / name).read_text(encoding="utf-8") for name in sources}


def _ruff(root: Path, command: str, *arguments: str) -> None:
    options = ["--isolated", "--no-cache", "--line-length", str(LINE_LENGTH), "--target-version", "py311"]
    done = subprocess.run(  # noqa: S603 - our own ruff on our own files
        [sys.executable, "-m", "ruff", command, *options, *arguments, "."],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise FormattingError(done.stdout + done.stderr)
