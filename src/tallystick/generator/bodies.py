"""Request bodies: the type a handler gets, and the expression that makes the decoder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tallystick.generator.annotations import Annotator
from tallystick.generator.forms import FormPlan
from tallystick.generator.imports import Imports
from tallystick.generator.ir import BodyView
from tallystick.generator.kinds import Constants, kind_of
from tallystick.generator.media import (
    FORM,
    base_name,
    is_bytes,
    is_json,
    is_lines,
    is_multipart,
    is_sequence,
    is_xml,
)
from tallystick.generator.media_refusals import media_refusals, told_apart
from tallystick.generator.sequences import item_counts, item_schema
from tallystick.generator.xml import XmlPlan
from tallystick.spec.errors import ContractError
from tallystick.spec.model import Contract, MediaType, Operation

_JSON = "application/json"
_ANYTHING = ("*/*", "application/*")


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
    refused = [*told_apart(body.media), *media_refusals(body.media)]
    if refused:
        raise ContractError(refused)
    hints: dict[str, None] = {}
    decoders: list[str] = []
    for media in _with_json(body.media, contract):
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


def _with_json(media: tuple[MediaType, ...], contract: Contract) -> Iterator[MediaType]:
    """An object in any media type is judged by its schema where it is sent as JSON, and bytes where it is not."""
    is_open = not any(is_json(base_name(one.name)) for one in media)
    for one in media:
        is_range = base_name(one.name) in _ANYTHING
        if is_open and is_range and kind_of(one.schema, contract.schemas) in ("object", "array"):
            yield replace(one, name=_JSON)
        yield one


def _decoder(media: MediaType, annotator: Annotator, contract: Contract, imports: Imports) -> tuple[str, str]:
    name = base_name(media.name)
    annotation = annotator.annotate(media.schema)
    if is_json(name):
        imports.update(annotation.imports)
        imports.add("tallystick.runtime.bodies", "JsonBody")
        return annotation.hint, f"JsonBody({annotation.text})"
    if name == FORM or is_multipart(name):
        imports.update(annotation.imports)
        plan = FormPlan(media, annotator, contract, imports)
        return plan.hint, plan.form() if name == FORM else plan.multipart()
    if is_lines(name):
        return _lines(media, annotator, contract, imports)
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


def _lines(media: MediaType, annotator: Annotator, contract: Contract, imports: Imports) -> tuple[str, str]:
    annotation = annotator.annotate(item_schema(media, contract.schemas))
    imports.update(annotation.imports)
    imports.add("tallystick.runtime.lines", "LinesBody")
    imports.add("collections.abc", "AsyncIterator")
    arguments = [annotation.text]
    if is_sequence(base_name(media.name)):
        imports.add("tallystick.runtime.lines", "RECORD_SEPARATOR")
        arguments.append("separator=RECORD_SEPARATOR")
    names = {"minItems": "least", "maxItems": "most"}
    arguments += [f"{names[key]}={count}" for key, count in item_counts(media, contract.schemas).items()]
    return f"AsyncIterator[{annotation.hint}]", f"LinesBody({', '.join(arguments)})"


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
