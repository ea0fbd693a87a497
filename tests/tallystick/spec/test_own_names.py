"""`$self` (OpenAPI 3.2): references by a document's own name have to find it without asking the network."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tallystick.spec.reading import bundled, places, problems

HEAD = "openapi: 3.2.0\n$self: https://api.test/v1/api.yaml\ninfo: {title: T, version: '1'}\n"
SCHEMAS = "components: {schemas: {A: {$ref: '%s'}, B: {type: string}}}\n"
PARTS = "C: {type: object, properties: {b: {$ref: '%s'}}}\n"


@pytest.mark.parametrize(
    "reference",
    [
        "https://api.test/v1/api.yaml#/components/schemas/B",
        "api.yaml#/components/schemas/B",
        "/v1/api.yaml#/components/schemas/B",
        "#/components/schemas/B",
    ],
)
def test_a_document_knows_its_own_name(tmp_path: Path, reference: str) -> None:
    found = bundled(tmp_path, openapi=HEAD + SCHEMAS % reference)
    assert found["components"]["schemas"]["A"] == {"$ref": "#/components/schemas/B"}


@pytest.mark.parametrize("reference", ["https://api.test/v1/parts/c.yaml#/C", "parts/c.yaml#/C"])
def test_what_lies_beside_it_by_name_is_beside_its_file(tmp_path: Path, reference: str) -> None:
    back = "https://api.test/v1/api.yaml#/components/schemas/B"
    found = bundled(tmp_path, openapi=HEAD + SCHEMAS % reference, parts__c=PARTS % back)
    assert found["components"]["schemas"]["A"]["properties"]["b"] == {"$ref": "#/components/schemas/B"}


def test_other_hosts_stay_refused(tmp_path: Path) -> None:
    found = problems(tmp_path, openapi=HEAD + SCHEMAS % "https://other.test/v1/api.yaml#/components/schemas/B")
    assert places(found) == ["4:34 ref-remote"]


def test_names_lead_no_further_than_files(tmp_path: Path) -> None:
    found = problems(tmp_path, openapi=HEAD + SCHEMAS % "https://api.test/v1/../../etc/passwd#/B")
    assert places(found) == ["4:34 ref-outside"]
