"""JSON to nodes: the same values and places as YAML finds, and what only JSON can get wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.spec.nodes import Array, Object, key_position, position_of
from tests.tallystick.spec.reading import from_json, from_yaml, places

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text('abc \\"[]{}:,é', max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('ab:,{["', max_size=3), inner, max_size=4),
    max_leaves=20,
)


def all_places(node: Any) -> list[tuple[object, ...]]:
    if isinstance(node, Object):
        own: list[tuple[object, ...]] = [(key, key_position(node, key), position_of(node, key)) for key in node]
        return [(position_of(node),), *own, *(each for value in node.values() for each in all_places(value))]
    if isinstance(node, Array):
        own = [(index, position_of(node, index)) for index in range(len(node))]
        return [(position_of(node),), *own, *(each for value in node for each in all_places(value))]
    assert not isinstance(node, dict | list), "plain containers know no place"
    return []


@settings(max_examples=60)
@given(st.dictionaries(st.text("ab", max_size=2), JSON, max_size=4), st.sampled_from([None, 2]))
def test_places_agree_with_the_yaml_reader(value: dict[str, Any], indent: int | None) -> None:
    content = json.dumps(value, indent=indent, ensure_ascii=False)
    root, diagnostics = from_json(content)
    as_yaml, _ = from_yaml(content)
    assert diagnostics == []
    assert root == value == as_yaml
    assert all_places(root) == all_places(as_yaml)


def test_duplicate_keys_of_each_object() -> None:
    content = '{"a": 1, "b": {"c": 1, "c": [2]},\n "a": {"a": 1}}'
    assert places(from_json(content)[1]) == ["1:24 duplicate-key", "2:2 duplicate-key"]


def test_numbers_that_cannot_be_held() -> None:
    content = '{"a": NaN, "b": 1e999, "c": -Infinity,\n"d": ' + "1" * 500 + ', "e": "NaN"}'
    assert places(from_json(content)[1]) == ["1:7 number", "1:17 number", "1:29 number", "2:6 number"]


def test_half_a_surrogate_pair_is_refused() -> None:
    assert places(from_json(r'{"a": "\ud83d\ude00", "b": "\ud800"}')[1]) == ["1:28 json-syntax"]


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ('{"a": }', "1:7 json-syntax"),
        ('{"a": 1,\n}', "2:1 json-syntax"),
        ("{'a': 1}", "1:2 json-syntax"),
        ('{"a": 1} x', "1:10 json-syntax"),
        ("", "1:1 file-empty"),
        ('{"a": "tab\there"}', "1:11 json-syntax"),
    ],
)
def test_syntax_errors(content: str, place: str) -> None:
    found = places(from_json(content)[1])
    if content.startswith('{"a": 1,'):
        assert found[0].endswith("json-syntax")  # Python 3.13 points at the comma, older ones after it
    else:
        assert found == [place]


@pytest.mark.parametrize("content", ["[" * 100_000, '{"a":' * 100_000, '{"a":[[' * 150 + "]]}" * 150])
def test_deep_nesting_is_one_finding(content: str) -> None:
    assert [each.rule for each in from_json(content)[1]] == ["nesting"]


def test_a_large_file_finds_places_late() -> None:
    value = {f"key{index}": {"a": [1, {"b": "text"}], "c": None} for index in range(50_000)}
    content = json.dumps(value, indent=1)
    root, _ = from_json(content)
    assert (
        str(position_of(root["key49999"]["a"][1], "b"))
        == f"a.yaml:{content.count(chr(10), 0, content.rindex('text')) + 1}:10"
    )
