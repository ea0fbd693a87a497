"""Schemas that are rarely met, carried out from the request to the answer."""

from __future__ import annotations

import json
import types
from typing import Any

import pytest

from tests.support.contracts import Contracts

JSON = {"Content-Type": "application/json"}
ECHO = """
paths:
  /echo:
    post:
      operationId: echo
      tags: [echo]
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Sent'}}}}
      responses:
        '200': {description: Back again., content: {application/json: {schema: {$ref: '#/components/schemas/Sent'}}}}
components:
  schemas:
"""
UNTYPED = "{required: [a], properties: {a: {maxLength: 2}, userID: {}, user_id: {}}}"
DIALECT = """
    Sent: {$schema: 'https://json-schema.org/draft/2020-12/schema', type: [integer, 'null'], nullable: false}
"""
LOOP = """
    Sent: {anyOf: [{$ref: '#/components/schemas/Back'}, {type: integer}], minimum: 1}
    Back: {anyOf: [{$ref: '#/components/schemas/Sent'}, {type: string}]}
"""
TREE = """
    Sent: {$id: strict, $dynamicAnchor: node, $ref: tree, unevaluatedProperties: false}
    Tree:
      $id: tree
      $dynamicAnchor: node
      type: object
      properties: {data: true, children: {type: array, items: {$dynamicRef: '#node'}}}
"""
PAGE = """
    Sent: {$id: items, $ref: page, $defs: {entry: {$dynamicAnchor: entry, $ref: '#/components/schemas/Item'}}}
    Others: {$id: others, $ref: page, $defs: {entry: {$dynamicAnchor: entry, type: integer}}}
    Page:
      $id: page
      type: object
      required: [data]
      properties: {data: {type: array, items: {$dynamicRef: '#entry'}}}
      $defs: {entry: {$dynamicAnchor: entry, not: {}}}
    Item: {type: object, required: [name], properties: {name: {type: string}}}
"""


@pytest.mark.parametrize(
    ("schemas", "taken", "refused"),
    [
        ("    Sent: true\n", [None, 1, {"a": [1]}], []),
        ("    Sent: false\n", [], [None, 1, {}]),
        (
            f"    Sent: {UNTYPED}\n",
            [{"a": "x"}, {"a": 100, "userID": 1, "user_id": 2}, "x", None, []],
            [{}, {"a": "long"}],
        ),
        (LOOP, [1, "x"], [0]),
        (TREE, [{"data": 1, "children": [{"children": []}]}], [{"daat": 1}, {"children": [{"daat": 1}]}]),
        (PAGE, [{"data": []}, {"data": [{"name": "x"}]}], [{"data": [1]}, {"data": [{}]}]),
        ("    Sent: {type: array, items: {$ref: '#word'}}\n    W: {$anchor: word, type: string}\n", [["a"]], [[1]]),
        (DIALECT, [1, None], ["x"]),
    ],
    ids=["true", "false", "untyped", "circular", "dynamic", "generic", "anchor", "dialect"],
)
async def test_a_body_goes_there_and_back(
    schemas: str, taken: list[Any], refused: list[Any], contracts: Contracts
) -> None:
    """What the schema lets in reaches the handler and may be answered as it was; nothing else does."""
    served = contracts.text(ECHO + schemas).serve(echo=lambda body: body)
    for value in taken:
        answer = await served.post("/echo", content=json.dumps(value), headers=JSON)
        assert (answer.status_code, answer.json()) == (200, value)
    for value in refused:
        answer = await served.post("/echo", content=json.dumps(value), headers=JSON)
        assert (answer.status_code, served.given) == (422, {}), answer.text


def test_generic_schemas_are_typed(contracts: Contracts) -> None:
    """A dynamic reference is a type of its own for each use, not anything."""
    models: Any = contracts.text(ECHO + PAGE).models
    assert models.Sent.model_fields["data"].annotation == types.GenericAlias(list, (models.Item,))


FAMILY = """
    Sent:
      type: object
      properties:
        pet: {$ref: '#/components/schemas/Pet'}
        pets: {type: array, items: {$ref: '#/components/schemas/Pet'}}
    Pet:
      type: object
      discriminator: {propertyName: kind, mapping: {kitty: '#/components/schemas/Cat'}}
      required: [kind]
      properties: {kind: {type: string}}
    Cat: {allOf: [{$ref: '#/components/schemas/Pet'}, {type: object, properties: {lives: {type: integer}}}]}
"""


async def test_children_of_a_class_with_a_discriminator_are_not_cut_down(contracts: Contracts) -> None:
    """A discriminator beside `allOf` changes no verdict (OpenAPI 3.1.1, 4.8.25), but what a child brings is kept."""
    made = contracts.text(ECHO + FAMILY)
    served = made.serve(echo=lambda body: body)
    sent = {"pet": {"kind": "kitty", "lives": 9}, "pets": [{"kind": "kitty", "lives": 9}, {"kind": "x"}]}
    assert (await served.post("/echo", json=sent)).json() == sent
    models: Any = made.models
    cat = models.Cat(kind="kitty", lives=9)
    served = made.serve(echo=models.Sent(pet=cat, pets=[cat, models.Pet(kind="x")]))
    assert (await served.post("/echo", json={})).json() == sent
    assert (await served.post("/echo", json={"pet": {"lives": 1}})).status_code == 422
