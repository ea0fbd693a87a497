"""What a reader of the contract needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tallystick.checks.lint.findings import Finding, at_key, at_node, at_value, rule
from tallystick.checks.lint.view import Part, View, items, mapping
from tallystick.spec.errors import Position
from tallystick.spec.nodes import position_of
from tallystick.spec.pointers import child


def _is_blank(node: Any, key: str) -> bool:
    value = mapping(node).get(key)
    return not isinstance(value, str) or not value.strip()


@rule("operation-summary")
def operation_summary(view: View) -> Iterator[Finding]:
    for each in view.operations:
        summary = each.node.get("summary")
        if not isinstance(summary, str) or not summary.strip():
            message = f"{each.method} {each.path} has no summary"
            yield Finding(message, each.pointer, each.position, "add `summary`: one line, no full stop")
        elif "\n" in summary.strip() or summary.rstrip().endswith("."):
            message = "a summary is one line without a full stop"
            yield at_value(each.node, "summary", each.pointer, message, "shorten it; the rest is description")


@rule("operation-description")
def operation_description(view: View) -> Iterator[Finding]:
    for each in view.operations:
        if _is_blank(each.node, "description"):
            message = f"{each.method} {each.path} has no description"
            yield Finding(message, each.pointer, each.position, "say what it does to whom")


@rule("parameter-description")
def parameter_description(view: View) -> Iterator[Finding]:
    for operation in view.operations:
        for each in operation.parameters:
            if _is_blank(each.node, "description"):
                message = f'the parameter "{each.node.get("name")}" has no description'
                yield at_node(each.node, each.pointer, message, "add `description`")


@rule("schema-description")
def schema_description(view: View) -> Iterator[Finding]:
    schemas = mapping(view.components.get("schemas"))
    for name, node in schemas.items():
        if _is_blank(node, "description") and "$ref" not in mapping(node):
            yield at_key(schemas, name, "/components/schemas", f"the schema {name} has no description", "add one")


@rule("tag-described")
def tag_described(view: View) -> Iterator[Finding]:
    declared: dict[str, tuple[int, Any]] = {}
    for index, tag in enumerate(items(view.bundled.get("tags"))):
        declared.setdefault(str(mapping(tag).get("name")), (index, tag))
    used: set[str] = set()
    for each in view.operations:
        tags = items(each.node.get("tags"))
        used.update(str(tag) for tag in tags)
        for index, tag in enumerate(tags):
            if tag not in declared:
                pointer = child(each.pointer, "tags")
                message = f'the tag "{tag}" is not declared'
                yield at_value(tags, index, pointer, message, "declare it under `tags` with a description")
    for name, (index, tag) in declared.items():
        pointer = child("/tags", index)
        if name not in used:
            yield at_node(tag, pointer, f'no operation has the tag "{name}"', "remove it")
        if _is_blank(tag, "description"):
            yield at_node(tag, pointer, f'the tag "{name}" has no description', "add `description`")


@rule("has-example")
def has_example(view: View) -> Iterator[Finding]:
    for operation in view.operations:
        for each in operation.parameters:
            if not _has_example(view, each.node):
                message = f'the parameter "{each.node.get("name")}" has no example'
                yield at_node(each.node, each.pointer, message, "add `example`, or `examples` to its schema")
        bodies = {"the request body": operation.body} if operation.body else {}
        bodies.update({f"the {status} answer": part for status, part in operation.responses.items()})
        for what, part in bodies.items():
            yield from _media_without_example(view, what, part)


def _media_without_example(view: View, what: str, part: Part) -> Iterator[Finding]:
    content = mapping(part.node.get("content"))
    for media_type, media in content.items():
        if not _has_example(view, mapping(media)):
            where: Position | None = position_of(content, media_type)
            message = f"{what} has no example as {media_type}"
            pointer = child(part.pointer, "content", media_type)
            yield Finding(message, pointer, where, "add `example`, or `examples` to its schema")


def _has_example(view: View, node: Any) -> bool:
    """On the object itself, in its content, or on its schema."""
    if "example" in node or node.get("examples"):
        return True
    contents = mapping(node.get("content")).values()
    if contents:
        return all(_has_example(view, mapping(each)) for each in contents)
    schema = view.part(node.get("schema"), "").node
    return "example" in schema or bool(schema.get("examples")) or "const" in schema
