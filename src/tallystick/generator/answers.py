"""Answers that handlers return: every declared response that is not a problem."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from tallystick.generator.annotations import Annotator
from tallystick.generator.imports import Imports
from tallystick.generator.ir import AnswerView, HeaderView
from tallystick.generator.problems import Problems, is_problem_answer
from tallystick.spec.model import Header, MediaType, Operation, Response
from tallystick.spec.names import class_name, identifier

_Encoder = Literal["model", "bytes", "text", "empty"]


def build_answers(
    operation: Operation,
    problems: Problems,
    annotator: Annotator,
    server_headers: frozenset[str],
    imports: Imports,
) -> tuple[AnswerView, ...]:
    """One view per declared status and media type; problems are raised, so they are none of them."""
    found: list[AnswerView] = []
    for response in operation.responses:
        if is_problem_answer(problems, response.media) or (not response.success and not response.media):
            continue
        headers = tuple(_headers(response, annotator, server_headers, imports))
        choices: tuple[MediaType | None, ...] = response.media or (None,)
        found += [_answer(operation, response, media, headers, annotator, imports) for media in choices]
    return tuple(found)


def _answer(
    operation: Operation,
    response: Response,
    media: MediaType | None,
    headers: tuple[HeaderView, ...],
    annotator: Annotator,
    imports: Imports,
) -> AnswerView:
    name = class_name(operation.id) + (response.status.upper() if response.status != "default" else "Default")
    if media is not None and len(response.media) > 1:
        name += class_name(media.name.partition(";")[0].partition("/")[2])
    hint, encoder = _body(media, annotator, imports)
    return AnswerView(
        class_name=name,
        status=response.code,
        media_type=media.name if media else None,
        body_hint=hint,
        encoder=encoder,
        headers=headers,
        description=response.description,
    )


def _body(media: MediaType | None, annotator: Annotator, imports: Imports) -> tuple[str | None, _Encoder]:
    if media is None:
        return None, "empty"
    name = media.name.partition(";")[0].strip().lower()
    if name == "application/json" or name.endswith("+json"):
        annotation = annotator.annotate(media.schema)
        imports.update(annotation.imports)
        return annotation.hint, "model"
    return ("str", "text") if name.startswith("text/") else ("bytes", "bytes")


def _headers(
    response: Response, annotator: Annotator, server_headers: frozenset[str], imports: Imports
) -> Iterator[HeaderView]:
    for header in sorted(response.headers, key=lambda h: not h.required):
        if header.name.lower() not in server_headers:
            yield _header(header, annotator, imports)


def _header(header: Header, annotator: Annotator, imports: Imports) -> HeaderView:
    annotation = annotator.annotate(header.schema)
    imports.update(pair for pair in annotation.imports if pair[1] in annotation.hint)
    # RFC 9110 writes it ETag, but nobody says "e tag".
    name = "etag" if header.name.lower() == "etag" else identifier(header.name)
    return HeaderView(name, header.name.lower(), annotation.hint, header.required)
