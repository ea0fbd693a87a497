"""Models of random schemas judge random JSON as two independent JSON Schema validators do."""

import json
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import pytest

from tests.support.models import Models, with_schemas
from tests.tallystick.generator.random_schemas import Maker

SCHEMAS = 30
VALUES = 20


@pytest.mark.parametrize("seed", range(1, 13))
def test_random_schemas(seed: int, tmp_path: Path) -> None:
    """Constructs that are right one by one may be wrong together."""
    names = [f"S{number}" for number in range(SCHEMAS)]
    maker = Maker(seed, names)
    schemas = {name: maker.schema(3) for name in names}
    models = Models(with_schemas(tmp_path, schemas))
    judged: Counter[bool] = Counter()
    for name in names:
        schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
        for value in (maker.value(3) for _ in range(VALUES)):
            text = json.dumps(value)
            ours = models.accepts(name, text)
            assert {ours} == verdicts(schema, value), (name, text, schemas[name])
            judged[ours] += 1
    assert min(judged[True], judged[False]) > SCHEMAS * VALUES / 10, "accepted and refused alike, or little is proved"


def verdicts(schema: Any, value: Any) -> set[bool]:
    """What jsonschema-rs and python-jsonschema say."""
    found = {bool(jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(value))}
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    # A schema that applies itself to the same value again is undefined (core, 9.4.1): this one has no answer then.
    with suppress(RecursionError):
        found.add(bool(jsonschema.Draft202012Validator(schema, format_checker=checker).is_valid(value)))
    return found
