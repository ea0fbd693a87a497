"""The normalised document: everything named, one dialect, nothing left to look up but schemas."""

from pathlib import Path
from typing import Any

from tallystick.spec.bundle import bundle
from tallystick.spec.errors import Position
from tallystick.spec.loader import load
from tallystick.spec.nodes import Object, position_of
from tallystick.spec.normalise import invented, normalise
from tallystick.spec.operation_ids import operation_id

HEAD = "openapi: {version}\ninfo: {{title: T, version: '1'}}\n"


def bundled(folder: Path, text: str, version: str = "3.1.0") -> Object:
    path = folder / "contract.yaml"
    path.write_text(HEAD.format(version=version) + text, encoding="utf-8")
    return bundle(load(path))


def schemas(folder: Path, text: str, version: str = "3.1.0") -> dict[str, Any]:
    found: dict[str, Any] = normalise(bundled(folder, text, version))["components"]["schemas"]
    return found


def test_inline_schemas_are_named_by_where_they_stand(tmp_path: Path) -> None:
    """A name that depended on the order would rename a class when an operation is added."""
    text = """
paths:
  /items:
    post:
      operationId: createItem
      parameters:
        - {name: sort, in: query, schema: {type: string, enum: [a, b]}}
      requestBody: {content: {application/json: {schema: {type: object, properties: {a: {type: string}}}}}}
      responses:
        '201':
          description: x
          headers: {X-Kind: {schema: {type: string, enum: [c, d]}}}
          content: {application/json: {schema: {type: array, items: {type: object, properties: {b: {}}}}}}
        default: {$ref: '#/components/responses/Failure'}
components:
  responses:
    Failure: {description: x, content: {application/json: {schema: {type: object, properties: {c: {}}}}}}
  schemas:
    Item:
      type: object
      properties:
        owner: {type: object, properties: {kind: {type: string, enum: [x, y]}}}
        parts: {type: array, items: {anyOf: [{type: string}, {type: integer}]}}
        extra: {type: object, additionalProperties: {type: object, properties: {d: {}}}}
"""
    assert sorted(schemas(tmp_path, text)) == [
        "CreateItemRequest",
        "CreateItemResponse201Item",
        "CreateItemResponse201XKind",
        "CreateItemSort",
        "FailureResponse",
        "Item",
        "ItemExtraValue",
        "ItemOwner",
        "ItemOwnerKind",
        "ItemPartsItem",
    ]


def test_what_a_type_expression_says_stays_in_place(tmp_path: Path) -> None:
    """A class for each nullable string would bury the models that matter."""
    text = """
paths: {}
components:
  schemas:
    Other: {type: object, properties: {a: {}}}
    Item:
      type: object
      properties:
        note: {type: [string, 'null']}
        other: {anyOf: [{$ref: '#/components/schemas/Other'}, {type: 'null'}]}
        tags: {type: array, items: {type: string}}
        map: {type: object, additionalProperties: {type: integer}}
        kind: {const: item}
        described: {description: x, allOf: [{$ref: '#/components/schemas/Other'}]}
"""
    assert sorted(schemas(tmp_path, text)) == ["Item", "Other"]


def test_the_bundle_is_left_as_it_was(tmp_path: Path) -> None:
    """The bundle is what is served and diffed."""
    document = bundled(tmp_path, "paths: {/a: {parameters: [], get: {responses: {}}}}\n")
    before = repr(document)
    normalise(document)
    assert repr(document) == before


def test_two_schemas_that_want_one_name(tmp_path: Path) -> None:
    """A hand-written name is in people's code, wherever the component stands: the inline schema steps aside."""
    text = """
paths: {}
components:
  schemas:
    Item:
      type: object
      properties:
        kind: {type: string, enum: [a, b]}
        size: {type: string, enum: [s, m]}
    ItemKind: {type: string, enum: [c, d]}
    item_size: {type: string, enum: [l, xl]}
"""
    found = schemas(tmp_path, text)
    assert found["Item"]["properties"]["kind"] == {"$ref": "#/components/schemas/ItemKindInline"}
    assert found["ItemKindInline"]["enum"] == ["a", "b"]
    assert found["ItemKind"]["enum"] == ["c", "d"]
    # The same class in Python as `item_size`.
    assert found["Item"]["properties"]["size"] == {"$ref": "#/components/schemas/ItemSizeInline"}


