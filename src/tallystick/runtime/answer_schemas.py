"""The schemas of a contract as they hold for answers, whatever version of OpenAPI 3 it speaks.

What is write-only is not in answers and not required there; the words of 3.0 (`nullable`, bounds that are flags) are
said in those of JSON Schema 2020-12.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tallystick.runtime.pointers import look_up

# What stands below these is data, or is not about answers.
_DATA = frozenset({"example", "examples", "default", "const", "enum", "value", "dataValue"})
# What stands below these goes by names of the contract's own.
_NAMED = frozenset(
    {
        *(
            "properties",
            "patternProperties",
            "$defs",
            "definitions",
            "dependentSchemas",
            "paths",
            "responses",
            "content",
        ),
        *("schemas", "headers", "parameters", "requestBodies", "links", "callbacks", "pathItems", "mediaTypes"),
    }
)
_NOTES = frozenset({"description", "summary", "title", "deprecated", "writeOnly", "readOnly"})
_PARTS = ("allOf", "anyOf", "oneOf")
_DEEPEST = 30

Node = dict[str, Any]


def turned_to_answers(document: Mapping[str, Any]) -> Node:
    """A copy of an OpenAPI document whose schemas judge what a server answers."""
    copy: Node = _copy(document)
    if str(copy.get("openapi", "")).startswith("3.0"):
        for node in list(_nodes(copy)):
            _modernise(node)
    hidden = {id(node): _hidden(copy, node, 0) for node in _nodes(copy)}
    for node in _nodes(copy):
        _loosen(node, hidden, hidden[id(node)])
    for node in list(_nodes(copy)):
        properties = node.get("properties")
        if isinstance(properties, dict):
            properties.update({name: False for name in properties if _is_write_only(copy, properties[name], 0)})
    return copy


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(each) for key, each in value.items()}
    return [_copy(each) for each in value] if isinstance(value, list) else value


def _nodes(value: Any, *, names: bool = False) -> Iterator[Node]:
    """Every object that may be a schema; the keys of `properties` are names."""
    if isinstance(value, dict):
        if not names:
            yield value
        for key, each in value.items():
            if names or key not in _DATA:
                yield from _nodes(each, names=not names and key in _NAMED)
    elif isinstance(value, list):
        for each in value:
            yield from _nodes(each)


def _target(document: Node, node: Any) -> Any:
    reference = node.get("$ref") if isinstance(node, dict) else None
    return look_up(document, reference) if isinstance(reference, str) and reference.startswith("#/") else None


def _is_write_only(document: Node, schema: Any, depth: int) -> bool:
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return False
    parts = [*schema.get("allOf", ()), _target(document, schema)]
    return schema.get("writeOnly") is True or any(_is_write_only(document, part, depth + 1) for part in parts)


def _hidden(document: Node, schema: Any, depth: int) -> frozenset[str]:
    """The properties of a schema, inherited ones among them, that answers do not have."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return frozenset()
    properties = schema.get("properties")
    own = {
        name
        for name, each in (properties.items() if isinstance(properties, dict) else ())
        if _is_write_only(document, each, 0)
    }
    parts = [*(schema.get("allOf") or ()), _target(document, schema)]
    return frozenset(own).union(*(_hidden(document, part, depth + 1) for part in parts))


def _loosen(node: Any, hidden: Mapping[int, frozenset[str]], outer: frozenset[str]) -> None:
    if not isinstance(node, dict):
        return
    lacking = outer | hidden.get(id(node), frozenset())
    required = node.get("required")
    if lacking and isinstance(required, list):
        node["required"] = [name for name in required if name not in lacking]
    for keyword in _PARTS if lacking else ():
        for part in node.get(keyword) or ():
            _loosen(part, hidden, lacking)


def _modernise(node: Node) -> None:
    """OpenAPI 3.0.4, section 4.7.24, in the words of JSON Schema 2020-12."""
    if isinstance(node.get("$ref"), str):
        for key in [key for key in node if key != "$ref" and key not in _NOTES]:
            del node[key]
        return
    for inclusive, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        flag = node.get(exclusive)
        if isinstance(flag, bool):
            del node[exclusive]
            if flag and inclusive in node:
                node[exclusive] = node.pop(inclusive)
    if node.pop("nullable", False) is True:
        _allow_null(node)


def _allow_null(node: Node) -> None:
    kind = node.get("type")
    if isinstance(kind, str):
        node["type"] = [kind, "null"]
        values = node.get("enum")
        if isinstance(values, list) and None not in values:
            node["enum"] = [*values, None]
        return
    inner = {key: node.pop(key) for key in list(node) if key not in _NOTES}
    if inner:
        node["anyOf"] = [inner, {"type": "null"}]
