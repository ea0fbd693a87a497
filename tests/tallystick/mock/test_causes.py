"""A failure is excused by its cause, not by its operation: else every fault of a named operation would pass."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.tallystick.mock.causes import Causes
from tests.tallystick.mock.fuzzing import Failure

CONTRACT = """
openapi: 3.1.0
info: {title: Test, version: '1'}
security: [{key: []}]
paths:
  /pets/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {responses: {'200': {description: ok}, '400': {description: wrong}, '401': {description: who}}}
    delete: {responses: {'204': {description: ok}, '422': {description: wrong}}}
  /pets:
    get:
      security: []
      parameters: [{name: kind, in: query, schema: {type: string, enum: []}}]
      responses: {'200': {description: ok}, '400': {description: wrong}}
    put:
      security: []
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Visit'}}}}
      responses: {'200': {description: ok}, '400': {description: wrong}}
    post:
      security: []
      requestBody: {$ref: '#/components/requestBodies/Pet'}
      responses: {'200': {description: ok}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
  requestBodies:
    Pet:
      content:
        application/x-www-form-urlencoded: {schema: {$ref: '#/components/schemas/Pet'}}
        application/xml: {schema: {$ref: '#/components/schemas/Pet'}}
  schemas:
    Visit: {type: object, properties: {on: {type: [string, 'null'], format: date}, note: {type: string}}}
    Pet: {type: object, properties: {name: {type: string}, tags: {type: array, xml: {wrapped: true}}}}
"""
SENT = Failure("POST /pets", "", "coverage", 200, False, None, frozenset(), "", {})
FORM = replace(SENT, media_type="application/x-www-form-urlencoded")
XML = replace(SENT, media_type="application/xml")
ACCEPTED, REFUSED, UNDECLARED = "negative_data_rejection", "positive_data_acceptance", "status_code_conformance"
VISIT = replace(SENT, operation="PUT /pets", check=REFUSED, media_type="application/json")
DELETE = replace(SENT, operation="DELETE /pets/{id}", check=UNDECLARED, status=401)


@pytest.fixture
def causes(tmp_path: Path) -> Causes:
    (tmp_path / "a.yaml").write_text(CONTRACT)
    return Causes(tmp_path / "a.yaml")


@pytest.mark.parametrize(
    ("failure", "rule"),
    [
        (DELETE, "secured-operation-has-401"),
        (replace(DELETE, operation="GET /pets/{id}"), None),
        (replace(DELETE, status=403), None),
        (replace(DELETE, check="response_schema_conformance"), None),
        (replace(SENT, check=UNDECLARED, status=422), "request-can-be-refused"),
        (replace(SENT, check=UNDECLARED, status=500), None),
        (replace(SENT, check="use_after_free", operation="GET /pets/{id}"), "deleted-thing-can-be-missed"),
        (replace(SENT, check="use_after_free", operation="DELETE /pets/{id}"), None),
        (replace(FORM, check=ACCEPTED, changed=frozenset({"tags"})), "form-can-say-it"),
        (replace(FORM, check=ACCEPTED, changed=frozenset({"tags", "name"})), None),
        (replace(FORM, check=ACCEPTED), None),
        (replace(FORM, check=REFUSED, case={"body": {"tags": []}}), "form-can-say-it"),
        (replace(FORM, check=REFUSED, case={"body": {"name": "a"}}), None),
        (replace(FORM, check="not_a_server_error", changed=frozenset({"tags"})), None),
        (replace(XML, check=ACCEPTED, changed=frozenset({"tags"}), case={"body": {"tags": {}}}), "xml-can-say-it"),
        (replace(XML, check=ACCEPTED, changed=frozenset({"tags"}), case={"body": {"tags": "a"}}), None),
        (replace(VISIT, case={"body": {"on": ""}}), "format-has-one-type"),
        (replace(VISIT, case={"body": {"on": None, "note": ""}}), None),
        (replace(VISIT, case={"body": {"on": ""}}, check=ACCEPTED), None),
        (replace(SENT, operation="GET /pets", check=REFUSED), "enum-has-values"),
        (replace(SENT, operation="GET /pets", check=ACCEPTED), None),
        (replace(XML, check=REFUSED, case={"body": {"tags": []}}), None),
    ],
)
def test_a_rule_excuses_what_it_foretells(causes: Causes, failure: Failure, rule: str | None) -> None:
    found = causes.of(failure)
    assert (found and found.rule) == rule
    assert causes.unnamed([failure]) == ([] if rule else [failure])
