"""The shape of answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tallystick.checks.lint.findings import Finding, at_key, at_node, at_value, rule
from tallystick.checks.lint.view import Operation, Part, View, items, mapping
from tallystick.generator.media import EVENTS, base_name, is_streamed
from tallystick.generator.sequences import is_whole_event
from tallystick.spec.pointers import child, split

PROBLEM = "application/problem+json"


@rule("problem-media-type")
def problem_media_type(view: View) -> Iterator[Finding]:
    for each in view.operations:
        for status, part in each.errors.items():
            content = mapping(part.node.get("content"))
            pointer = child(part.pointer, "content")
            if not content:
                yield at_node(part.node, part.pointer, f"the {status} answer has no {PROBLEM}", "add the content")
            for media_type in content:
                if media_type != PROBLEM:
                    message = f"the {status} answer is {media_type}"
                    yield at_key(content, media_type, pointer, message, f"answer {PROBLEM}")


@rule("event-schema-is-whole")
def event_schema_is_whole(view: View) -> Iterator[Finding]:
    for each in view.operations:
        for part in each.responses.values():
            for media_type, media in mapping(part.node.get("content")).items():
                is_plain = base_name(media_type) == EVENTS and "schema" in mapping(media)
                if is_plain and not is_whole_event(media["schema"], mapping(view.components.get("schemas"))):
                    message = "some tools take this for the schema of whole events, with `data` as one of their fields"
                    pointer = child(part.pointer, "content", media_type)
                    hint = "describe an event: `data`, and `event`, `id` and `retry` where they are sent"
                    yield at_key(media, "schema", pointer, message, hint)


@rule("problem-shape")
def problem_shape(view: View) -> Iterator[Finding]:
    for each in view.operations:
        for status, part in each.errors.items():
            content = mapping(part.node.get("content"))
            for media_type, media in content.items():
                schema = mapping(media).get("schema")
                pointer = child(part.pointer, "content", media_type, "schema")
                for variant in _variants(view, schema, pointer):
                    yield from _misshapen(view, status, variant)


def _variants(view: View, node: Any, pointer: str) -> Iterator[Part]:
    part = view.part(node, pointer)
    choices = [(word, items(part.node.get(word))) for word in ("oneOf", "anyOf") if word in part.node]
    if not choices:
        yield part
    for word, branches in choices:
        for index, branch in enumerate(branches):
            yield from _variants(view, branch, child(pointer, word, index))


def _misshapen(view: View, status: str, variant: Part) -> Iterator[Finding]:
    properties = _properties(view, variant.node)
    for name in ("type", "title", "status"):
        value = view.part(properties.get(name), "").node
        if "const" not in value:
            message = f'this problem has no constant "{name}"'
            yield at_node(variant.node, variant.pointer, message, f"give the property {name} a `const`")
        elif name == "status" and str(value["const"]) != status:
            message = f"a problem with status {value['const']} is declared under {status}"
            yield at_value(value, "const", variant.pointer, message, "make both the same")


def _properties(view: View, schema: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in items(schema.get("allOf")):
        found.update(_properties(view, view.part(each, "").node))
    return found | dict(mapping(schema.get("properties")))


@rule("response-has-request-id")
def response_has_request_id(view: View) -> Iterator[Finding]:
    for each in view.operations:
        for status, part in each.responses.items():
            if not _has_header(part, "X-Request-Id"):
                yield _headerless(part, f"the {status} answer has no header X-Request-Id")


@rule("response-headers-required")
def response_headers_required(view: View) -> Iterator[Finding]:
    for each in view.operations:
        for part in each.responses.values():
            headers = mapping(part.node.get("headers"))
            for name, header in headers.items():
                found = view.part(header, child(part.pointer, "headers", name))
                if found.node.get("required") is not True:
                    message = f"the header {name} is not required"
                    yield at_node(found.node, found.pointer, message, "add `required: true`")


@rule("created-has-location")
def created_has_location(view: View) -> Iterator[Finding]:
    for each in view.operations:
        part = each.responses.get("201")
        if part and not _has_header(part, "Location"):
            yield _headerless(part, "this 201 has no header Location")


@rule("conditional-has-etag")
def conditional_has_etag(view: View) -> Iterator[Finding]:
    for each in view.operations:
        if not each.header("If-Match") and not each.header("If-None-Match"):
            continue
        for status in ("200", "201", "304"):
            part = each.responses.get(status)
            if part and not _has_header(part, "ETag"):
                yield _headerless(part, f"this {status} has no header ETag")


@rule("retry-after-on-429-and-503")
def retry_after_on_429_and_503(view: View) -> Iterator[Finding]:
    for each in view.operations:
        for status in ("429", "503"):
            part = each.responses.get(status)
            if part and not _has_header(part, "Retry-After"):
                yield _headerless(part, f"this {status} has no header Retry-After")


@rule("no-content-has-no-body")
def no_content_has_no_body(view: View) -> Iterator[Finding]:
    for each in view.operations:
        for status in ("204", "205", "304"):
            part = each.responses.get(status)
            if part and part.node.get("content"):
                yield at_key(part.node, "content", part.pointer, f"a {status} answer cannot have a body", "remove it")


@rule("idempotent-answer-is-whole")
def idempotent_answer_is_whole(view: View) -> Iterator[Finding]:
    for each in view.operations:
        for status, part in each.success.items() if each.extensions.get("x-idempotency") else ():
            content = mapping(part.node.get("content"))
            for media_type in content:
                if is_streamed(base_name(media_type)):
                    message = f"the {status} answer in {media_type} may be a stream, which no key can repeat"
                    hint = "answer JSON or text, or leave out x-idempotency"
                    yield at_key(content, media_type, child(part.pointer, "content"), message, hint)


@rule("links-post-get")
def links_post_get(view: View) -> Iterator[Finding]:
    for each in view.operations:
        member = re.compile(re.escape(each.path) + r"/\{[^/]*\}")
        readers = [other for other in view.operations if other.method == "get" and member.fullmatch(other.path)]
        created = each.responses.get("201")
        if each.method == "post" and created and readers and not _links_to(view, created, readers[0]):
            message = f"this 201 has no link to {_name(readers[0])}"
            yield at_node(created.node, created.pointer, message, "add it under `links`")


@rule("links-delete-get")
def links_delete_get(view: View) -> Iterator[Finding]:
    readers = {each.path: each for each in view.operations if each.method == "get"}
    for each in view.operations:
        reader = readers.get(each.path)
        # A thing without an id of its own, such as `/me`, is gone together with whoever could ask for it.
        if each.method != "delete" or reader is None or "{" not in each.path:
            continue
        for status, part in each.success.items():
            if not _links_to(view, part, reader):
                message = f"this {status} has no link to {_name(reader)}"
                yield at_node(part.node, part.pointer, message, "add it under `links`")


def _links_to(view: View, part: Part, target: Operation) -> bool:
    for each in mapping(part.node.get("links")).values():
        link = view.part(each, "").node
        by_id = "operationId" in link and link["operationId"] == target.node.get("operationId")
        if by_id or split(str(link.get("operationRef"))) == split(target.pointer):
            return True
    return False


def _name(operation: Operation) -> str:
    return str(operation.node.get("operationId") or f"{operation.method} {operation.path}")


def _has_header(part: Part, name: str) -> bool:
    return any(each.lower() == name.lower() for each in mapping(part.node.get("headers")))


def _headerless(part: Part, message: str) -> Finding:
    return at_node(part.node, part.pointer, message, "declare the header")
