"""One document from many files: names stay, nothing is invented, no reference leaves."""

from __future__ import annotations

from pathlib import Path

from tallystick.spec.errors import Diagnostic
from tallystick.spec.grammar import reference_of, walk
from tallystick.spec.nodes import position_of
from tests.tallystick.spec.reading import HEAD, bundled, places, problems

ENTRY = (
    HEAD
    + """
paths:
  /items: {$ref: 'paths/items.yaml#/collection'}
  /items/{id}: {$ref: 'paths/items.yaml#/member'}
components:
  schemas:
    Unused: {type: string}
    Item: {$ref: 'schemas/item.yaml#/Item'}
  responses:
    NotFound: {description: Nothing here.}
"""
)
ITEMS = """
collection:
  get:
    operationId: listItems
    parameters: [{$ref: '#/parameters/limit'}]
    responses:
      "200":
        description: Some.
        headers: {X-Total: {$ref: '#/headers/Total'}}
        content:
          application/json:
            schema: {type: array, items: {$ref: '../schemas/item.yaml#/Item'}}
            examples: {some: {$ref: '#/examples/Some'}}
        links: {first: {$ref: '#/links/First'}}
  post:
    operationId: createItem
    requestBody: {$ref: '#/bodies/NewItem'}
    responses: {"201": {description: Made.}}
member:
  get:
    operationId: getItem
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    responses:
      "200":
        description: One.
        content: {application/json: {schema: {$ref: '../schemas/item.yaml#/Item'}}}
      "404": {$ref: '../openapi.yaml#/components/responses/NotFound'}
parameters: {limit: {name: limit, in: query, schema: {type: integer}}}
headers: {Total: {schema: {type: integer}}}
examples: {Some: {externalValue: some.json}}
links: {First: {operationRef: '#/member/get'}}
bodies: {NewItem: {content: {application/json: {schema: {$ref: '../schemas/item.yaml#/Item'}}}}}
"""
ITEM = """
Item:
  type: object
  discriminator:
    propertyName: kind
    mapping: {stick: '#/Stick', stone: stone.yaml}
  properties:
    parent: {$ref: '#/Item'}
    stick: {$ref: '#/Stick'}
Stick: {type: object}
"""
STONE = "type: object\nproperties: {next: {$ref: '#'}}\n"
FILES = {"openapi": ENTRY, "paths__items": ITEMS, "schemas__item": ITEM, "schemas__stone": STONE}


def references(root: object) -> set[str]:
    return {found for found in map(reference_of, walk(root)) if found}


def test_every_reference_stays_inside(tmp_path: Path) -> None:
    found = references(bundled(tmp_path, **FILES))
    assert found == {
        "#/components/schemas/Item",
        "#/components/schemas/Stick",
        "#/components/schemas/stone",
        "#/components/parameters/limit",
        "#/components/headers/Total",
        "#/components/examples/Some",
        "#/components/links/First",
        "#/components/requestBodies/NewItem",
        "#/components/responses/NotFound",
    }


def test_components_keep_their_names_and_the_order_they_are_written_in(tmp_path: Path) -> None:
    components = bundled(tmp_path, **FILES)["components"]
    assert {section: list(members) for section, members in components.items()} == {
        "schemas": ["Unused", "Item", "Stick", "stone"],
        "responses": ["NotFound"],
        "parameters": ["limit"],
        "headers": ["Total"],
        "examples": ["Some"],
        "links": ["First"],
        "requestBodies": ["NewItem"],
    }


def test_path_items_stand_in_place(tmp_path: Path) -> None:
    paths = bundled(tmp_path, **FILES)["paths"]
    assert list(paths) == ["/items", "/items/{id}"]
    assert list(paths["/items"]) == ["get", "post"]


def test_references_that_are_not_called_ref(tmp_path: Path) -> None:
    components = bundled(tmp_path, **FILES)["components"]
    assert components["schemas"]["Item"]["discriminator"]["mapping"] == {
        "stick": "#/components/schemas/Stick",
        "stone": "#/components/schemas/stone",
    }
    assert components["links"]["First"] == {"operationRef": "#/paths/~1items~1{id}/get"}
    assert components["examples"]["Some"] == {"externalValue": "paths/some.json"}


