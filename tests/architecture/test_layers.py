"""The import rules, sizes and suppressions of pyproject.toml hold in this repository."""

from pathlib import Path

from tallystick.checks.layers import check_layers

ROOT = Path(__file__).resolve().parents[2]


def test_no_module_reaches_over_its_layer_or_grows_too_large() -> None:
    assert [str(each) for each in check_layers(ROOT)] == []
