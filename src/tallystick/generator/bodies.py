"""Request bodies: the type a handler gets, and the expression that makes the decoder."""

from __future__ import annotations

from tallystick.generator.annotations import Annotator
from tallystick.generator.imports import Imports
from tallystick.generator.ir import BodyView
from tallystick.generator.kinds import Constants, kind_of, properties_of
from tallystick.generator.media import FORM, MULTIPART, base_name, is_bytes, is_json, is_xml
from tallystick.generator.xml import XmlPlan
from tallystick.spec.errors import ContractError, Diagnostic
from tallystick.spec.model import Contract, MediaType, Operation
from tallystick.spec.nodes import position_of

# A part's media type has a place of its own in the contract.
_TYPE = "content-type"


def build_body(
    operation: Operation, constants: Constants, annotator: Annotator, contract: Contract, imports: Imports
) -> BodyView | None:
    """The body of an operation, None if it takes none.

    Raises:
        ContractError: media types that the run time cannot decode.
    """
    body = operation.body
    if body is None or not body.media:
        return None
    refused = [_refusal(media) for media in body.media if not _decodable(media, contract)]
    if refused:
        raise ContractError(refused)
    hints: dict[str, None] = {}
    decoders: list[str] = []
    for media in body.media:
        streams = bool(operation.extensions.get("x-stream")) and is_bytes(base_name(media.name))
        hint, decoder = _stream(imports) if streams else _decoder(media, annotator, contract, imports)
        hints[hint] = None
        decoders.append(f"{media.name!r}: {decoder}")
    hint = " | ".join(hints)
    if not body.required:
        hint = f"{hint} | None"
    value = constants.claim("body")
    required = "" if body.required else ", required=False"
    declaration = f"{value}: Bodies[{hint}] = Bodies({{{', '.join(decoders)}}}{required})"
    imports.add("tallystick.runtime.bodies", "Bodies")
    return BodyView(value, hint, declaration, body.required)


def _decodable(media: MediaType, contract: Contract) -> bool:
    # The parts of a multipart body are the properties of an object.
    return base_name(media.name) != MULTIPART or kind_of(media.schema, contract.schemas) == "object"


def _decoder(media: MediaType, annotator: Annotator, contract: Contract, imports: Imports) -> tuple[str, str]:
    name = base_name(media.name)
    annotation = annotator.annotate(media.schema)
    if is_json(name):
        imports.update(annotation.imports)
        imports.add("tallystick.runtime.bodies", "JsonBody")
        return annotation.hint, f"JsonBody({annotation.text})"
    if name == FORM:
        imports.update(annotation.imports)
        imports.add("tallystick.runtime.bodies", "FormBody")
        return (
            annotation.hint,
            f"FormBody({annotation.text}, fields={_fields(media, contract) | _json_fields(media)!r})",
        )
    if name == MULTIPART:
        return _multipart(media, annotator, contract, imports)
    if is_xml(name):
        return _xml(media, annotator, contract, imports)
    if name.startswith("text/"):
        return _text(media, annotator, contract, imports)
    imports.add("tallystick.runtime.bodies", "BinaryBody")
    return "bytes", "BinaryBody()"


def _stream(imports: Imports) -> tuple[str, str]:
    imports.add("tallystick.runtime.bodies", "StreamBody")
    imports.add("collections.abc", "AsyncIterable")
    return "AsyncIterable[bytes]", "StreamBody()"


def _text(media: MediaType, annotator: Annotator, contract: Contract, imports: Imports) -> tuple[str, str]:
    imports.add("tallystick.runtime.bodies", "TextBody")
    kind = kind_of(media.schema, contract.schemas)
    if not media.schema or kind in ("array", "object"):
        return "str", "TextBody()"
    annotation = annotator.annotate(media.schema)
    imports.update(annotation.imports)
    if kind == "string":
        return "str", f"TextBody({annotation.text})"
    return annotation.hint, f"TextBody({annotation.text}, {kind!r})"


def _xml(media: MediaType, annotator: Annotator, contract: Contract, imports: Imports) -> tuple[str, str]:
    if kind_of(media.schema, contract.schemas) not in ("array", "object"):
        imports.add("tallystick.runtime.bodies", "XmlBody")
        return "bytes", "XmlBody()"
    annotation = annotator.annotate(media.schema)
    imports.update(annotation.imports)
    imports.add("tallystick.runtime.xml_model", "XmlModelBody")
    plan = XmlPlan(contract.schemas)
    root = plan.root(media.schema)
    return annotation.hint, f"XmlModelBody({annotation.text}, {root!r}, {plan.objects!r})"


def _multipart(media: MediaType, annotator: Annotator, contract: Contract, imports: Imports) -> tuple[str, str]:
    annotation = annotator.annotate(media.schema)
    imports.update(annotation.imports)
    imports.add("tallystick.runtime.multipart", "MultipartBody")
    fields = _fields(media, contract)
    accepted: dict[str, tuple[str, ...]] = {}
    required: dict[str, tuple[str, ...]] = {}
    for name, node in (media.node.get("encoding") or {}).items():
        types = tuple(base_name(one) for one in str(node.get("contentType", "")).split(",") if one.strip())
        headers = {key.lower() for key, one in (node.get("headers") or {}).items() if one.get("required")} - {_TYPE}
        kind = fields.get(name, "")
        if types and all(map(is_json, types)) and not kind.endswith("file"):
            fields[name] = "array:json" if kind.startswith("array") else "json"
        accepted |= {name: types} if types else {}
        required |= {name: tuple(sorted(headers))} if headers else {}
    arguments = [annotation.text, repr(fields)]
    arguments += [f"content_types={accepted!r}"] if accepted else []
    arguments += [f"required_headers={required!r}"] if required else []
    return annotation.hint, f"MultipartBody({', '.join(arguments)})"


def _refusal(media: MediaType) -> Diagnostic:
    return Diagnostic(
        rule="unsupported-media-type",
        message=f"a request body in {media.name} cannot be decoded",
        position=position_of(media.node),
        hint="let its schema be an object, whose properties are the parts",
    )


def _json_fields(media: MediaType) -> dict[str, str]:
    """The fields whose text is JSON as a whole, because the contract says so."""
    encodings = (media.node.get("encoding") or {}).items()
    return {name: "json" for name, one in encodings if is_json(base_name(str(one.get("contentType", ""))))}


def _fields(media: MediaType, contract: Contract) -> dict[str, str]:
    """How each field's text is read; `array:integer` is a repeated field."""
    schemas = contract.schemas
    found: dict[str, str] = {}
    for name, shape in properties_of(media.schema, schemas).items():
        found[name] = shape if isinstance(shape, str) else "object"
    return found
