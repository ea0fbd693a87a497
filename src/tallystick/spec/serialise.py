"""The bundle as JSON and as YAML: the same input gives the same bytes."""

from __future__ import annotations

import json
from typing import Any

import yaml

from tallystick.spec.nodes import Array, Object
from tallystick.spec.scalars import UnusableNumber, resolve_plain

_WIDTH = 110
_READ_AS_BOOLEAN = frozenset({"y", "Y", "n", "N"})
_ODD_BREAKS = "\r\x85\u2028\u2029"
"""Line breaks for YAML 1.1, or for some editors, and plain characters for 1.2."""


def to_json(bundle: Any) -> str:
    return json.dumps(bundle, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_yaml(bundle: Any) -> str:
    """YAML that versions 1.1 and 1.2 read alike."""
    return yaml.dump(bundle, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)


class _Dumper(yaml.CSafeDumper):
    """Block style without aliases. The emitter itself quotes what YAML 1.1 would take for something else than text."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))


def _represent_object(dumper: _Dumper, node: Object) -> yaml.MappingNode:
    return dumper.represent_mapping("tag:yaml.org,2002:map", node)


def _represent_array(dumper: _Dumper, node: Array) -> yaml.SequenceNode:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", node)


def _style(text: str) -> str | None:
    if any(each in text for each in _ODD_BREAKS):
        return '"'
    if "\n" in text:
        return "|" if text.strip() else '"'
    return "'" if _is_ambiguous(text) else None


def _is_ambiguous(text: str) -> bool:
    try:
        return text in _READ_AS_BOOLEAN or resolve_plain(text) != text
    except UnusableNumber:
        return True


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(Object, _represent_object)
_Dumper.add_representer(Array, _represent_array)