def test_parts_remember_the_file_they_came_from(tmp_path: Path) -> None:
    root = bundled(tmp_path, **FILES)
    where = position_of(root["components"]["schemas"]["Item"]["properties"], "stick")
    assert where is not None
    assert Path(where.file).name == "item.yaml"
    operation = root["paths"]["/items"]["get"]
    where = position_of(operation, "operationId")
    assert where is not None
    assert (Path(where.file).name, where.line) == ("items.yaml", 4)


def test_bundling_twice_gives_the_same_and_leaves_the_files_alone(tmp_path: Path) -> None:
    assert bundled(tmp_path, **FILES) == bundled(tmp_path, **FILES)


def test_a_contract_of_one_file_is_its_own_bundle(tmp_path: Path) -> None:
    content = HEAD + "paths: {}\ncomponents: {schemas: {B: {$ref: '#/components/schemas/A'}, A: {type: string}}}\n"
    root = bundled(tmp_path, openapi=content)
    assert root["components"]["schemas"] == {"B": {"$ref": "#/components/schemas/A"}, "A": {"type": "string"}}


def schemas_of(folder: Path, entry: str, **files: str) -> object:
    return bundled(folder, openapi=HEAD + "paths: {}\n" + entry, **files)["components"]["schemas"]


def test_an_alias_of_another_name_lends_its_name(tmp_path: Path) -> None:
    entry = "components: {schemas: {Thing: {$ref: item.yaml}, List: {items: {$ref: item.yaml}}}}\n"
    assert schemas_of(tmp_path, entry, item="type: string\n") == {
        "Thing": {"type": "string"},
        "List": {"items": {"$ref": "#/components/schemas/Thing"}},
    }


def test_of_several_aliases_the_one_of_the_same_name_becomes_the_target(tmp_path: Path) -> None:
    entry = "components: {schemas: {Old: {$ref: 'a.yaml#/Item'}, Item: {$ref: 'a.yaml#/Item'}}}\n"
    assert schemas_of(tmp_path, entry, a="Item: {type: string}\n") == {
        "Old": {"$ref": "#/components/schemas/Item"},
        "Item": {"type": "string"},
    }


def test_aliases_through_several_files_are_one_component(tmp_path: Path) -> None:
    entry = "components: {schemas: {Item: {$ref: 'a.yaml#/Item'}, List: {items: {$ref: 'b.yaml#/Item'}}}}\n"
    files = {"a": "Item: {$ref: 'b.yaml#/Item'}\n", "b": "Item: {type: string}\n"}
    assert schemas_of(tmp_path, entry, **files) == {
        "Item": {"type": "string"},
        "List": {"items": {"$ref": "#/components/schemas/Item"}},
    }


def test_siblings_of_a_reference_stay(tmp_path: Path) -> None:
    entry = "components: {schemas: {A: {$ref: 'a.yaml#/B', description: Mine.}}}\n"
    assert schemas_of(tmp_path, entry, a="B: {type: string}\n") == {
        "A": {"$ref": "#/components/schemas/B", "description": "Mine."},
        "B": {"type": "string"},
    }


def test_anchors_and_boolean_schemas(tmp_path: Path) -> None:
    entry = "components: {schemas: {A: {allOf: [{$ref: 'a.yaml#here'}, {$ref: 'a.yaml#/Any'}]}}}\n"
    files = {"a": "Deep: {$defs: {Inner: {$anchor: here, type: string}}}\nAny: true\n"}
    assert schemas_of(tmp_path, entry, **files) == {
        "A": {"allOf": [{"$ref": "#/components/schemas/Inner"}, {"$ref": "#/components/schemas/Any"}]},
        "Inner": {"$anchor": "here", "type": "string"},
        "Any": True,
    }


def clash(folder: Path, entry: str, **files: str) -> tuple[Diagnostic, ...]:
    return problems(folder, openapi=HEAD + entry, **files)


