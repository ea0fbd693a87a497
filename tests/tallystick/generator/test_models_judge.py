"""Generated models judge JSON as two independent JSON Schema validators do, construct by construct."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
import yaml

from tests.support.models import Models, with_schemas

# python-jsonschema searches with Python's `re`, whose `$` matches before a last line end; ECMA-262's does not.
MISJUDGED = {("pattern", '"a\\n"')}


@dataclass(frozen=True)
class Case:
    """One construct; its schemas have names of their own, so that one document holds all cases."""

    what: str
    name: str
    schemas: dict[str, Any]
    values: tuple[str, ...]


def _cases() -> list[Case]:
    read = yaml.safe_load(Path(__file__).with_name("judged.yaml").read_text(encoding="utf-8"))
    groups: dict[str, list[str]] = read["groups"]
    cases: list[Case] = []
    for number, case in enumerate(read["cases"]):
        schemas = {"Judged": case["schema"], **case.get("beside", {})}
        text = json.dumps(schemas)
        for name in schemas:
            text = re.sub(rf'schemas/{name}(?=["/])', f"schemas/{name}{number}", text)
        renamed = {f"{name}{number}": schema for name, schema in json.loads(text).items()}
        values = [text for each in case["values"] for text in groups.get(each, [each])]
        cases.append(Case(case["what"], f"Judged{number}", renamed, tuple(values)))
    return cases


CASES = _cases()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    schemas = {name: schema for case in CASES for name, schema in case.schemas.items()}
    return Models(with_schemas(tmp_path_factory.mktemp("judge"), schemas))


def verdicts(case: Case, text: str) -> set[bool]:
    """What jsonschema-rs and python-jsonschema say of a JSON text."""
    root = {"$ref": f"#/components/schemas/{case.name}", "components": {"schemas": case.schemas}}
    value = json.loads(text)
    found = {bool(jsonschema_rs.Draft202012Validator(root, validate_formats=True).is_valid(value))}
    if (case.what, text) not in MISJUDGED:
        checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
        found.add(bool(jsonschema.Draft202012Validator(root, format_checker=checker).is_valid(value)))
    return found


@pytest.mark.parametrize("case", CASES, ids=[case.what for case in CASES])
def test_models_agree_with_json_schema(case: Case, models: Models) -> None:
    """A difference is a value that a client may send and we refuse, or must not send and we take."""
    ours = {text: {models.accepts(case.name, text)} for text in case.values}
    assert ours == {text: verdicts(case, text) for text in case.values}
