"""Valid contracts are left in peace; broken ones are in `broken/`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallystick.spec.bundle import bundle
from tallystick.spec.loader import load
from tallystick.spec.rules.schemas import why_not_compiled
from tallystick.spec.validate import validate
from tests.tallystick.spec.reading import HEAD, bundled, places

GOOD = """
openapi: {version}
info: {{title: Good, version: 1.0.0}}
tags: [{{name: a}}]
paths:
  /a/{{id}}:
    summary: Things
    parameters:
      - {{name: id, in: path, required: true, schema: {{type: string}}}}
      - {{name: X-A, in: header, style: simple, schema: {{type: array, items: {{type: integer}}}}}}
    get:
      operationId: getA
      tags: [a]
      security: [{{}}, {{key: []}}]
      responses:
        "200":
          description: Fine.
          headers: {{x-rate: {{schema: {{type: integer}}}}}}
          content:
            application/json: {{schema: {{$ref: "#/components/schemas/A"}}}}
          links: {{self: {{operationId: getA, parameters: {{id: $response.body#/id}}}}}}
        4XX: {{description: Wrong.}}
        default: {{description: Other.}}
      x-anything: {{$ref: nowhere}}
components:
  securitySchemes: {{key: {{type: apiKey, in: header, name: X-Key}}}}
  schemas:
    A:
      type: object
      required: [kind, undeclared]
      properties:
        kind: {{type: string, enum: [a, b], pattern: '^(?<name>a)[^]?$'}}
        next: {{$ref: "#/components/schemas/A"}}
      discriminator: {{propertyName: kind, mapping: {{a: A, b: "#/components/schemas/B"}}}}
    B: {{}}
"""


@pytest.mark.parametrize("version", ["3.0.0", "3.0.4", "3.1.0", "3.1.1"])
def test_a_valid_contract_has_no_findings(tmp_path: Path, version: str) -> None:
    assert validate(bundled(tmp_path, openapi=GOOD.format(version=version))) == []


def test_the_contract_of_this_project_is_valid() -> None:
    entry = Path(__file__).parents[3] / "openapi" / "openapi.yaml"
    assert validate(bundle(load(entry))) == []


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[^\x00]*$",
        r"[^]",
        "[]",
        r"\cA",
        r"[\w-.]",
        r"\p{L}+",
        r"(?<year>\d{4})-\k<year>",
        r"(?<=a)b(?!c)",
        r"^(a)\1$",
        r"\/",
    ],
)
def test_patterns_of_ecma_script_are_left_in_peace(pattern: str) -> None:
    assert why_not_compiled(pattern) == ""


@pytest.mark.parametrize("pattern", ["(", "[a", "*a", "a{2,1}", "(?<a", "a**", "\\"])
def test_patterns_that_no_engine_takes(pattern: str) -> None:
    assert why_not_compiled(pattern)


def test_a_header_that_openapi_ignores_is_a_warning(tmp_path: Path) -> None:
    content = (
        HEAD
        + """paths:
  /a:
    get:
      parameters: [{name: authorization, in: header, schema: {type: string}}]
      responses: {"200": {description: Fine.}}
"""
    )
    (found,) = validate(bundled(tmp_path, openapi=content))
    assert (places([found]), found.severity) == (["6:20 parameter-ignored"], "warning")


def test_a_webhook_and_a_path_share_the_operation_ids(tmp_path: Path) -> None:
    operation = "{post: {operationId: same, responses: {'200': {description: Fine.}}}}"
    content = HEAD + f"paths:\n  /a: {operation}\nwebhooks:\n  b: {operation}\n"
    assert places(tuple(validate(bundled(tmp_path, openapi=content)))) == ["6:27 operation-id"]
