"""What the door admits by format, the guard of the answers must admit: else a stored value becomes a 500 later."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from pydantic import TypeAdapter, ValidationError

from tallystick.runtime.types.strings import Email, Hostname

HOSTS = (
    "example.com",
    "a-b.example",
    "a--b.example",
    "abc--d.example",
    # Two hyphens in the third place are reserved (RFC 5891): only valid Punycode may have them.
    "ab--c.example",
    "56--vm.ro",
    "b.ab--c",
    "xn--bcher-kva.example",
    "xn--0.com",
    "XN--BCHER-KVA.com",
    "1.2.3.com",
    "a_b.com",
    "b.example.",
    "a-.example",
    "-a.example",
    "a" * 63 + ".example",
    "a" * 64 + ".example",
    "x" * 20 + "-" + "y" * 25 + ".example",
    "a.b.c.d.e.f",
)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(("annotation", "name", "prefix"), [(Hostname, "hostname", ""), (Email, "email", "ada@")])
def test_door_and_guard_judge_names_alike(annotation: Any, name: str, prefix: str, host: str) -> None:
    guard = jsonschema_rs.Draft202012Validator({"type": "string", "format": name}, validate_formats=True)
    try:
        TypeAdapter(annotation).validate_json(f'"{prefix}{host}"', strict=True)
        admitted = True
    except ValidationError:
        admitted = False
    assert admitted == guard.is_valid(prefix + host)
