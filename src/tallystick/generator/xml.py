"""How a schema's values stand in XML (OpenAPI's XML Object), as the run time's decoder wants to know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from tallystick.generator.kinds import Schemas, kind_of, parts_of, resolve
from tallystick.generator.problems import schema_name

# See `tallystick.runtime.xml_model`.
Property: TypeAlias = tuple[str, str, str, str]
Objects: TypeAlias = dict[str, dict[str, Property]]

_INLINE = "inline"


class XmlPlan:
    """The objects that can stand below one root."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self.objects: Objects = {}

    def root(self, schema: Mapping[str, Any] | None) -> Property:
        """The root element; its name counts where the contract gives it one for XML."""
        node = resolve(schema, self._schemas)
        name = _in_namespace(str(node.get("xml", {}).get("name", "")), node.get("xml", {}))
        if kind_of(node, self._schemas) == "array":
            return (name, "wrapped", self._shape(node.get("items")), self._item(node, "item"))
        return (name, "element", self._shape(schema), "")

    def _shape(self, schema: Any) -> str:
        kind = kind_of(schema, self._schemas)
        if kind != "object":
            return "string" if kind == "array" else kind
        name = schema_name(schema) if isinstance(schema, dict) else None
        if name is None:
            name = f"{_INLINE} {len(self.objects)}"
        if name not in self.objects:
            # Known before it is filled: objects may contain themselves.
            self.objects[name] = {}
            self._fill(self.objects[name], schema)
        return f"#{name}"

    def _fill(self, found: dict[str, Property], schema: Any) -> None:
        parts = list(parts_of(schema, self._schemas))
        required = {key for part in parts for key in part.get("required", ())}
        for part in parts:
            for name, one in part.get("properties", {}).items():
                found.setdefault(name, self._property(name, one, name in required))
        for part in parts:
            if isinstance(part.get("additionalProperties"), dict):
                found.setdefault("*", ("*", "element", self._shape(part["additionalProperties"]), ""))

    def _property(self, name: str, schema: Any, required: bool) -> Property:
        node = resolve(schema, self._schemas)
        own = schema.get("xml", {}) if isinstance(schema, dict) else {}
        xml = {**node.get("xml", {}), **own}
        element = str(own.get("name") or ("" if schema_name(schema) else xml.get("name")) or name)
        # As with its name, what a referenced schema says of itself as a root does not count for a property.
        element = _in_namespace(element, own if schema_name(schema) else xml)
        if kind_of(schema, self._schemas) != "array":
            return (element, "attribute" if _is_attribute(xml) else "element", self._shape(schema), "")
        shape = self._shape(node.get("items"))
        if xml.get("wrapped"):
            return (element, "wrapped", shape, self._item(node, element))
        return (self._item(node, element), "required" if required else "repeated", shape, "")

    def _item(self, array: Mapping[str, Any], name: str) -> str:
        xml = resolve(array.get("items"), self._schemas).get("xml", {})
        return _in_namespace(str(xml["name"]), xml) if xml.get("name") else name


def _in_namespace(name: str, xml: Mapping[str, Any]) -> str:
    """The name as the run time knows it; a prefix means nothing without a namespace."""
    local = name.rpartition(":")[2]
    namespace = xml.get("namespace")
    if not namespace or not local:
        return local
    prefix = f"{xml['prefix']}:" if xml.get("prefix") else ""
    return f"{{{namespace}}}{prefix}{local}"


def _is_attribute(xml: Mapping[str, Any]) -> bool:
    return xml.get("attribute") is True or xml.get("nodeType") == "attribute"