def test_two_targets_of_one_name_are_refused_with_both_places(tmp_path: Path) -> None:
    entry = "paths: {}\ncomponents: {schemas: {A: {oneOf: [{$ref: 'a.yaml#/X'}, {$ref: 'b.yaml#/X'}]}}}\n"
    (found,) = clash(tmp_path, entry, a="X: {}\n", b="\nX: {}\n")
    assert places([found]) == ["2:1 component-name-clash"]
    assert "a.yaml:1:1" in found.message


def test_the_same_name_in_two_sections_is_no_clash(tmp_path: Path) -> None:
    entry = """paths:
  /a:
    get:
      parameters: [{$ref: 'a.yaml#/Id'}]
      responses: {"200": {description: Fine., content: {a/b: {schema: {$ref: 'b.yaml#/Id'}}}}}
"""
    files = {"a": "Id: {name: id, in: query, schema: {}}\n", "b": "Id: {type: string}\n"}
    components = bundled(tmp_path, openapi=HEAD + entry, **files)["components"]
    assert components == {
        "parameters": {"Id": {"name": "id", "in": "query", "schema": {}}},
        "schemas": {"Id": {"type": "string"}},
    }


def test_a_component_of_the_entry_keeps_its_name_against_a_target(tmp_path: Path) -> None:
    entry = "paths: {}\ncomponents: {schemas: {X: {}, A: {items: {$ref: 'a.yaml#/X'}}}}\n"
    assert [each.rule for each in clash(tmp_path, entry, a="X: {}\n")] == ["component-name-clash"]


def test_parameters_beside_a_path_reference_are_joined(tmp_path: Path) -> None:
    entry = "paths: {/a: {$ref: 'a.yaml#/a', summary: Both, parameters: [{$ref: 'a.yaml#/p'}]}}\n"
    part = """
a: {get: {responses: {'200': {$ref: '#/ok'}}}}
p: {name: p, in: query, schema: {}}
ok: {description: Fine.}
"""
    root = bundled(tmp_path, openapi=HEAD + entry, a=part)
    assert root["paths"]["/a"] == {
        "get": {"responses": {"200": {"$ref": "#/components/responses/ok"}}},
        "summary": "Both",
        "parameters": [{"$ref": "#/components/parameters/p"}],
    }


def test_path_items_of_callbacks_and_webhooks(tmp_path: Path) -> None:
    entry = """paths:
  /a:
    post:
      callbacks: {done: {'{$request.body#/url}': {$ref: 'a.yaml#/hook'}}}
      responses: {"200": {description: Fine.}}
webhooks: {made: {$ref: 'a.yaml#/hook'}}
"""
    part = "hook: {post: {responses: {'200': {$ref: '#/ok'}}}}\nok: {description: Fine.}\n"
    root = bundled(tmp_path, openapi=HEAD + entry, a=part)
    hook = {"post": {"responses": {"200": {"$ref": "#/components/responses/ok"}}}}
    assert root["webhooks"]["made"] == hook
    assert root["paths"]["/a"]["post"]["callbacks"]["done"] == {"{$request.body#/url}": hook}


def test_a_reference_into_a_path_item_of_another_file(tmp_path: Path) -> None:
    entry = "paths: {/a: {$ref: 'a.yaml#/a'}, /b: {get: {responses: {'200': {$ref: 'a.yaml#/a/get/responses/200'}}}}}\n"
    part = "a: {get: {responses: {'200': {description: Fine.}}}}\n"
    root = bundled(tmp_path, openapi=HEAD + entry, a=part)
    assert root["paths"]["/b"]["get"]["responses"]["200"] == {"$ref": "#/paths/~1a/get/responses/200"}


def test_a_link_to_an_operation_that_no_path_leads_to(tmp_path: Path) -> None:
    entry = "paths: {}\ncomponents: {links: {L: {operationRef: 'a.yaml#/a/get'}}}\n"
    assert [each.rule for each in clash(tmp_path, entry, a="a: {get: {}}\n")] == ["ref-operation"]
