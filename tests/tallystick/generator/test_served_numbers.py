"""Numbers come out of a server as they went in, however many digits they have."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from tallystick.runtime.types import PreciseFloat
from tests.support.contracts import Contracts, Served

JSON = {"Content-Type": "application/json"}
CONTRACT = """
paths:
  /echo:
    post:
      operationId: echo
      tags: [numbers]
      parameters:
        - {name: least, in: query, schema: {type: number}}
        - {name: price, in: query, schema: {type: number, format: decimal}}
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Numbers'}}}}
      responses:
        '200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Numbers'}}}}
  /any:
    post:
      operationId: anything
      tags: [numbers]
      requestBody: {required: true, content: {application/json: {schema: {}}}}
      responses: {'200': {description: ok, content: {application/json: {schema: {}}}}}
components:
  schemas:
    Numbers:
      type: object
      properties:
        count: {type: integer}
        small: {type: integer, format: int32}
        large: {type: integer, format: int64}
        price: {type: number, format: decimal, minimum: 0, multipleOf: 0.01}
        width: {type: number}
        double: {type: number, format: double}
        widths: {type: array, items: {type: number}}
        any: {}
        inner: {$ref: '#/components/schemas/Numbers'}
        map: {type: object, additionalProperties: {type: number}}
        either: {anyOf: [{type: number}, {type: string}]}
        tree: {$ref: '#/components/schemas/Tree'}
      additionalProperties: true
    Tree: {anyOf: [{type: number}, {type: array, items: {$ref: '#/components/schemas/Tree'}}]}
"""
LONG = "12345678901234567890123.45"


@pytest.fixture
def served(contracts: Contracts) -> Served:
    return contracts.text(CONTRACT).serve(echo=lambda body, **_: body, anything=lambda body: body)


@pytest.mark.parametrize(
    "member",
    [
        '"count":9223372036854775809',
        '"count":123456789012345678901234567890',
        '"small":2147483647',
        '"large":-9223372036854775808',
        f'"price":{LONG}',
        '"price":0.1',
        '"price":100000000000000000000000000000',
        '"width":0.1',
        f'"width":{LONG}',
        '"width":-9223372036854775809',
        '"width":3.141592653589793238462643383279',
        f'"double":{LONG}',
        f'"widths":[0.1,{LONG},1.5,{LONG}]',
        f'"any":{{"a":[{LONG},null,9223372036854775809]}}',
        f'"more":{LONG}',
        f'"inner":{{"inner":{{"price":{LONG},"width":{LONG}}}}}',
        f'"map":{{"a":{LONG}}}',
        f'"either":{LONG}',
        f'"tree":[[{LONG}],1.5]',
        f'"either":"{LONG}"',
    ],
)
async def test_digits_survive(member: str, served: Served) -> None:
    """A price or an identifier that changes on its way is a wrong price, and nobody is told."""
    answer = await served.post("/echo", content=f"{{{member}}}", headers=JSON)
    assert (answer.status_code, answer.text) == (200, f"{{{member}}}")


@pytest.mark.parametrize("text", [LONG, f"[{LONG},9223372036854775809,0.1]", f'{{"a":{{"b":{LONG}}}}}', "1e-7"])
async def test_digits_survive_where_anything_goes(text: str, served: Served) -> None:
    answer = await served.post("/any", content=text, headers=JSON)
    assert (answer.status_code, answer.text) == (200, text)


async def test_handlers_are_given_what_signatures_promise(served: Served) -> None:
    """A decimal is computed with exactly; a number without format stays a float, whatever its digits."""
    query = {"least": LONG, "price": "0.10"}
    body = f'{{"price": 0.10, "width": {LONG}, "count": 1e30, "widths": [9223372036854775809, 1.0]}}'
    await served.post("/echo", params=query, content=body, headers=JSON)
    numbers: Any = served.given["body"]
    assert isinstance(numbers.price, Decimal)
    assert str(numbers.price) in ("0.1", "0.10")
    assert numbers.width == float(LONG)
    assert isinstance(numbers.width, PreciseFloat)
    assert numbers.width.digits == LONG
    assert numbers.count == 10**30
    assert numbers.widths == [9223372036854775808.0, 1.0]
    assert (served.given["least"].digits, served.given["price"]) == (LONG, Decimal("0.10"))


async def test_numbers_are_judged(served: Served) -> None:
    """Widths and bounds hold for the long ones, too; a text is no number."""
    for member in (
        '"small":2147483648',
        '"large":9223372036854775808',
        '"price":-1',
        '"price":0.001',
        '"price":"1"',
        '"count":12345678901234567890.5',
        f'"count":"{LONG}"',
        '"width":true',
        '"price":1e400',
    ):
        answer = await served.post("/echo", content=f"{{{member}}}", headers=JSON)
        assert (answer.status_code, served.given) == (422, {}), member


async def test_what_handlers_make(contracts: Contracts) -> None:
    """Decimals are written as numbers; what was long stays so in another object, and in a plain dump it is a number."""
    made = contracts.text(CONTRACT)
    numbers: type[BaseModel] = made.models.Numbers
    kept = PreciseFloat(LONG)
    served = made.serve(echo=lambda **_: numbers(price=Decimal("1.10"), width=kept, widths=[kept, 2], any=kept))
    answer = await served.post("/echo", content="{}", headers=JSON)
    assert answer.text == f'{{"price":1.10,"width":{LONG},"widths":[{LONG},2.0],"any":{LONG}}}'
    assert numbers(price=Decimal("1.10"), width=1.5).model_dump_json(exclude_unset=True) == '{"price":1.1,"width":1.5}'
