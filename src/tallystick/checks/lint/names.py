"""Names, which SDKs depend on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tallystick.checks.lint.findings import Finding, at_key, at_value, rule
from tallystick.checks.lint.view import View, items, mapping
from tallystick.spec.grammar import SECTIONS, Kind, Place
from tallystick.spec.nodes import position_of
from tallystick.spec.pointers import child, split
from tallystick.spec.resolve import is_reference_like, mapping_of

_CAMEL = re.compile(r"[a-z][a-z0-9]*(?:[A-Z][a-z0-9]*)+")
_PASCAL = re.compile(r"[A-Z][A-Za-z0-9]*")
_SNAKE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_SEGMENT = re.compile(r"[a-z0-9.-]+|\{[a-z][a-z0-9]*(?:_[a-z0-9]+)*\}")


@rule("operation-id-camel-case")
def operation_id_camel_case(view: View) -> Iterator[Finding]:
    for each in view.operations:
        name = each.node.get("operationId")
        if name is None:
            message = f"{each.method} {each.path} has no operationId"
            yield Finding(message, each.pointer, each.position, "name it like getItem")
        elif not _CAMEL.fullmatch(str(name)):
            message = f'the operationId "{name}" is not verbNoun in camelCase'
            yield at_value(each.node, "operationId", each.pointer, message, "name it like getItem")


@rule("operation-one-tag")
def operation_one_tag(view: View) -> Iterator[Finding]:
    for each in view.operations:
        count = len(items(each.node.get("tags")))
        if count != 1:
            message = f"{each.method} {each.path} has {count} tags"
            where = position_of(each.node, "tags") if count else each.position
            yield Finding(message, each.pointer, where, "give it exactly one")


@rule("path-kebab-case")
def path_kebab_case(view: View) -> Iterator[Finding]:
    paths = mapping(view.bundled.get("paths"))
    for path in paths:
        bad = [each for each in path.split("/")[1:] if not _SEGMENT.fullmatch(each)]
        if bad and path != "/":
            message = f'the path has a segment "{bad[0]}"' if bad[0] else "the path has an empty segment"
            hint = "small letters, digits, hyphens and dots; parameters in snake_case; no slash at the end"
            yield at_key(paths, path, "/paths", message, hint)


@rule("property-snake-case")
def property_snake_case(view: View) -> Iterator[Finding]:
    for place in view.schemas:
        properties = mapping(place.node.get("properties"))
        for name in properties:
            if not _SNAKE.fullmatch(name):
                pointer = child(place.pointer, "properties")
                yield at_key(properties, name, pointer, f'the property "{name}" is not snake_case', "rename it")
    for operation in view.operations:
        for each in operation.parameters:
            name = str(each.node.get("name"))
            if each.node.get("in") == "query" and not _SNAKE.fullmatch(name):
                message = f'the query parameter "{name}" is not snake_case'
                yield Finding(message, each.pointer, position_of(each.node, "name"), "rename it")


@rule("schema-pascal-case")
def schema_pascal_case(view: View) -> Iterator[Finding]:
    schemas = mapping(view.components.get("schemas"))
    for name in schemas:
        if not _PASCAL.fullmatch(name):
            yield at_key(schemas, name, "/components/schemas", f'the schema "{name}" is not PascalCase', "rename it")


@rule("unused-component")
def unused_component(view: View) -> Iterator[Finding]:
    used = _used_components(view)
    for section, members in view.components.items():
        for name in mapping(members):
            if (section, name) not in used and not section.startswith("x-"):
                message = f'nothing refers to the component "{name}" of {section}'
                yield at_key(members, name, child("/components", section), message, "remove it")


def _used_components(view: View) -> set[tuple[str, str]]:
    starts = [Place(view.bundled.get("paths"), Kind.PATHS, "/paths")]
    webhooks = mapping(view.bundled.get("webhooks"))
    starts += [Place(node, Kind.PATH_ITEM, child("/webhooks", name)) for name, node in webhooks.items()]
    used: set[tuple[str, str]] = set()
    while starts:
        mapped: list[Place] = []
        for place in view.reachable(starts):
            tokens = split(place.pointer)
            if len(tokens) >= 3 and tokens[0] == "components":
                used.add((tokens[1], tokens[2]))
            mapped += _mapped_schemas(view, place, used)
        starts = mapped
    requirements = [each for operation in view.operations for each in operation.security]
    requirements += [mapping(each) for each in items(view.bundled.get("security"))]
    return used | {(SECTIONS[Kind.SECURITY_SCHEME], name) for each in requirements for name in each}


def _mapped_schemas(view: View, place: Place, used: set[tuple[str, str]]) -> Iterator[Place]:
    """Schemas that only a discriminator names."""
    for value in mapping_of(place.node).values() if place.kind is Kind.SCHEMA else ():
        reference = value if is_reference_like(str(value)) else f"#/components/schemas/{value}"
        part = view.part({"$ref": reference}, "")
        tokens = split(part.origin)
        if len(tokens) == 3 and (tokens[1], tokens[2]) not in used:
            yield Place(part.node, Kind.SCHEMA, part.origin)
