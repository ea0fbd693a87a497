"""Every rule of the catalogue is tried: a rule that never speaks would let its changes pass in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallystick.checks.diff.catalogue import RULES, SUBJECTS
from tallystick.checks.diff.changes import Level, Side
from tests.support.differences import Pairs, operation, request, response
from tests.tallystick.checks.diff.operation_cases import OPERATION_CASES
from tests.tallystick.checks.diff.schema_cases import SCHEMA_CASES
from tests.tallystick.checks.diff.value_cases import VALUE_CASES

CASES = {**SCHEMA_CASES, **OPERATION_CASES}
_ORDER = list(Level)
# Changes that no contract can show alone, because what they mean is felt elsewhere as well.
_WORSE = {
    "request-read-only-property-changed",
    "response-discriminator-property-changed",
    "security-scheme-removed",
    "security-flow-added",
    "security-scope-offered",
    "security-scheme-added",
    "request-xml-changed",
}


@pytest.mark.parametrize("rule", CASES)
def test_rule(tmp_path: Path, rule: str) -> None:
    changes = Pairs(tmp_path).changes(*CASES[rule])
    found = {change.rule.id: change for change in changes}
    assert rule in found
    assert found[rule].level is RULES[rule].level
    assert found[rule].old, "the place in the old contract is missing"
    assert found[rule].new, "the place in the new contract is missing"
    if rule not in _WORSE:
        assert changes[0].level is RULES[rule].level, [change.rule.id for change in changes]


def test_every_rule_is_tried() -> None:
    values = {
        f"{side}-{subject.name}-{word}"
        for subject in SUBJECTS
        for side in Side
        for word in (subject.narrowed, subject.widened, *(["changed"] if subject.incomparable else []))
    }
    assert {subject.name for subject in SUBJECTS} == VALUE_CASES.keys()
    assert values | CASES.keys() == RULES.keys()
    assert not values & CASES.keys()


def test_the_same_contract(tmp_path: Path) -> None:
    for pair in CASES.values():
        for text in pair:
            assert not Pairs(tmp_path).changes(text, text)


_CAT = "{type: object, properties: {name: {type: string}}}"
_SAME = {
    "nullable": (response("type: [string, 'null']"), response("oneOf: [{type: string}, {type: 'null'}]")),
    "types": (request("type: [string, integer]"), request("anyOf: [{type: integer}, {type: string}]")),
    "constant": (response("const: a"), response("enum: [a]")),
    "bounds": (request("type: integer, maximum: 9"), request("type: integer, exclusiveMaximum: 10")),
    "idle": (request("type: string"), request("type: [string], minLength: 0, pattern: '.*'")),
    "open": (response("type: object"), response("type: object, additionalProperties: true")),
    "order": (request("oneOf: [{type: string}, {type: integer}]"), request("oneOf: [{type: integer}, {type: string}]")),
    "joined": (
        request(f"{_CAT[1:-1]}, required: [name]"),
        request(f"allOf: [{_CAT}, {{required: [name]}}, {{type: object}}]"),
    ),
    "header names": (
        operation("parameters: [{name: X-A, in: header, schema: {type: string}}]"),
        operation("parameters: [{name: x-a, in: header, schema: {type: string}}]"),
    ),
    "media types": (
        operation("requestBody: {content: {application/json: {}}}", "post"),
        operation("requestBody: {content: {'Application/JSON; charset=utf-8': {}}}", "post"),
    ),
    "servers": (operation(""), operation("servers: [{url: /}]")),
    "names of schemes": (
        operation("security: [{a: []}]", more="components: {securitySchemes: {a: {type: http, scheme: basic}}}"),
        operation("security: [{b: []}]", more="components: {securitySchemes: {b: {type: http, scheme: basic}}}"),
    ),
}


@pytest.mark.parametrize("name", _SAME)
def test_the_same_said_in_another_way(tmp_path: Path, name: str) -> None:
    old, new = _SAME[name]
    assert not Pairs(tmp_path).changes(old, new)
    assert not Pairs(tmp_path).changes(new, old)


_OLDER = "openapi: 3.0.3\ninfo: {title: Test, version: 1.0.0}\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("type: string, nullable: true", "type: [string, 'null']"),
        ("type: integer, minimum: 1, exclusiveMinimum: true", "type: integer, exclusiveMinimum: 1"),
        ("type: string, example: a", "type: string, examples: [a]"),
    ],
)
def test_another_version_of_openapi(tmp_path: Path, old: str, new: str) -> None:
    assert not Pairs(tmp_path).changes(_OLDER + request(old), request(new))


def test_a_recursive_schema_is_told_once(tmp_path: Path) -> None:
    node = "{{properties: {{v: {{maxLength: {}}}, kids: {{items: {{$ref: '#/components/schemas/N'}}}}}}}}"
    tree = f"components: {{{{schemas: {{{{N: {node}}}}}}}}}"
    old, new = (request("$ref: '#/components/schemas/N'", tree.format(length)) for length in (9, 8))
    (change,) = Pairs(tmp_path).changes(old, new)
    assert change.place == "body application/json /v"


def test_what_several_operations_share_is_told_once(tmp_path: Path) -> None:
    paths = "paths: {{/a: {item}, /b: {item}}}\ncomponents: {{schemas: {{S: {{type: string, maxLength: {length}}}}}}}\n"
    body = "{content: {application/json: {schema: {$ref: '#/components/schemas/S'}}}}"
    item = f"{{post: {{requestBody: {body}, responses: {{'200': {{description: Fine, content: {body[10:-1]}}}}}}}}}"
    old, new = (paths.format(item=item, length=length) for length in (9, 8))
    found = [(change.rule.id, change.operations) for change in Pairs(tmp_path).changes(old, new)]
    both = ("POST /a", "POST /b")
    assert found == [("request-max-length-narrowed", both), ("response-max-length-narrowed", both)]


def test_what_webhooks_and_callbacks_send_is_received(tmp_path: Path) -> None:
    def hook(schema: str) -> str:
        content = f"{{content: {{application/json: {{schema: {{{schema}}}}}}}}}"
        item = f"{{post: {{requestBody: {content}, responses: {{'200': {{description: Fine}}}}}}}}"
        return f"webhooks: {{ping: {item}}}\n" + operation(f"callbacks: {{done: {{'{{$url}}': {item}}}}}\n")

    narrow, wide = hook("type: string"), hook("type: [string, 'null']")
    assert Pairs(tmp_path).rules(narrow, wide) == ["response-null-allowed"]
    assert [change.operations for change in Pairs(tmp_path).changes(narrow, wide)] == [
        ("webhook ping",),
        ("GET /things",),
    ]
    assert Pairs(tmp_path).rules(wide, narrow) == ["response-null-refused"]
