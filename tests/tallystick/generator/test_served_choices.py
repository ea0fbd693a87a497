"""Parameters that may be a value, a list or an object, and values that clients encode, over HTTP: a fault here hands
a handler another value than the client sent, or refuses one that the contract takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.support.contracts import Contracts, Served

CHOICES = """
paths:
  /a:
    get:
      operationId: getA
      x-closed-query: true
      parameters:
        - {name: either, in: query, schema: {anyOf: [{type: integer}, {type: array, items: {type: integer}}]}}
        - {name: types, in: query, schema: {type: [string, array], items: {type: string}, maxLength: 3}}
        - name: commas
          in: query
          explode: false
          schema: {oneOf: [{type: string, maxLength: 3}, {type: array, items: {type: integer}}]}
        - name: created
          in: query
          style: deepObject
          schema:
            anyOf: [{type: object, additionalProperties: false, properties: {gt: {type: integer}}}, {type: integer}]
        - {name: expand, in: query, style: deepObject, schema: {type: array, items: {type: string}}}
        - name: spread
          in: query
          schema: {anyOf: [{type: boolean}, {type: object, properties: {k: {type: integer}}}]}
        - name: tree
          in: query
          style: deepObject
          schema:
            type: object
            properties:
              list: {type: array, items: {type: object, properties: {n: {type: integer}}}}
              some: {anyOf: [{type: integer}, {type: array, items: {type: integer}}, {type: object}]}
        - {name: mixed, in: query, schema: {enum: [1, one, true, null]}}
        - {name: maybe, in: query, schema: {type: [integer, "null"]}}
        - {name: objects, in: query, schema: {type: array, items: {type: object, properties: {n: {type: integer}}}}}
        - {name: plain, in: query, content: {text/plain: {schema: {type: integer}}}}
        - {name: X-Either, in: header, schema: {anyOf: [{type: string}, {type: array, items: {type: integer}}]}}
        - {name: c, in: cookie, schema: {anyOf: [{type: boolean}, {type: array, items: {type: integer}}]}}
      responses: {"204": {description: ok}}
"""


def plain(value: Any) -> Any:
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value.model_dump(by_alias=True, exclude_unset=True) if hasattr(value, "model_dump") else value


@pytest.fixture
def served(contracts: Contracts) -> Served:
    return contracts.text(CHOICES).serve(get_a=None)


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        ("either=1", "either", 1),
        ("either=1&either=2", "either", [1, 2]),
        ("types=abc", "types", "abc"),
        ("types=abc&types=defg", "types", ["abc", "defg"]),
        ("types=defg", "types", ["defg"]),
        ("commas=1,2", "commas", [1, 2]),
        ("commas=a,b", "commas", "a,b"),
        ("created=5", "created", 5),
        ("created[gt]=5", "created", {"gt": 5}),
        ("expand[]=a&expand[]=b", "expand", ["a", "b"]),
        ("expand[1]=b&expand[0]=a", "expand", ["a", "b"]),
        ("expand=a", "expand", ["a"]),
        ("spread=true", "spread", True),
        ("k=3", "spread", {"k": 3}),
        ("tree[list][0][n]=1&tree[list][1][n]=2", "tree", {"list": [{"n": 1}, {"n": 2}]}),
        ("tree[some]=1", "tree", {"some": 1}),
        ("tree[some][]=1&tree[some][]=2", "tree", {"some": [1, 2]}),
        ("tree[some][a]=1", "tree", {"some": {"a": 1}}),
        ("mixed=1", "mixed", 1),
        ("mixed=one", "mixed", "one"),
        ("mixed=true", "mixed", True),
        ("maybe=null", "maybe", None),
        ("maybe=4", "maybe", 4),
        ("objects=%7B%22n%22:1%7D&objects=%7B%7D", "objects", [{"n": 1}, {}]),
        ("plain=7", "plain", 7),
    ],
)
async def test_what_was_sent_is_read_as_what_it_looks_like(
    served: Served, query: str, name: str, value: object
) -> None:
    answer = await served.get(f"/a?{query}")
    assert answer.status_code == 204, answer.text
    assert plain(served.given[name]) == value


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("either=x", "/either", "integer_type"),
        ("either=1&either=x", "/either/1", "integer_type"),
        ("created[lt]=5", "/created/lt", "unknown"),
        ("created=x", "/created", "integer_type"),
        ("tree[list][0][n]=x", "/tree/list/0/n", "integer_type"),
        ("maybe=", "/maybe", "integer_type"),
        ("created[=5", "/created", "style"),
        ("k2=1", "/k2", "unknown"),
    ],
)
async def test_what_no_choice_takes_is_refused_with_its_place(
    served: Served, query: str, pointer: str, code: str
) -> None:
    answer = await served.get(f"/a?{query}")
    assert answer.status_code == 422, answer.text
    assert (pointer, code) in {(each["pointer"], each["code"]) for each in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("headers", "name", "value"),
    [
        ({"X-Either": "1, 2"}, "x_either", [1, 2]),
        ({"X-Either": "a, b"}, "x_either", "a, b"),
        ({"X-Either": "b"}, "x_either", "b"),
        ({"Cookie": "c=1; c=2"}, "c", [1, 2]),
        ({"Cookie": "c=1&c=2"}, "c", [1, 2]),
        ({"Cookie": "c=true"}, "c", True),
    ],
)
async def test_choices_in_headers_and_cookies(
    served: Served, headers: dict[str, str], name: str, value: object
) -> None:
    answer = await served.get("/a", headers=headers)
    assert answer.status_code == 204, answer.text
    assert served.given[name] == value


PATHS = """
paths:
  /lists/{x}: {get: {operationId: getList, parameters: [&x {name: x, in: path, required: true, schema: &l {type: array,
    items: {type: string}}}], responses: &r {"204": {description: ok}}}}
  /objects/{x}: {get: {operationId: getObject, parameters: [{name: x, in: path, required: true, explode: true,
    schema: &o {type: object, additionalProperties: {type: string}}}], responses: *r}}
  /labels/{x}: {get: {operationId: getLabel, parameters: [{name: x, in: path, required: true, style: label,
    explode: true, schema: *l}], responses: *r}}
  /matrix/{x}: {get: {operationId: getMatrix, parameters: [{name: x, in: path, required: true, style: matrix,
    explode: true, schema: *l}], responses: *r}}
  /json/{x}: {get: {operationId: getJson, parameters: [{name: x, in: path, required: true,
    content: {application/json: {schema: *o}}}], responses: *r}}
  /pairs/{a}.{b}: {get: {operationId: getPair, parameters: [{name: a, in: path, required: true, schema: {type: string}},
    {name: b, in: path, required: true, schema: {type: string}}], responses: *r}}
  "/verbs/{a}:{b}": {get: {operationId: getVerb, parameters: [{name: a, in: path, required: true,
    schema: {type: string}}, {name: b, in: path, required: true, schema: {type: string}}], responses: *r}}
