"""Bodies of fields and of parts: how each is read, and what the contract says of it beside its schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tallystick.generator.annotations import Annotator
from tallystick.generator.imports import Imports
from tallystick.generator.kinds import Shape, fields_of, flat, kind_of, resolve, shape_of
from tallystick.generator.media import MULTIPART, base_name, is_json, is_multipart
from tallystick.generator.parameters import kind_arguments
from tallystick.spec.errors import ContractError, Diagnostic
from tallystick.spec.model import Contract, MediaType
from tallystick.spec.nodes import Object, key_position, position_of

_STYLES = ("form", "spaceDelimited", "pipeDelimited", "deepObject")
# A part's media type has a place of its own in the contract.
_TYPE = "content-type"


class FormPlan:
    """What is read from a form or a `multipart` body.

    Raises:
        ContractError: a field that the run time cannot read as declared.
    """

    def __init__(self, media: MediaType, annotator: Annotator, contract: Contract, imports: Imports) -> None:
        if media.schema is None and "itemSchema" in media.node:
            media = replace(media, schema=Object({"type": "array", "items": media.node["itemSchema"]}))
        self._media = media
        self._annotator = annotator
        self._contract = contract
        self._imports = imports
        self._encodings: Mapping[str, Any] = media.node.get("encoding") or {}
        refused = list(self._refusals())
        if refused:
            raise ContractError(refused)

    @property
    def hint(self) -> str:
        """What handlers get."""
        return self._annotator.annotate(self._media.schema).hint

    def form(self) -> str:
        """The decoder of a form."""
        self._imports.add("tallystick.runtime.forms", "FormBody")
        return f"FormBody({self._type()}, fields={self._fields()!r}{self._styles()})"

    def multipart(self) -> str:
        """The decoder of a `multipart` body, by names or, where it is a list, by places."""
        name = base_name(self._media.name)
        if kind_of(self._media.schema, self._contract.schemas) == "array":
            return self._parts()
        self._imports.add("tallystick.runtime.multipart", "MultipartBody")
        rules = {name: rule for name, node in self._encodings.items() if (rule := self._rules(node))}
        text = "".join(f"{name!r}: {rule}, " for name, rule in rules.items())
        more = f", rules={{{text}}}" if rules else ""
        more += "" if name == MULTIPART else ", form=False"
        return f"MultipartBody({self._type()}, {self._fields()!r}{self._styles()}{more})"

    def _parts(self) -> str:
        self._imports.add("tallystick.runtime.multipart", "PartsBody")
        shape = shape_of(self._media.schema, self._contract.schemas)
        encoding = self._media.node.get("itemEncoding") or {}
        item: Shape = shape[0] if isinstance(shape, list) else str(shape).partition(":")[2] or "string"
        if isinstance(item, dict) or item == "object" or _only_json(encoding):
            item = "json"
        rules = self._rules(encoding)
        return f"PartsBody({self._type()}, {item!r}{', ' + rules if rules else ''})"

    def _type(self) -> str:
        annotation = self._annotator.annotate(self._media.schema)
        self._imports.update(annotation.imports)
        return annotation.text

    def _fields(self) -> dict[str, Shape]:
        """How each field's text is read; `array:integer` is a repeated field."""
        found = self._shapes()
        for name, shape in found.items():
            encoding = self._encodings.get(name, {})
            if encoding.get("style") == "deepObject":
                continue
            found[name] = flat(shape) if _is_styled(encoding) else _as_text(flat(shape))
            if _only_json(encoding) and not _is_styled(encoding) and not _is_file(shape):
                found[name] = "array:json" if str(shape).startswith(("array", "[")) and self._repeats else "json"
        return found

    def _shapes(self) -> dict[str, Shape]:
        styled = {name for name, encoding in self._encodings.items() if _is_styled(encoding)}
        return fields_of(self._media.schema, self._contract.schemas, styled)

    @property
    def _repeats(self) -> bool:
        return is_multipart(base_name(self._media.name))

    def _styles(self) -> str:
        styles = {}
        for name, encoding in self._encodings.items():
            if _is_styled(encoding):
                style = encoding.get("style", "form")
                styles[name] = (style, bool(encoding.get("explode", style == "form")))
        return f", styles={styles!r}" if styles else ""

    def _rules(self, encoding: Mapping[str, Any]) -> str:
        """The expression of what holds for a field's parts; empty where nothing does."""
        types = _content_types(encoding)
        headers = [self._header(*one) for one in (encoding.get("headers") or {}).items() if one[0].lower() != _TYPE]
        if not types and not headers:
            return ""
        self._imports.add("tallystick.runtime.multipart", "PartRules")
        parts = [repr(types)] + ([f"headers=[{', '.join(headers)}]"] if headers else [])
        return f"PartRules({', '.join(parts)})"

    def _header(self, name: str, node: Mapping[str, Any]) -> str:
        content = next(iter(node.get("content", {}).items()), None)
        schema = content[1].get("schema") if content else node.get("schema")
        annotation = self._annotator.annotate(schema)
        self._imports.update(annotation.imports)
        arguments = [repr(name), "'header'", annotation.text]
        is_value = content is not None and is_json(base_name(content[0]))
        arguments += kind_arguments("json" if is_value else flat(shape_of(schema, self._contract.schemas)))
        arguments += ["explode=True"] if node.get("explode") else []
        arguments += ["required=True"] if node.get("required") else []
        return f"Parameter({', '.join(arguments)})"

    def _refusals(self) -> Iterator[Diagnostic]:
        name = base_name(self._media.name)
        schema = self._media.schema
        kind = kind_of(schema, self._contract.schemas)
        if is_multipart(name) and kind != "object" and (kind != "array" or name == MULTIPART):
            what = f"a request body in {self._media.name} cannot be decoded"
            hint = "let its schema be an object, whose properties are the parts"
            yield Diagnostic("unsupported-media-type", what, position_of(self._media.node), hint=hint)
        if self._media.node.get("prefixEncoding") or "prefixItems" in self._resolved(schema):
            what = f"parts of {self._media.name} cannot be told apart by their places"
            hint = "let all items be of one kind, or name the parts"
            yield Diagnostic("unsupported-encoding", what, position_of(self._media.node), hint=hint)
        properties = self._shapes()
        for field, encoding in self._encodings.items():
            wrong = self._wrong(encoding, properties.get(field))
            if wrong is not None:
                what = f"the field {field!r} in {self._media.name} {wrong[0]}"
                yield Diagnostic("unsupported-encoding", what, key_position(self._encodings, field), hint=wrong[1])

    def _resolved(self, schema: Any) -> Mapping[str, Any]:
        return resolve(schema, self._contract.schemas)

    def _wrong(self, encoding: Mapping[str, Any], shape: Shape | None) -> tuple[str, str] | None:
        """What cannot be carried out of an encoding, and the next step."""
        style = encoding.get("style", "form")
        is_nested = not isinstance(shape, str) or shape.startswith(("array", "object"))
        if style not in _STYLES:
            return f"has the style {style!r}, which forms do not have", f"use one of: {', '.join(_STYLES)}"
        if style == "deepObject" and shape is not None and not is_nested:
            return "is no object, which the style deepObject is for", "use the style form"
        types = _content_types(encoding)
        is_object = isinstance(shape, dict) or shape == "object"
        if is_object and types and not _is_styled(encoding) and not any(map(is_json, types)):
            return f"is an object in {', '.join(types)}, which cannot be decoded", "use application/json, or a string"
        return None


def _is_file(shape: Shape) -> bool:
    return any(kind in str(shape) for kind in ("file", "octets"))


def _as_text(shape: Shape) -> Shape:
    """Objects in fields are JSON text (OpenAPI 3.1, section 4.8.15)."""
    if isinstance(shape, tuple):
        return tuple(_as_text(one) for one in shape)
    return "json" if isinstance(shape, dict) or shape == "object" else shape


def _is_styled(encoding: Mapping[str, Any]) -> bool:
    """Whether it is serialised as query parameters are (OpenAPI 3.1: then its content type does not count)."""
    return any(key in encoding for key in ("style", "explode", "allowReserved"))


def _content_types(encoding: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(base_name(one) for one in str(encoding.get("contentType", "")).split(",") if one.strip())


def _only_json(encoding: Mapping[str, Any]) -> bool:
    types = _content_types(encoding)
    return bool(types) and all(map(is_json, types))