def test_equal_schemas_share_a_name(tmp_path: Path) -> None:
    text = """
paths: {}
components:
  schemas:
    Item: {type: object, properties: {kind: {type: string, enum: [a, b]}}}
    ItemKind: {type: string, enum: [a, b]}
"""
    assert sorted(schemas(tmp_path, text)) == ["Item", "ItemKind"]


def test_path_parameters_join_those_of_operations(tmp_path: Path) -> None:
    """The operation's own wins by name and place; the same name elsewhere is another parameter."""
    text = """
paths:
  /a/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: string}}
      - {name: limit, in: query, schema: {type: integer}}
      - {$ref: '#/components/parameters/Id'}
    get:
      parameters: [{name: limit, in: query, schema: {type: string}}]
      responses: {}
components:
  parameters:
    Id: {name: id, in: query, schema: {type: integer}}
"""
    document = normalise(bundled(tmp_path, text))
    item = document["paths"]["/a/{id}"]
    found = [(each["name"], each["in"], each["schema"]["type"]) for each in item["get"]["parameters"]]
    assert found == [("id", "path", "string"), ("id", "query", "integer"), ("limit", "query", "string")]
    assert "parameters" not in item


def test_references_to_all_but_schemas_are_gone(tmp_path: Path) -> None:
    """The operation IR reads what stands there; positions are those of what was referenced."""
    text = """
paths:
  /a:
    get:
      operationId: a
      tags: [t]
      responses:
        '200': {$ref: '#/components/responses/Ok'}
components:
  headers: {H: {schema: {type: string}}}
  responses:
    Ok: {description: x, headers: {H: {$ref: '#/components/headers/H'}}, content: {text/plain: {example: {$ref: no}}}}
"""
    document = normalise(bundled(tmp_path, text))
    answer = document["paths"]["/a"]["get"]["responses"]["200"]
    assert answer["headers"]["H"] == {"schema": {"type": "string"}}
    assert answer["content"]["text/plain"]["example"] == {"$ref": "no"}
    position = position_of(answer)
    assert isinstance(position, Position)
    assert position.line == 14
    assert set(document["components"]) == {"schemas"}


def test_operations_without_id_or_tag(tmp_path: Path) -> None:
    """Derived from method and path, so that they stay the same; and said."""
    document = bundled(tmp_path, "paths: {'/items/{item_id}': {get: {responses: {}}}}\n")
    operation = normalise(document)["paths"]["/items/{item_id}"]["get"]
    assert (operation["operationId"], operation["tags"]) == ("getItemsByItemId", ["default"])
    assert [found.rule for found in invented(document)] == ["operation-id-derived", "tag-derived"]
    assert operation_id("get", "/") == "get"


def test_derived_ids_are_told_apart(tmp_path: Path) -> None:
    """Otherwise a contract without operationIds is refused for its paths."""
    text = (
        "paths:\n"
        "  /a-b: {get: {responses: {}}}\n"
        "  /a/b: {get: {responses: {}}, put: {responses: {}}}\n"
        "  /c: {get: {responses: {}}}\n"
        "  /d: {get: {operationId: get_c, responses: {}}}\n"
        "webhooks: {c: {get: {}}}\n"
    )
    document = bundled(tmp_path, text)
    made = normalise(document)
    items = made["paths"].items()
    names = {f"{method} {path}": each["operationId"] for path, item in items for method, each in item.items()}
    assert names == {
        "get /a-b": "getAB590bb8",
        "get /a/b": "getAB662b7b",
        "put /a/b": "putAB",
        "get /c": "getCfacd44",
        "get /d": "get_c",
    }
    assert made["webhooks"]["c"]["get"]["operationId"] == "getCWebhook"
    told = [each.message for each in invented(document) if each.rule == "operation-id-derived"]
    assert [each.split('"')[1] for each in told] == [name for name in names.values() if name != "get_c"]


def test_operations_without_a_tag_are_told_once(tmp_path: Path) -> None:
    """A contract without any tag has one thing to say about them, not hundreds."""
    path = "get: {operationId: %s, responses: {}}"
    lines = "\n".join(f"  /{name}: {{{path % name}}}" for name in "abc")
    found = invented(bundled(tmp_path, f"paths:\n{lines}\n"))
    assert [(each.rule, each.pointer) for each in found] == [("tag-derived", "/paths/~1a/get")]
    assert "3" in found[0].message


