"""Answers that handlers return: every declared response that is not a problem."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from tallystick.generator.annotations import Annotator
from tallystick.generator.imports import Imports
from tallystick.generator.ir import AnswerView, HeaderView
from tallystick.generator.kinds import Constants, Schemas, form_kinds, is_flat, resolve
from tallystick.generator.lifecycle import lifecycle
from tallystick.generator.media import EVENTS, base_name, is_json, is_lines, is_range, is_sequence, is_xml
from tallystick.generator.media_refusals import media_refusals
from tallystick.generator.problems import Problems, is_problem_answer, schema_name
from tallystick.generator.refusals import is_ranged
from tallystick.generator.sequences import is_whole_event, item_schema
from tallystick.generator.xml import XmlPlan
from tallystick.spec.errors import ContractError, Diagnostic
from tallystick.spec.model import Header, MediaType, Operation, Response
from tallystick.spec.names import Named, attribute_name, class_name, collisions
from tallystick.spec.nodes import position_of

# Their times are written as HTTP has them, whatever format the contract gives them (RFC 9110; RFC 8594).
_HTTP_DATES = frozenset({"date", "expires", "last-modified", "retry-after", "sunset"})
# The HTTP server and the run time set them.
BY_SERVER = frozenset({"connection", "content-length", "date", "transfer-encoding"})
_BY_RANGES = frozenset({"accept-ranges", "content-range"})
# HTTP gives them no content, whatever the contract declares.
_WITHOUT_CONTENT = (204, 304)


@dataclass(frozen=True, slots=True)
class AnswerBuilder:
    """Builds the answers of the operations of one tag."""

    problems: Problems
    annotator: Annotator
    server_headers: frozenset[str]
    imports: Imports
    constants: Constants
    schemas: Schemas

    def build(self, operation: Operation) -> tuple[AnswerView, ...]:
        """One view per declared status and media type; problems are raised, so they are none of them.

        Raises:
            ContractError: two answers, or two headers of one, would have the same Python name.
        """
        found: list[AnswerView] = []
        named: list[Named] = []
        ranged = is_ranged(operation)
        # What is the same in every answer the run time adds.
        owned = frozenset(name for name, _ in lifecycle(operation, self.schemas).headers)
        owned |= _BY_RANGES if ranged else frozenset()
        for response in operation.responses:
            # Parts are made by the run time, of the whole that handlers give; it knows as well what is no part.
            if is_problem_answer(self.problems, response.media) or (ranged and response.code in (206, 416)):
                continue
            refused = list(media_refusals(response.media))
            if refused:
                raise ContractError(refused)
            headers = tuple(self._headers(response, owned))
            media = () if response.code in _WITHOUT_CONTENT else response.media
            choices: tuple[MediaType | None, ...] = media or (None,)
            views = [self._answer(operation, response, media, headers) for media in choices]
            named += [
                Named(
                    f"{response.status} {media.name if media else ''}".strip(),
                    view.class_name,
                    position_of(media.node) if media else response.position,
                )
                for media, view in zip(choices, views, strict=True)
            ]
            found += [self._ranged(view) for view in views] if ranged else views
        diagnostics = collisions("answer", named)
        if diagnostics:
            raise ContractError(diagnostics)
        return tuple(found)

    def _ranged(self, view: AnswerView) -> AnswerView:
        """The same with content of which clients may ask for a part."""
        if view.status != 200 or view.encoder != "bytes":
            return view
        self.imports.add("tallystick.runtime.ranges", "RangedSource")
        self.imports.add("tallystick.runtime.ranges", "ranged_reply")
        self.imports.add("tallystick.runtime.ranges", "partial_content")
        return replace(view, body_hint=f"{view.body_hint} | RangedSource", encoder="ranged")

    def _answer(
        self, operation: Operation, response: Response, media: MediaType | None, headers: tuple[HeaderView, ...]
    ) -> AnswerView:
        name = class_name(operation.id) + (response.status.upper() if response.status != "default" else "Default")
        if media is not None and len(response.media) > 1:
            kind, _, subtype = base_name(media.name).partition("/")
            name += class_name(subtype) if subtype != "*" else f"{class_name(kind)}Any"
        if response.code is None:
            self.imports.add("tallystick.runtime.responses", "chosen_status")
        view = AnswerView(
            class_name=name,
            status=response.code,
            media_type=media.name if media and not is_range(media.name) else None,
            body_hint=None,
            encoder="empty",
            headers=headers,
            description=response.description,
            declared=response.status,
        )
        return view if media is None else self._with_body(view, media)

    def _with_body(self, view: AnswerView, media: MediaType) -> AnswerView:
        name = base_name(media.name)
        if not is_json(name):
            return self._not_json(view, media, name)
        annotation = self.annotator.annotate(media.schema)
        self.imports.update(annotation.imports)
        if self.annotator.is_model(media.schema):
            return replace(view, body_hint=annotation.hint, encoder="model")
        self.imports.add("tallystick.runtime.responses", "JsonType")
        constant = self.constants.claim(f"json_{view.status or 'other'}")
        return replace(
            view,
            body_hint=annotation.hint,
            encoder="json",
            adapter=f"JsonType({annotation.text})",
            adapter_name=constant,
        )

    def _not_json(self, view: AnswerView, media: MediaType, name: str) -> AnswerView:
        if name == EVENTS:
            return self._events(view, media)
        if is_xml(name) and not form_kinds(media.schema, self.schemas).isdisjoint(("array", "object")):
            return self._xml(view, media)
        if name.startswith("text/"):
            return replace(view, body_hint="str", encoder="text")
        self.imports.add("collections.abc", "AsyncIterable")
        if not is_lines(name):
            self.imports.add("tallystick.runtime.streams", "raw_reply")
            return replace(view, body_hint="bytes | AsyncIterable[bytes]", encoder="bytes")
        self.imports.add("tallystick.runtime.streams", "lines_reply")
        view = self._adapted(view, item_schema(media, self.schemas))
        return replace(
            view, body_hint=f"AsyncIterable[{view.body_hint}]", encoder="records" if is_sequence(name) else "lines"
        )

    def _events(self, view: AnswerView, media: MediaType) -> AnswerView:
        schema = item_schema(media, self.schemas)
        is_whole = is_whole_event(schema, self.schemas)
        view = self._adapted(view, schema if media.schema or schema else {"type": "string"})
        self.imports.add("collections.abc", "AsyncIterable")
        self.imports.add("tallystick.runtime.events", "ServerSentComment")
        self.imports.add("tallystick.runtime.events", "whole_events_reply" if is_whole else "events_reply")
        if is_whole:
            hint = str(view.body_hint)
        else:
            self.imports.add("tallystick.runtime.events", "ServerSentEvent")
            hint = f"ServerSentEvent[{view.body_hint}]"
        return replace(
            view,
            body_hint=f"AsyncIterable[{hint} | ServerSentComment]",
            encoder="whole_events" if is_whole else "events",
        )

    def _xml(self, view: AnswerView, media: MediaType) -> AnswerView:
        annotation = self.annotator.annotate(media.schema)
        self.imports.update(annotation.imports)
        self.imports.add("tallystick.runtime.xml_writer", "XmlType")
        plan = XmlPlan(self.schemas)
        root = plan.root(media.schema)
        named = (root[0] or schema_name(media.schema or {}) or "root", *root[1:])
        adapter = f"XmlType({annotation.text}, {named!r}, {plan.objects!r})"
        constant = self.constants.claim(f"xml_{view.status or 'other'}")
        return replace(view, body_hint=annotation.hint, encoder="json", adapter=adapter, adapter_name=constant)

    def _adapted(self, view: AnswerView, schema: Any) -> AnswerView:
        """The view with the type of one value."""
        self.imports.add("tallystick.runtime.responses", "JsonType")
        annotation = self.annotator.annotate(schema)
        self.imports.update(annotation.imports)
        constant = self.constants.claim(f"line_{view.status or 'other'}")
        return replace(view, body_hint=annotation.hint, adapter=f"JsonType({annotation.text})", adapter_name=constant)

    def _headers(self, response: Response, owned: frozenset[str]) -> Iterator[HeaderView]:
        set_elsewhere = self.server_headers | BY_SERVER | owned
        wanted = [one for one in response.headers if one.name.lower() not in set_elsewhere]
        diagnostics = collisions(
            "header", [Named(one.name, attribute_name(one.name), response.position) for one in wanted]
        )
        if diagnostics:
            raise ContractError(diagnostics)
        for header in sorted(wanted, key=lambda one: not one.required):
            yield self._header(header)

    def _header(self, header: Header) -> HeaderView:
        if header.name.lower() == "set-cookie":
            self.imports.add("collections.abc", "Sequence")
            self.imports.add("tallystick.runtime.responses", "repeated_header")
            return HeaderView(attribute_name(header.name), "set-cookie", "Sequence[str]", header.required, "repeated")
        view = HeaderView(attribute_name(header.name), header.name.lower(), "str", header.required)
        if header.content is not None and is_json(base_name(header.content)):
            return self._written(view, header, "json")
        kinds = form_kinds(header.schema, self.schemas)
        if not kinds.isdisjoint(("array", "object")):
            if header.content is not None or not is_flat(header.schema, self.schemas):
                raise ContractError([_nested(header)])
            return self._written(replace(view, explode=header.explode), header, "styled")
        node = resolve(header.schema, self.schemas)
        if node.get("format") == "http-date":
            self.imports.add("datetime", "datetime")
            self.imports.add("tallystick.runtime.headers", "date_header")
            return replace(view, hint="datetime", encoder="date")
        annotation = self.annotator.annotate(header.schema)
        self.imports.update(pair for pair in annotation.imports if pair[1] in annotation.hint)
        view = replace(view, hint=annotation.hint)
        if view.wire_name not in _HTTP_DATES or node.get("format") != "date-time":
            return view
        self.imports.add("tallystick.runtime.headers", "date_header")
        return replace(view, encoder="date")

    def _written(self, view: HeaderView, header: Header, encoder: Literal["json", "styled"]) -> HeaderView:
        """The view of a header that is written as JSON first."""
        annotation = self.annotator.annotate(header.schema)
        self.imports.update(annotation.imports)
        self.imports.add("tallystick.runtime.responses", "JsonType")
        self.imports.add("tallystick.runtime.headers", f"{encoder}_header")
        constant = self.constants.claim(f"header_{header.name}")
        return replace(
            view, hint=annotation.hint, encoder=encoder, adapter=f"JsonType({annotation.text})", adapter_name=constant
        )


def _nested(header: Header) -> Diagnostic:
    what = f"the header {header.name} holds lists or objects inside of others, which no style writes"
    hint = "declare it by content: {application/json: {schema: ...}}"
    return Diagnostic("unsupported-header", what, header.position, hint=hint)
