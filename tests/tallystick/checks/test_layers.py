"""Each house rule of code, planted broken in a small project: a rule that finds nothing would be worse than none."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tallystick.checks.layers import LayerTableError, check_layers, cycles

TABLE = """
[tool.tallystick.layers]
roots = ["src", "."]
packages = ["shop", "generated"]
domain-package = "shop.domain"
max-module-lines = 20
max-function-lines = 5

[tool.tallystick.layers.allow]
"shop" = ["shop", "generated"]
"shop.kit" = ["shop.kit"]
"shop.domain.*" = ["shop.domain", "shop.kit"]
"shop.domain.*.handlers" = ["shop.domain", "shop.kit", "generated"]

[tool.tallystick.layers.third-party]
"shop.kit" = ["sqlalchemy"]

[tool.tallystick.layers.domains]
orders = ["users"]
users = []
"""

Project = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def check(tmp_path: Path) -> Project:
    """Write modules by dotted name and give what is found: rule and place."""

    def write_and_check(**modules: str) -> list[tuple[str, str]]:
        (tmp_path / "pyproject.toml").write_text(TABLE)
        for name, text in modules.items():
            path = tmp_path / "src" / Path(*name.split("__")).with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return [
            (each.rule, f"{each.position.file}:{each.position.line}" if each.position else "")
            for each in check_layers(tmp_path)
        ]

    return write_and_check


def test_a_clean_project_has_no_findings(check: Project) -> None:
    assert (
        check(
            shop__main="import json\nfrom shop.domain.orders import service\n",
            shop__domain__orders__service="from shop.domain.users import service\nfrom shop.kit import db\n",
            shop__domain__users__service="",
            shop__kit__db="import sqlalchemy.exc\nfrom __future__ import annotations\n",
        )
        == []
    )


@pytest.mark.parametrize(
    ("module", "text", "rule"),
    [
        ("shop__kit__db", "from shop import main\n", "layer-import"),
        ("shop__kit__db", "import shop.main\n", "layer-import"),
        ("shop__kit__db", "from .. import main\n", "layer-import"),
        ("shop__kit__db", "import httpx\n", "layer-third-party"),
        ("shop__domain__orders__service", "from generated import models\n", "layer-import"),
        ("shop__domain__orders__service", "from shop.domain.users.tables import T\n", "layer-domain-private"),
        ("shop__domain__orders__service", "from shop.domain.users import repository\n", "layer-domain-private"),
        ("shop__domain__users__service", "from shop.domain.orders import service\n", "layer-domain"),
        ("shop__main", "def f():\n    import shop.kit.db\n", "layer-local-import"),
        ("shop__main", "x = 1  # noqa: F401\n", "suppression-reason"),
        ("shop__main", "x = 1  # type: ignore[arg-type]\n", "suppression-reason"),
        ("shop__main", "x = 1\n" * 21, "module-size"),
        ("shop__main", "def f():\n" + "    x = 1\n" * 5, "function-size"),
        ("generated__models", "import shop.kit.db\n", "layer-unknown"),
    ],
)
def test_each_rule_finds_what_breaks_it(check: Project, module: str, text: str, rule: str) -> None:
    others = dict.fromkeys(
        ["shop__domain__users__repository", "shop__domain__users__tables", "shop__domain__orders__tables"], ""
    )
    found = check(**others | {"shop__kit__db": "", "shop__domain__users__service": ""} | {module: text})
    assert [name for name, _ in found] == [rule]


def test_handlers_may_see_what_services_may_not(check: Project) -> None:
    assert check(shop__domain__orders__handlers="from generated import models\n") == []


def test_a_finding_names_its_line(check: Project) -> None:
    assert check(shop__kit__db="import os\n\nfrom shop import main\n") == [("layer-import", "src/shop/kit/db.py:3")]


def test_a_suppression_with_a_reason_is_taken_but_many_are_not(check: Project) -> None:
    line = "x = 1  # noqa: F401 - the plug-in registers itself\n"
    assert check(shop__main=line) == []
    assert check(shop__main=line * 2) == [("suppression-count", "src/shop/main.py:2")]


def test_generated_code_may_be_long(check: Project) -> None:
    assert check(generated__models="x = 1\n" * 100) == []


def test_cycles_are_found_and_imports_for_types_do_not_make_one(check: Project) -> None:
    found = check(shop__kit__a="from shop.kit import b\n", shop__kit__b="from shop.kit import a\n")
    assert found == [("layer-cycle", "src/shop/kit/a.py:1")]
    for_types = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shop.kit import a\n"
    assert check(shop__kit__a="from shop.kit import b\n", shop__kit__b=for_types) == []


def test_cycles_of_a_graph() -> None:
    graph = {"a": ["b"], "b": ["c", "d"], "c": ["a"], "d": ["e"], "e": [], "f": ["g"], "g": ["f"]}
    assert sorted(sorted(group) for group in cycles(graph)) == [["a", "b", "c"], ["f", "g"]]


def test_a_project_without_a_table_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\n")
    with pytest.raises(LayerTableError, match=r"tool\.tallystick\.layers"):
        check_layers(tmp_path)