def test_the_3_0_dialect(tmp_path: Path) -> None:
    """`nullable` and boolean bounds read as 2020-12 would judge nothing."""
    text = """
paths: {}
components:
  schemas:
    Other: {type: object, properties: {a: {type: string}}}
    Item:
      type: object
      properties:
        a: {type: string, nullable: true}
        b: {type: integer, minimum: 1, exclusiveMinimum: true}
        c: {nullable: true, allOf: [{$ref: '#/components/schemas/Other'}]}
        d: {$ref: '#/components/schemas/Other', maxLength: 1}
        e: {type: string, enum: [x], nullable: true}
"""
    properties = schemas(tmp_path, text, "3.0.4")["Item"]["properties"]
    other = {"$ref": "#/components/schemas/Other"}
    assert properties == {
        "a": {"type": ["string", "null"]},
        "b": {"type": "integer", "exclusiveMinimum": 1},
        "c": {"anyOf": [{"allOf": [other]}, {"type": "null"}]},
        "d": other,
        "e": {"type": ["string", "null"], "enum": ["x", None]},
    }


def test_references_into_schemas_get_a_component(tmp_path: Path) -> None:
    """Models are made of components: what has no name cannot be referred to."""
    text = """
paths: {}
components:
  schemas:
    Item: {type: object, properties: {size: {type: integer}}, $defs: {Deep: {type: object, properties: {a: {}}}}}
    Box:
      type: object
      properties:
        size: {$ref: '#/components/schemas/Item/properties/size'}
        deep: {$ref: '#/components/schemas/Item/$defs/Deep'}
"""
    found = schemas(tmp_path, text)
    assert found["Box"]["properties"]["size"] == {"$ref": "#/components/schemas/ItemSize"}
    assert found["Box"]["properties"]["deep"] == {"$ref": "#/components/schemas/ItemDeep"}
    assert found["Item"]["properties"]["size"] == {"$ref": "#/components/schemas/ItemSize"}
    assert found["ItemSize"] == {"type": "integer"}


def test_references_may_lead_into_each_other(tmp_path: Path) -> None:
    """What one reference names has left its place when the next is followed through it."""
    text = """
paths: {}
components:
  schemas:
    Map:
      type: object
      properties:
        from: {$ref: '#/components/schemas/Map/$defs/Place'}
        name: {$ref: '#/components/schemas/Map/$defs/Place/properties/name'}
      $defs: {Place: {type: object, properties: {name: {type: string, minLength: 1}}}}
"""
    found = schemas(tmp_path, text)
    assert found["Map"]["properties"] == {
        "from": {"$ref": "#/components/schemas/MapPlace"},
        "name": {"$ref": "#/components/schemas/MapPlaceName"},
    }
    assert found["MapPlaceName"] == {"type": "string", "minLength": 1}
    assert found["MapPlace"]["properties"] == {"name": {"$ref": "#/components/schemas/MapPlaceName"}}


def test_a_parameter_name_at_two_places(tmp_path: Path) -> None:
    text = """
paths:
  /a:
    get:
      operationId: getA
      parameters:
        - {name: size, in: query, schema: {type: string, enum: [s, m]}}
        - {name: size, in: header, schema: {type: string, enum: [a, b]}}
      responses: {}
"""
    found = schemas(tmp_path, text)
    assert {name: schema["enum"] for name, schema in found.items()} == {
        "GetASize": ["s", "m"],
        "GetASizeHeader": ["a", "b"],
    }


def test_boolean_schemas_of_bodies_are_spelled_out(tmp_path: Path) -> None:
    text = """
paths:
  /a:
    post:
      operationId: postA
      requestBody: {content: {application/json: {schema: true}}}
      responses: {'200': {description: x, content: {application/json: {schema: false}}}}
"""
    found = normalise(bundled(tmp_path, text))
    operation = found["paths"]["/a"]["post"]
    assert operation["requestBody"]["content"]["application/json"]["schema"] == {}
    reference = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert reference == {"$ref": "#/components/schemas/PostAResponse200"}
    assert found["components"]["schemas"]["PostAResponse200"] == {"not": {}}


def test_nullable_objects_are_named_without_null(tmp_path: Path) -> None:
    """A class cannot be None: its name stands for the object, and a union for both."""
    text = """
paths: {}
components:
  schemas:
    Item: {type: [object, 'null'], properties: {a: {type: [string, 'null'], enum: [x, y, null]}}}
"""
    found = schemas(tmp_path, text)
    assert found["Item"] == {"anyOf": [{"$ref": "#/components/schemas/ItemValue"}, {"type": "null"}]}
    assert found["ItemValueA"] == {"type": "string", "enum": ["x", "y"]}
