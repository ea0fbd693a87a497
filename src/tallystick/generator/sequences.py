"""Media types of one value after another: lines of JSON and server-sent events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tallystick.generator.kinds import Schemas, kind_of, parts_of, resolve
from tallystick.generator.media import EVENTS, base_name, is_json
from tallystick.spec.errors import ContractError, Diagnostic
from tallystick.spec.grammar import Kind, walk
from tallystick.spec.model import MediaType
from tallystick.spec.nodes import Object, position_of

_EVENT = frozenset({"data", "event", "id", "retry"})
_COUNTS = ("minItems", "maxItems")
# What no iterator can tell before its end, or at all.
_WHOLE = ("uniqueItems", "contains", "prefixItems", "unevaluatedItems", "minContains", "maxContains")


def item_schema(media: MediaType, schemas: Schemas) -> Any:
    """The schema of one value: `itemSchema` (OpenAPI 3.2), the items of an array, or the schema itself."""
    item = media.node.get("itemSchema")
    if item is not None:
        return item
    whole = resolve(media.schema, schemas)
    return whole.get("items", {}) if kind_of(whole, schemas) == "array" else media.schema


def item_counts(media: MediaType, schemas: Schemas) -> dict[str, int]:
    """How many values there may be, by keyword.

    Raises:
        ContractError: the schema judges the values together.
    """
    whole = resolve(media.schema, schemas)
    if kind_of(whole, schemas) != "array":
        return {}
    found = next((key for key in _WHOLE if whole.get(key)), None)
    if found is not None:
        what = f"{found} of a body in {media.name} cannot be judged while it arrives"
        hint = "leave it to the handler, or take an array in application/json"
        raise ContractError([Diagnostic("unsupported-media-type", what, position_of(whole, found), hint=hint)])
    return {key: int(whole[key]) for key in _COUNTS if key in whole}


def is_whole_event(schema: Any, schemas: Schemas) -> bool:
    """Whether a schema describes an event with all its fields, not only its data."""
    names = {name for part in parts_of(schema, schemas) for name in part.get("properties", {})}
    return "data" in names and names <= _EVENT


def mark_events(document: Object) -> None:
    """Let the data of events be what stands in their text: JSON that the contract describes by `contentSchema`."""
    schemas: Mapping[str, Object] = document.get("components", {}).get("schemas", {})
    for place in walk(document):
        if place.kind is not Kind.RESPONSE or not isinstance(place.node, Object):
            continue
        for name, media in (place.node.get("content") or {}).items():
            if base_name(name) == EVENTS:
                item = item_schema(MediaType(name, media.get("schema"), media), schemas)
                _mark(item, schemas)


def _mark(item: Any, schemas: Schemas) -> None:
    if not is_whole_event(item, schemas):
        return
    for part in parts_of(item, schemas):
        properties: Any = part.get("properties", {})
        data = resolve(properties.get("data"), schemas)
        if "contentSchema" in data and is_json(base_name(str(data.get("contentMediaType", "")))):
            properties["data"] = data["contentSchema"]
