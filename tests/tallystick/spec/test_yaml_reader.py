"""YAML to nodes: values, positions, and everything a hostile file may try."""

from __future__ import annotations

import copy

import pytest

from tallystick.spec.limits import MAX_DEPTH
from tallystick.spec.nodes import key_position, position_of
from tests.tallystick.spec.reading import from_yaml, places


def test_positions_of_keys_and_values() -> None:
    root, _ = from_yaml("a:\n  b: [1, {c: d}]\n")
    assert str(key_position(root, "a")) == "a.yaml:1:1"
    assert str(position_of(root, "a")) == "a.yaml:2:3"
    assert str(position_of(root["a"]["b"], 0)) == "a.yaml:2:7"
    assert str(position_of(root["a"]["b"][1], "c")) == "a.yaml:2:14"
    assert str(key_position(root["a"]["b"][1], "c")) == "a.yaml:2:11"


def test_columns_count_characters_not_bytes() -> None:
    root, _ = from_yaml("{ä: ö, 日本: x}\n")
    assert str(position_of(root, "日本")) == "a.yaml:1:12"


def test_positions_survive_a_deep_copy() -> None:
    root, _ = from_yaml("a:\n  b: [1, {c: d}]\n")
    copied = copy.deepcopy(root)
    assert copied == root
    assert copied["a"]["b"] is not root["a"]["b"]
    assert position_of(copied["a"]["b"][1], "c") == position_of(root["a"]["b"][1], "c")


def test_a_key_set_later_has_the_place_of_its_value() -> None:
    root, _ = from_yaml("a: {b: 1}\nc: {d: 2}\n")
    root["a"]["new"] = root["c"]
    root["a"]["plain"] = 1
    assert position_of(root["a"], "new") == position_of(root["c"])
    assert position_of(root["a"], "plain") == position_of(root["a"])


def test_aliases_are_copies_that_keep_their_place() -> None:
    root, diagnostics = from_yaml("a: &x {b: 1}\nc: *x\nd: *x\n")
    assert diagnostics == []
    assert root["c"] == root["d"] == {"b": 1}
    assert root["c"] is not root["d"]
    assert str(position_of(root["c"], "b")) == "a.yaml:1:11"


def test_numeric_keys_become_text_as_written() -> None:
    root, diagnostics = from_yaml("200: a\n0404: b\n-1: c\n")
    assert diagnostics == []
    assert root == {"200": "a", "0404": "b", "-1": "c"}


@pytest.mark.parametrize("key", ["1.0", "true", "~", "null", "False"])
def test_other_keys_are_refused(key: str) -> None:
    assert places(from_yaml(f"a:\n  {key}: 1\n")[1]) == ["2:3 yaml-key"]


@pytest.mark.parametrize("key", ["'1.0'", '"true"', "yes", "on", "a b"])
def test_text_keys_are_accepted(key: str) -> None:
    assert from_yaml(f"{key}: 1\n")[1] == []


def test_core_tags_are_understood() -> None:
    root, diagnostics = from_yaml("a: !!str 1\nb: !!int 2\nc: !!float 3\nd: !!map {}\ne: !!seq []\nf: ! 4\n")
    assert diagnostics == []
    assert root == {"a": "1", "b": 2, "c": 3, "d": {}, "e": [], "f": "4"}


@pytest.mark.parametrize(
    "content",
    ["a: !!python/name:os.system x\n", "a: !custom {}\n", "a: !!binary aGk=\n", "a: !!set {b}\n", "a: !!int x\n"],
)
def test_other_tags_are_refused(content: str) -> None:
    assert places(from_yaml(content)[1]) == ["1:4 yaml-tag"]


def test_a_quoted_merge_key_is_a_key() -> None:
    assert from_yaml('"<<": 1\n') == ({"<<": 1}, [])


def test_all_problems_of_a_file_at_once() -> None:
    content = "a: 1\na: 2\nb: .inf\ntrue: 1\nc: !x 1\nd: *e\n"
    assert places(from_yaml(content)[1]) == [
        "2:1 duplicate-key",
        "3:4 number",
        "4:1 yaml-key",
        "5:4 yaml-tag",
        "6:4 yaml-alias",
    ]


DEEP = {
    "flow lists": "[" * 10_000,
    "flow objects": "{a: " * 10_000,
    "block lists": "- " * 10_000,
    "one a line": "[\n" * 10_000,
    "block objects": "".join(f"{' ' * depth}a:\n" for depth in range(300)),
    "aliases": "a0: &a0 [1]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 300)),
}


@pytest.mark.parametrize("content", DEEP.values(), ids=DEEP.keys())
def test_deep_nesting_is_one_finding(content: str) -> None:
    _, diagnostics = from_yaml(content)
    assert [each.rule for each in diagnostics] == ["nesting"]


def test_nesting_within_the_limit_can_be_copied() -> None:
    root, diagnostics = from_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert diagnostics == []
    assert copy.deepcopy(root) == root


@pytest.mark.parametrize("content", ["", "# only a comment\n", "\n\n"])
def test_empty_file(content: str) -> None:
    assert places(from_yaml(content)[1]) == ["1:1 file-empty"]


def test_a_document_that_says_null_is_not_an_object() -> None:
    assert from_yaml("---\n~\n") == (None, [])
