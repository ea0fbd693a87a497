"""Request bodies: the type a handler gets, and the expression that makes the decoder."""

from __future__ import annotations

from tallystick.generator.annotations import Annotator
from tallystick.generator.imports import Imports
from tallystick.generator.ir import BodyView
from tallystick.generator.kinds import Constants, kind_of, properties_of
from tallystick.generator.media import FORM, MULTIPART, base_name, is_json, is_xml
from tallystick.spec.errors import ContractError, Diagnostic
from tallystick.spec.model import Contract, MediaType, Operation
from tallystick.spec.nodes import position_of


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
    refused = [_refusal(media) for media in body.media if not _decodable(media)]
    if refused:
        raise ContractError(refused)
    hints: dict[str, None] = {}
    decoders: list[str] = []
    for media in body.media:
        hint, decoder = _decoder(media, annotator, contract, imports)
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


def _decodable(media: MediaType) -> bool:
    return base_name(media.name) != MULTIPART


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
        return annotation.hint, f"FormBody({annotation.text}, fields={_fields(media, contract)!r})"
    if is_xml(name):
        imports.add("tallystick.runtime.bodies", "XmlBody")
        return "bytes", "XmlBody()"
    if name.startswith("text/"):
        return _text(media, annotator, contract, imports)
    imports.add("tallystick.runtime.bodies", "BinaryBody")
    return "bytes", "BinaryBody()"


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


def _refusal(media: MediaType) -> Diagnostic:
    return Diagnostic(
        rule="unsupported-media-type",
        message=f"a request body in {media.name} cannot be decoded",
        position=position_of(media.node),
        hint="use JSON, a form, XML, text, or bytes",
    )


def _fields(media: MediaType, contract: Contract) -> dict[str, str]:
    """How each field's text is read; `array:integer` is a repeated field."""
    schemas = contract.schemas
    found: dict[str, str] = {}
    for name, shape in properties_of(media.schema, schemas).items():
        found[name] = shape if isinstance(shape, str) else "object"
    return found
