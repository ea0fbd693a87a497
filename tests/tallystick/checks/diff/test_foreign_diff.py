"""Contracts of others, from the folder that TALLY_CONTRACTS names: compared with themselves and with changed copies."""

from __future__ import annotations

import os
import time
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tallystick.checks.diff.changes import Level
from tallystick.checks.diff.compare import compare
from tallystick.spec.bundle import bundle
from tallystick.spec.grammar import Kind, walk
from tallystick.spec.loader import load
from tallystick.spec.nodes import Array, Object, copy_object

_FOLDER = Path(os.environ.get("TALLY_CONTRACTS", "none"))
_FILES = sorted(each for each in _FOLDER.glob("*") if each.suffix in (".json", ".yaml", ".yml"))
_PLACES = 12
pytestmark = [pytest.mark.foreign, pytest.mark.parametrize("path", _FILES, ids=lambda each: each.name)]


def test_nothing_changed(path: Path) -> None:
    document = bundle(load(path))
    assert not compare(copy_object(document), copy_object(document)).changes


def test_a_changed_copy_within_three_seconds(path: Path) -> None:
    start = time.process_time()
    old, new = bundle(load(path)), bundle(load(path))
    strings = [node for node in _schemas(new) if node.get("type") == "string" and "enum" not in node]
    for node in Random(1).sample(strings, min(_PLACES, len(strings))):
        node["type"] = Array(["string", "integer"]) if "maxLength" in node else "boolean"
    changes = compare(old, new).changes
    taken = time.process_time() - start
    assert any(change.level is Level.BREAKING for change in changes) or not strings
    assert taken < 3, f"{taken:.1f} s"


def _schemas(document: Object) -> list[Any]:
    return [each.node for each in walk(document) if each.kind is Kind.SCHEMA and isinstance(each.node, dict)]
