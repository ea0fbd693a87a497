"""The shape of the document, by the JSON Schemas of openapi-spec-validator, in words that name the mistake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tallystick.spec.errors import Diagnostic
from tallystick.spec.nodes import Object
from tallystick.spec.rules.explain import explain


def check_structure(bundled: Object, version: str) -> Iterator[Diagnostic]:
    errors, schema = _errors(bundled, version)
    for error in errors:
        yield from explain("structure", bundled, error, rules=schema)


def _errors(bundled: Object, version: str) -> tuple[list[Any], Any]:
    """The errors, and the schema they come from."""
    # Imported here: it costs a third of a second, which a run with nothing to do should not pay.
    from openapi_spec_validator import schemas
    from openapi_spec_validator.schemas.backend.jsonschema import create_validator

    fast, slow = {
        "3.0": (schemas.openapi_v30_schema_validator, schemas.schema_v30),
        "3.1": (schemas.openapi_v31_schema_validator, schemas.schema_v31),
        "3.2": (schemas.openapi_v32_schema_validator, schemas.schema_v32),
    }[version]
    if fast.is_valid(bundled):
        return [], None
    # The fast validator does not say what is wrong with each alternative; the slow one does.
    return list(create_validator(slow).iter_errors(bundled)), slow
