"""The bundle as text: deterministic, and read alike by YAML 1.1 and 1.2."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.spec.serialise import to_json, to_yaml
from tests.tallystick.spec.reading import from_yaml

ODD = [
    *("yes", "no", "on", "y", "n", "~", "null", "18:00", "1e3", "0o17", "0x1F", "1_000", "2024-01-01", "<<", "="),
    *(".inf", ".nan", "+1", "1.", ".5", "017", "1e999", "!a", "&a", "*a", "{a", "[a", "|", ">", "%a", "@a", "`a"),
    *(" a", "a ", "a: b", "# a", "- a", "a\nb", "a\n", "\n", "a\n\nb\n", "  a\nb", "a \nb", "\ta", "'", '"', ""),
    *("\u2028", "\x85", "\r\n", "\ufeff", "é\U0001f600"),
]  # fmt: skip
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12) | st.sampled_from(ODD)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300)
@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_both_versions_of_yaml_read_the_same(value: dict[str, Any]) -> None:
    text = to_yaml(value)
    root, diagnostics = from_yaml(text)
    assert diagnostics == []
    assert (root or {}) == value
    assert yaml.load(text, Loader=yaml.CSafeLoader) == value


@settings(max_examples=50)
@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_json_keeps_order_and_ends_with_one_line_end(value: dict[str, Any]) -> None:
    text = to_json(value)
    assert text.endswith("}\n")
    assert list(json.loads(text)) == list(value)


def test_nodes_look_as_plain_data() -> None:
    root, _ = from_yaml("b: [1, {a: x}]\na: |\n  one\n  two\n'200': ~\n")
    assert to_yaml(root) == "b:\n  - 1\n  - a: x\na: |\n  one\n  two\n'200': null\n"
    assert (
        to_json(root)
        == '{\n  "b": [\n    1,\n    {\n      "a": "x"\n    }\n  ],\n  "a": "one\\ntwo\\n",\n  "200": null\n}\n'
    )


def test_json_has_no_nan() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        to_json({"a": float("nan")})


@pytest.mark.parametrize("key", ["k" * 1000, "k" * 1001, "ö" * 5000, "a\n" * 600])
def test_keys_longer_than_readers_look_ahead(key: str) -> None:
    value = {"a": {key: {"b": [1, {key: "c\nd"}]}}}
    text = to_yaml(value)
    assert from_yaml(text) == (value, [])
    assert yaml.load(text, Loader=yaml.CSafeLoader) == value
