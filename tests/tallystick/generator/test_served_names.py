"""Names that Python, the generated modules or a neighbour already use: a fault here swaps or loses values silently."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.contracts import Contracts, Package

Made = Callable[[str], Package]


async def test_parameters_called_like_the_routers_variables(package: Made) -> None:
    made = package("parameter_names")
    served = made.serve(names=lambda **given: given["body"])
    wire = [
        *("self", "body", "principal", "call", "found", "handler", "answer", "remembered", "unknown_query"),
        *("größe", "__init__", "filter[a]", "list", "1st", "$top"),
    ]
    answer = await served.post(
        "/names/p", params={name: f"v {name}" for name in wire}, json=5, headers={"X-Key": "reader"}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json() == 5
    assert served.given.pop("principal").subject == "reader"
    assert served.given.pop("body") == 5
    assert served.given.pop("class_") == "p"
    assert list(served.given.values()) == [f"v {name}" for name in wire]
    assert {"call", "found", "handler", "body_", "self_", "größe", "list_"} <= served.given.keys()


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/a", "class_"),
        ("/b", "endpoints_"),
        ("/c", "list_"),
        ("/d", "date_"),
        ("/e", "types_"),
        ("/f", "users_list_all_items"),
        ("/g", "größe"),
    ],
)
async def test_operations_called_like_what_classes_hold(package: Made, path: str, method: str) -> None:
    served = package("operation_names").serve(**{method: None})
    assert (await served.get(path)).status_code == 204


async def test_constants_that_would_be_one_stay_two(package: Made) -> None:
    """`list` + `items_limit` and `list_items` + `limit` would share a constant, so one would decode the other's."""
    served = package("operation_names_joined").serve(list_=None, list_items=None, send=None)
    await served.get("/a?items_limit=5")
    assert served.given == {"items_limit": 5}
    await served.get("/b?limit=true")
    assert served.given == {"limit": True}
    assert (await served.post("/c?body=7", json="text")).status_code == 204
    assert served.given == {"body": "text", "body_": 7}


async def test_schemas_called_like_what_generated_modules_import(package: Made) -> None:
    made = package("schema_names")
    reply = made.answer("default", "MakeA200")(body=made.models.Reply_(generic={"a": "x"}))
    served = made.serve(make_a=reply)
    answer = await served.post("/a?one=b&two=2024-01-02", json={"endpoint": {"bodies": {"a": "b"}}, "runtime": {}})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"generic": {"a": "x"}}


async def test_dots_in_names_of_schemas_are_no_modules(contracts: Contracts) -> None:
    text = """paths:
  /a:
    post:
      operationId: makeA
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/a.b.Box"}}}}
      responses: {"204": {description: ok}}
components:
  schemas:
    a.b.Box: {type: object, properties: {thing: {$ref: "#/components/schemas/com.example.Thing"}}}
    com.example.Thing: {type: object, required: [kind], properties: {kind: {$ref: "#/components/schemas/x.Kind"}}}
    x.Kind: {type: string, enum: [p, q]}
"""
    served = contracts.text(text).serve(make_a=None)
    assert (await served.post("/a", json={"thing": {"kind": "q"}})).status_code == 204
    assert (await served.post("/a", json={"thing": {"kind": "r"}})).status_code == 422


async def test_missing_ids_and_tags_are_derived(package: Made) -> None:
    made = package("operation_id_absent")
    served = made.serve(delete_things_by_thing_id=None)
    assert (await served.request("DELETE", "/things/5")).status_code == 204
    assert served.given == {"thing_id": 5}
    assert made.operations.DELETE_THINGS_BY_THING_ID.tag == "default"


async def test_each_tag_has_modules_of_its_own(package: Made) -> None:
    made = package("tags")
    modules = {path.stem for path in (made.root / "routers").glob("*.py")} - {"__init__"}
    assert modules == {"pet_store", "implementations_", "class_"}
    served = made.serve(get_a=None, get_b=None, get_c=None)
    assert [(await served.get(path)).status_code for path in ("/a", "/b", "/c")] == [204, 204, 204]


async def test_templates_inside_segments(package: Made) -> None:
    served = package("paths").serve(get_file=None, run_file=None, get_latest=None, get_odd=None)
    await served.get("/files/a%2Fb.tar")
    assert served.given == {"name": "a/b", "extension": "tar"}
    await served.post("/files/4:run")
    assert served.given == {"id": 4}
    assert (await served.get("/files/latest")).status_code == 204
    assert served.given == {}
    assert (await served.get("/\"'x")).status_code == 204
    assert served.given == {"odd_name": "x"}


async def test_a_contract_without_operations_is_a_package(package: Made) -> None:
    answer = await package("nothing").serve().get("/")
    assert answer.status_code == 404
