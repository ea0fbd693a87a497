"""The official test suite of JSON Schema 2020-12, from the folder that TALLY_JSON_SCHEMA_SUITE names.

`pip download --no-deps --no-binary :all: jsonschema` brings it: the folder `json` of that archive. Each group of cases
is a component of a contract; schemas of other addresses that it refers to stand beside it, each with its `$id`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema_specifications import REGISTRY

from tallystick.spec.errors import ContractError
from tallystick.spec.grammar import Kind, walk
from tests.support.models import Models, with_schemas

FOLDER = os.environ.get("TALLY_JSON_SCHEMA_SUITE")
ROOT = Path(FOLDER or os.devnull)
FILES = [
    path for pattern in ("*.json", "optional/**/*.json") for path in sorted((ROOT / "tests/draft2020-12").glob(pattern))
]

_ASSERTED = "formats are judged, as people who write them in a contract mean it; JSON Schema lets either be done"
# Groups, or single cases of a group, that are not judged as the suite has it, and why. One that is fails the test.
MISSED: dict[tuple[str, str, str], str] = {
    **{
        ("format", f"{name} format", f"invalid {name} string is only an annotation by default"): _ASSERTED
        for name in (
            *("email", "idn-email", "regex", "ipv4", "ipv6", "idn-hostname", "hostname", "date", "date-time", "time"),
            *("json-pointer", "relative-json-pointer", "iri", "iri-reference", "uri", "uri-reference"),
            *("uri-template", "uuid", "duration"),
        )
    },
    **{
        (file, group, "*"): "other dialects are refused: schemas of a contract are of OpenAPI's, which is 2020-12"
        for file, group in (
            ("vocabulary", "schema that uses custom metaschema with with no validation vocabulary"),
            ("vocabulary", "ignore unrecognized optional vocabulary"),
            ("format-assertion", "schema that uses custom metaschema with format-assertion: false"),
            ("format-assertion", "schema that uses custom metaschema with format-assertion: true"),
            ("cross-draft", "refs to historic drafts are processed as historic drafts"),
        )
    },
}

pytestmark = pytest.mark.foreign


@pytest.mark.skipif(FOLDER is None, reason="TALLY_JSON_SCHEMA_SUITE names no folder")
def test_there_are_cases() -> None:
    assert len(FILES) > 40, f"{FOLDER} does not hold the suite"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_models_judge_as_the_suite_says(file: Path, tmp_path: Path) -> None:
    """What the specification's own authors call valid is valid."""
    found = {miss for group in json.loads(file.read_text(encoding="utf-8")) for miss in misses(group, tmp_path)}
    assert {(file.stem, *miss) for miss in found} == {each for each in MISSED if each[0] == file.stem}


def misses(group: dict[str, Any], folder: Path) -> Iterator[tuple[str, str]]:
    """The cases of a group that models do not judge as the suite does; `*` for all of a group that is refused."""
    try:
        models = made(group["schema"], folder)
    except ContractError:
        yield group["description"], "*"
        return
    for case in group["tests"]:
        if models.accepts("Judged", json.dumps(case["data"])) is not case["valid"]:
            yield group["description"], case["description"]


def made(schema: Any, folder: Path) -> Models:
    """The models of a schema, alone if that is possible."""
    try:
        return Models(with_schemas(folder, {"Judged": within_component(schema)}))
    except ContractError as error:
        if not all(each.rule.startswith("ref-") for each in error.diagnostics):
            raise
    return Models(with_schemas(folder, {"Judged": within_component(schema), **others()}))


def within_component(schema: Any) -> Any:
    """The schema as a component: what it names by pointers of its own moved there with it."""
    schema = json.loads(json.dumps(schema))
    nodes = [
        each.node for each in walk(schema, Kind.SCHEMA) if each.kind is Kind.SCHEMA and isinstance(each.node, dict)
    ]
    if any(key in node for node in nodes for key in ("$id", "$anchor", "$dynamicAnchor", "$dynamicRef")):
        return {"$id": "https://example.com/judged", **schema}
    for node in nodes:
        if str(node.get("$ref", "")).startswith("#"):
            node["$ref"] = "#/components/schemas/Judged" + node["$ref"][1:]
    return schema


def others() -> dict[str, Any]:
    """The suite's schemas for references, and JSON Schema's own, under their addresses."""
    found: dict[str, Any] = {}
    for path in [
        *ROOT.glob("remotes/*.json"),
        *ROOT.glob("remotes/*Change*/**/*.json"),
        *ROOT.glob("remotes/nested/*"),
    ]:
        found[f"http://localhost:1234/{path.relative_to(ROOT / 'remotes')}"] = json.loads(path.read_text())
    for path in ROOT.glob("remotes/draft2020-12/**/*.json"):
        if not path.stem.startswith(("metaschema", "format-assertion")):
            found[f"http://localhost:1234/{path.relative_to(ROOT / 'remotes')}"] = json.loads(path.read_text())
    for address in REGISTRY:
        if "2020-12" in address:
            found[address] = dict(REGISTRY.contents(address))
    return {f"Other{number}": addressed(each, found[each]) for number, each in enumerate(found)}


def addressed(address: str, schema: Any) -> Any:
    if isinstance(schema, dict) and schema.get("$id", address) == address:
        return {**schema, "$id": address}
    return {"$id": address, "allOf": [schema]}
