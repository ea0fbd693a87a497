"""Request bodies: the type a handler gets, and the expression that makes the decoder."""

from __future__ import annotations

from tallystick.generator.annotations import Annotator
from tallystick.generator.imports import Imports
from tallystick.generator.ir import BodyView
from tallystick.generator.kinds import item_kind, kind_of, resolve
from tallystick.spec.errors import ContractError, Diagnostic
from tallystick.spec.model import Contract, MediaType, Operation
from tallystick.spec.nodes import position_of

FORM = "application/x-www-form-urlencoded"


def build_body(
    operation: Operation, constant: str, annotator: Annotator, contract: Contract, imports: Imports
) -> BodyView | None:
    """The body of an operation, None if it takes none.

    Raises:
        ContractError: a media type that the run time cannot decode.
    """
    body = operation.body
    if body is None or not body.media:
        return None
    hints: dict[str, None] = {}
    decoders: list[str] = []
    for media in body.media:
        hint, decoder = _decoder(media, annotator, contract, imports)
        hints[hint] = None
        decoders.append(f"{media.name!r}: {decoder}")
    hint = " | ".join(hints)
    if not body.required:
        hint = f"{hint} | None"
    value = f"{constant}_BODY"
    required = "" if body.required else ", required=False"
    declaration = f"{value}: Bodies[{hint}] = Bodies({{{', '.join(decoders)}}}{required})"
    imports.add("tallystick.runtime.bodies", "Bodies")
    return BodyView(value, hint, declaration, body.required)


def _decoder(media: MediaType, annotator: Annotator, contract: Contract, imports: Imports) -> tuple[str, str]:
    name = media.name.partition(";")[0].strip().lower()
    annotation = annotator.annotate(media.schema)
    if name == "application/json" or name.endswith("+json"):
        imports.update(annotation.imports)
        imports.add("tallystick.runtime.bodies", "JsonBody")
        return annotation.hint, f"JsonBody({annotation.text})"
    if name == FORM:
        imports.update(annotation.imports)
        imports.add("tallystick.runtime.bodies", "FormBody")
        return annotation.hint, f"FormBody({annotation.text}, fields={_fields(media, contract)!r})"
    if name.startswith("text/"):
        imports.add("tallystick.runtime.bodies", "TextBody")
        return "str", "TextBody()"
    if name == "application/octet-stream":
        imports.add("tallystick.runtime.bodies", "BinaryBody")
        return "bytes", "BinaryBody()"
    raise ContractError(
        (
            Diagnostic(
                rule="unsupported-media-type",
                message=f"a request body in {media.name} cannot be decoded",
                position=position_of(media.node),
                hint="use JSON, a form, text or application/octet-stream",
            ),
        )
    )


def _fields(media: MediaType, contract: Contract) -> dict[str, str]:
    """How each field's text is read; `array:integer` is a repeated field."""
    node = resolve(media.schema, contract.schemas)
    kinds: dict[str, str] = {}
    for name, schema in node.get("properties", {}).items():
        kind = kind_of(schema, contract.schemas)
        kinds[name] = f"array:{item_kind(schema, contract.schemas)}" if kind == "array" else kind
    return kinds
