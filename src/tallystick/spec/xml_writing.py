"""JSON values as XML, by the XML Object of their schemas (OpenAPI 3.1, section 4.8.26)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

# A schema with references followed and `allOf` laid together.
Look = Callable[[Any], Mapping[str, Any]]

_DECLARATION = "<?xml version='1.0' encoding='UTF-8'?>\n"
_ITEM = "item"
_ROOT = "root"


def write_xml(value: Any, schema: Any, look: Look) -> str:
    """A document; the root has its schema's name for XML, else that of the component."""
    node = look(schema)
    reference = schema.get("$ref") if isinstance(schema, Mapping) else None
    name = str(reference).rpartition("/")[2] if isinstance(reference, str) else _ROOT
    xml = _xml(node)
    inner = _Writer(look)
    if isinstance(value, list):
        name = str(xml.get("name") or name)
        body = "".join(inner.element(_item_name(node, look, _ITEM), one, node.get("items")) for one in value)
        return f"{_DECLARATION}<{_tag(name)}{_namespace(xml)}>{body}</{_tag(name)}>"
    return _DECLARATION + inner.element(str(xml.get("name") or name), value, schema)


class _Writer:
    def __init__(self, look: Look) -> None:
        self._look = look

    def element(self, name: str, value: Any, schema: Any) -> str:
        """One element with what is in it."""
        node = self._look(schema)
        xml = _xml(node)
        tag = _tag(f"{xml['prefix']}:{name}" if xml.get("prefix") else name)
        attributes, inner = _namespace(xml), ""
        if isinstance(value, Mapping):
            for key, one in value.items():
                own = node.get("properties", {}).get(key, node.get("additionalProperties"))
                if _xml(self._look(own)).get("attribute") is True:
                    attributes += f" {_tag(self._name(key, own))}={quoteattr(_scalar(one))}"
                else:
                    inner += self._property(key, one, own)
        elif isinstance(value, list):
            inner = "".join(self.element(_ITEM, one, node.get("items")) for one in value)
        else:
            inner = escape(_scalar(value))
        return f"<{tag}{attributes}>{inner}</{tag}>"

    def _property(self, key: str, value: Any, schema: Any) -> str:
        node = self._look(schema)
        name = self._name(key, schema)
        if not isinstance(value, list):
            return self.element(name, value, schema)
        wrapped = _xml(node).get("wrapped") is True
        item = _item_name(node, self._look, name if wrapped else key)
        items = "".join(self.element(item, one, node.get("items")) for one in value)
        return f"<{_tag(name)}>{items}</{_tag(name)}>" if wrapped else items

    def _name(self, key: str, schema: Any) -> str:
        """The name beside a reference, else that of a schema which stands here, else the property's."""
        own = _xml(schema if isinstance(schema, Mapping) else {})
        return str(own.get("name") or key)


def _item_name(array: Mapping[str, Any], look: Look, name: str) -> str:
    return str(_xml(look(array.get("items"))).get("name") or name)


def _xml(node: Mapping[str, Any]) -> Mapping[str, Any]:
    found = node.get("xml")
    return found if isinstance(found, Mapping) else {}


def _namespace(xml: Mapping[str, Any]) -> str:
    if not xml.get("namespace"):
        return ""
    prefix = f":{xml['prefix']}" if xml.get("prefix") else ""
    return f" xmlns{prefix}={quoteattr(str(xml['namespace']))}"


def _tag(name: str) -> str:
    """A name that XML takes."""
    clean = "".join(c if c.isalnum() or c in "-_.:" else "_" for c in name) or _ITEM
    return clean if clean[0].isalpha() or clean[0] == "_" else f"_{clean}"


def _scalar(value: Any) -> str:
    """Text of the characters that XML has."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "" if value is None else str(value)
    return "".join(c for c in text if c >= " " or c in "\t\n\r")