"""


@pytest.mark.parametrize(
    ("path", "given"),
    [
        ("/lists/b,c", {"x": ["b", "c"]}),
        ("/lists/b%2Cc,d%2F", {"x": ["b,c", "d/"]}),
        ("/lists/b%2Cc", {"x": ["b", "c"]}),
        ("/objects/r=a%3Db%2Cc,g=1", {"x": {"r": "a=b,c", "g": "1"}}),
        ("/objects/r%3Da%2Cg%3D1", {"x": {"r": "a", "g": "1"}}),
        ("/labels/.a%2Eb.c", {"x": ["a.b", "c"]}),
        ("/matrix/;x=a%3Bb;x=c", {"x": ["a;b", "c"]}),
        ("/matrix/%3Bx%3Da%3Bx%3Dc", {"x": ["a", "c"]}),
        ("/json/%7B%22k%22:%22a%2Fb%22%7D", {"x": {"k": "a/b"}}),
        ("/pairs/a%2Eb.c", {"a": "a.b", "b": "c"}),
        ("/pairs/a%2Eb", {"a": "a", "b": "b"}),
        ("/pairs/a.b%2Fc", {"a": "a", "b": "b/c"}),
        ("/verbs/x%3Ay:go", {"a": "x:y", "b": "go"}),
        ("/verbs/%E2%82%AC:%C3%B6", {"a": "€", "b": "ö"}),
    ],
)
async def test_what_the_client_encoded_belongs_to_a_value(
    contracts: Contracts, path: str, given: Mapping[str, Sequence[str]]
) -> None:
    """Unless it encoded everything: then delimiters are delimiters."""
    names = ("get_list", "get_object", "get_label", "get_matrix", "get_json", "get_pair", "get_verb")
    served = contracts.text(PATHS).serve(**dict.fromkeys(names))
    answer = await served.get(path)
    assert answer.status_code == 204, answer.text
    assert served.given == given


@pytest.mark.parametrize("path", ["/lists/", "/pairs/a.", "/pairs/.b", "/verbs/a"])
async def test_an_empty_segment_or_value_is_no_match(contracts: Contracts, path: str) -> None:
    assert (await contracts.text(PATHS).serve().get(path)).status_code == 404
