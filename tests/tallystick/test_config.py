"""`[tool.tallystick]`: found from any folder below, and clear when it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallystick.config import Config, ConfigError, read_config


def test_the_nearest_project_that_has_the_table(tmp_path: Path) -> None:
    table = 'contract = "api/a.yaml"\nserver_headers = ["X-A"]\n'
    (tmp_path / "pyproject.toml").write_text(f"[tool.tallystick]\n{table}")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'a'\n")
    config = read_config(inner)
    assert config.contract == tmp_path / "api" / "a.yaml"
    assert config.server_headers == {"X-A"}
    assert config.package == "generated"


def test_without_a_project_there_are_no_defaults(tmp_path: Path) -> None:
    assert read_config(tmp_path) == Config(tmp_path.resolve())


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("[tool.tallystick]\ncontract = 1\n", "contract must be text"),
        ('[tool.tallystick]\ncontrat = "a"\n', "no setting 'contrat'"),
        ('[tool.tallystick]\nserver_headers = "X-A"\n', "must be a list"),
        ("[tool]\ntallystick = 1\n", "must be a table"),
        ("[tool.tallystick\n", "cannot be read"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, table: str, message: str) -> None:
    (tmp_path / "pyproject.toml").write_text(table)
    with pytest.raises(ConfigError, match=message) as caught:
        read_config(tmp_path)
    assert "pyproject.toml" in str(caught.value)
