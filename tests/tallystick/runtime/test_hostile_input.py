"""Whatever bytes arrive: decoding ends in a value or in violations, never in another exception (a 500)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from tallystick.runtime.bodies import Bodies, JsonBody, TextBody
from tallystick.runtime.forms import FormBody
from tallystick.runtime.operation import Operation
from tallystick.runtime.parameters import Parameter, unknown_query
from tallystick.runtime.problems import Location, Refusal, Violations, render
from tallystick.runtime.shapes import Shape
from tallystick.runtime.styles import Style
from tallystick.runtime.types import AnyJson, Date, DateTime, Email, Integer, Number, Uri, Uuid
from tests.support.calls import make_call


class Anything(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")

    a: Integer | None = None
    b: list[Date | Uuid | DateTime] = []
    c: dict[str, Number] = {}
    d: AnyJson = None
    e: Email | Uri | None = None
    f: Anything | None = None


KINDS: list[tuple[Any, str]] = [
    (Integer, "integer"),
    (Number, "number"),
    (bool, "boolean"),
    (str, "string"),
    (DateTime, "string"),
    (AnyJson, "any"),
    (list[Integer], "array"),
    (Anything, "object"),
]
PLACES: list[tuple[Location, list[Style]]] = [
    ("query", ["form", "spaceDelimited", "pipeDelimited", "deepObject"]),
    ("path", ["simple", "label", "matrix"]),
    ("header", ["simple"]),
    ("cookie", ["form", "cookie"]),
]
OPERATION = Operation("a", "GET", "/", "t", (200,), query=frozenset({"q", "q["}), closed_query=True)
PROPERTIES: list[Mapping[str, Shape] | None] = [{"a": "integer", "b": "array:string", "f": {"*": "any"}}, None]
PARAMETERS: list[Parameter[Any]] = [
    Parameter("q", location, type_, kind=kind, items="integer", properties=properties, style=style, explode=explode)
    for location, styles in PLACES
    for style in styles
    for type_, kind in KINDS
    for properties in PROPERTIES
    for explode in (True, False)
]
BODIES: Bodies[Any] = Bodies(
    {
        "application/json": JsonBody(Anything),
        "application/x-www-form-urlencoded": FormBody(
            Anything, fields={"a": "integer", "b": "array:string", "f": "json"}
        ),
        "text/plain": TextBody(),
    }
)
# Random bytes rarely hold what a parser looks for: pieces that do.
WORDS = (
    b"q= q q[ ] [a] []= & ; , = . | % %00 %ff %C3 + 1 2.5 - 1e999 null true \\ud800 \\u0000 2024-02-30 a=1 b= f= a@b"
)
ODDITIES = [b'"', b"{", b"}", b"\xff", b" ", b"\xef\xbb\xbf", b'{"a":', b'{"f":' * 150, b"9" * 5_000, b"[" * 300]
TIMES = [b"0001-01-01T00:00:00+23:59", b"9999-12-31T23:59:60Z"]
PIECES = st.sampled_from([*WORDS.split(), *ODDITIES, *TIMES])
BYTES = st.one_of(st.binary(max_size=60), st.lists(PIECES, max_size=12).map(b"".join))


def ends_well(found: Violations) -> None:
    try:
        found.refuse()
    except Refusal as refusal:
        answer = render(OPERATION.refusal(refusal.kind), detail=refusal.detail, errors=refusal.errors)
        assert json.loads(answer.body)["status"] in (400, 422)
        assert len(answer.body) < 100_000


@given(raw=BYTES, parameter=st.sampled_from(PARAMETERS))
def test_parameters_end_in_a_value_or_a_violation(raw: bytes, parameter: Parameter[Any]) -> None:
    text = raw.decode("latin-1")
    call = make_call(raw, headers=[(b"q", raw), (b"cookie", raw)], path={"q": text}, operation=OPERATION)
    found = Violations()
    parameter.decode(call, found)
    unknown_query(call, found)
    ends_well(found)


@pytest.mark.parametrize("media_type", ["application/json", "application/x-www-form-urlencoded", "text/plain"])
@given(raw=BYTES)
async def test_bodies_end_in_a_value_or_a_violation(media_type: str, raw: bytes) -> None:
    found = Violations()
    call = make_call(headers=[(b"content-type", media_type.encode())], body=raw)
    value = await BODIES.decode(call, found)
    ends_well(found)
    assert found.found or value is not None
