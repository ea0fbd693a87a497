"""`models.py`: its text, what it does when executed, and the contracts it is refused for."""

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tallystick.generator.annotations import Annotator
from tallystick.generator.formatting import format_sources
from tallystick.generator.models import render_models
from tallystick.spec.errors import ContractError
from tests.support.models import Models, normalised, with_schemas

GOLDEN = """
components:
  schemas:
    ItemStatus: {description: "Where it is in its life.", type: string, enum: [draft, -active]}
    Title: {type: string, minLength: 1, maxLength: 200, pattern: '^[^\\x00]*$'}
    Item:
      description: |
        A thing "quoted\\" and more.

        Not this.
      type: object
      additionalProperties: false
      required: [id, ownerID, title]
      properties:
        id: {type: string, format: uuid}
        ownerID: {description: Whose it is., type: integer, format: int32, minimum: 1}
        title: {$ref: '#/components/schemas/Title'}
        status: {$ref: '#/components/schemas/ItemStatus', default: draft}
        note: {type: [string, 'null']}
        tags: {type: array, items: {$ref: '#/components/schemas/Title'}, maxItems: 20, uniqueItems: true, default: []}
        since: {type: string, format: date, default: '2024-02-29'}
        parent: {$ref: '#/components/schemas/Item'}
    Special:
      allOf:
        - $ref: '#/components/schemas/Open'
        - {type: object, required: [extra], properties: {extra: {type: number}}}
    Open: {type: object, minProperties: 1, properties: {extra: {type: number}, more: {type: boolean}}}
    Tree: {type: array, items: {$ref: '#/components/schemas/Tree'}}
"""


def test_golden_text(tmp_path: Path) -> None:
    """The text is reviewed as code is: a change to it has to be seen."""
    source = render_models(normalised(tmp_path, GOLDEN)).source
    expected = Path(__file__).with_name("golden_models.txt").read_text(encoding="utf-8")
    assert format_sources({"models.py": source})["models.py"] == expected


def test_types_pass_the_type_checker(tmp_path: Path) -> None:
    """People build on these models with mypy in strict mode."""
    source = render_models(normalised(tmp_path, GOLDEN)).source
    (tmp_path / "golden.py").write_text(source, encoding="utf-8")
    use = "from golden import Item\nreveal_type(Item.__init__)\nItem(id=1, owner_id='x', title=None)\n"
    (tmp_path / "use.py").write_text(use, encoding="utf-8")
    settings = "[mypy]\nstrict = True\nplugins = pydantic.mypy\n[pydantic-mypy]\ninit_typed = True\n"
    (tmp_path / "mypy.ini").write_text(settings, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "golden.py", "use.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    errors = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert [line.split(":")[0] for line in errors] == ["use.py"] * 3, done.stdout


def test_the_same_contract_gives_the_same_bytes(tmp_path: Path) -> None:
    """Otherwise every run would be drift."""
    document = normalised(tmp_path, GOLDEN)
    shuffled = normalised(tmp_path, GOLDEN)
    shuffled["components"]["schemas"] = dict(reversed(shuffled["components"]["schemas"].items()))
    assert render_models(document).source == render_models(shuffled).source


def test_defaults(tmp_path: Path) -> None:
    """A handler sees the contract's default where a client left a property out."""
    models = Models(normalised(tmp_path, GOLDEN))
    item = models.Item.model_validate_json(
        '{"id": "018f4e5c-7f3a-7c1b-9d2e-3f4a5b6c7d8e", "ownerID": 1.0, "title": "x"}'
    )
    assert (item.status, item.tags, item.since) == (models.ItemStatus.DRAFT, [], dt.date(2024, 2, 29))
    assert (item.owner_id, item.note, item.parent) == (1, None, None)
    assert json.loads(item.model_dump_json())["since"] == "2024-02-29"


def test_errors_carry_the_path_in_the_names_of_the_contract(tmp_path: Path) -> None:
    """Violations become JSON pointers: junk or Python names in them would point nowhere."""
    models = Models(normalised(tmp_path, GOLDEN))
    text = '{"id": 1, "ownerID": 0, "title": "", "tags": ["a", ""], "parent": {"status": "x"}}'
    assert models.errors("Item", text) == [
        ("string_type", ("id",)),
        ("greater_than_equal", ("ownerID",)),
        ("string_too_short", ("title",)),
        ("string_too_short", ("tags", 1)),
        ("missing", ("parent", "id")),
        ("missing", ("parent", "ownerID")),
        ("missing", ("parent", "title")),
        ("enum", ("parent", "status")),
    ]


HOSTILE = '"""\'\'\'\\"\\\\ {{ x }} {% raw %} \n\n"""\nimport os; os.abort() #\x00\u202e${x}'


def test_hostile_text_stays_text(tmp_path: Path) -> None:
    """A description, name, value or pattern must never become code."""
    names = [HOSTILE, "x\n    y: int = 1", "__import__('os')", "class", '"', "\\"]
    schema = {
        "description": HOSTILE,
        "type": "object",
        "properties": {name: {"description": HOSTILE, "const": name, "default": name} for name in names},
        "additionalProperties": {"type": "string", "enum": [HOSTILE, "a", '"']},
    }
    models = Models(with_schemas(tmp_path, {"Hostile": schema, "Kind": {"enum": names}}))
    assert models.accepts("Hostile", json.dumps({name: name for name in names}))
    assert models.accepts("Kind", json.dumps(HOSTILE))
    assert not models.accepts("Hostile", json.dumps({HOSTILE: "x"}))


BROKEN: list[tuple[str, str, str, int, int]] = [
    ("unsupported-keyword", "{type: string, $recursiveAnchor: true}", "$recursiveAnchor", 7, 28),
    ("unsupported-keyword", "{$recursiveRef: '#'}", "$recursiveRef", 7, 14),
    ("unsupported-dialect", "{$schema: 'http://json-schema.org/draft-07/schema#'}", "draft-07", 7, 23),
    ("invalid-pattern", r"{type: string, pattern: '(?<=a+)b'}", "pattern", 7, 28),
    ("invalid-pattern", r"{type: string, pattern: '^a++$'}", "pattern", 7, 28),
]


@pytest.mark.parametrize(("rule", "schema", "what", "line", "column"), BROKEN, ids=[each[1] for each in BROKEN])
def test_refused_with_its_place(rule: str, schema: str, what: str, line: int, column: int, tmp_path: Path) -> None:
    """What cannot be carried out must not be dropped, and its author has to find it."""
    text = f"components:\n  schemas:\n    Other: {{}}\n    Judged: {schema}\n"
    head = "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\n"
    with pytest.raises(ContractError) as caught:
        render_models(normalised(tmp_path, head + text))
    (found,) = caught.value.diagnostics
    assert found.rule == rule
    assert what in found.message + found.pointer
    assert found.position is not None
    assert (found.position.line, found.position.column) == (line, column)


def test_invalid_defaults_are_reported_and_left_out(tmp_path: Path) -> None:
    """A handler that is promised an integer must not be given a word; one bad default must not cost the contract."""
    schema = {"type": "object", "properties": {"a": {"type": "integer", "default": "x"}}}
    models = Models(with_schemas(tmp_path, {"Judged": schema}))
    (found,) = models.made.warnings
    assert (found.rule, found.pointer) == (
        "invalid-default",
        "/components/schemas/Judged/properties/a/default",
    )
    assert models.Judged.model_validate_json("{}").a is None


def test_names_that_become_the_same_in_python(tmp_path: Path) -> None:
    """A contract tells them apart; what is generated must, too, and the same way wherever they stand."""
    names = ["userID", "user_id", "user-id", "copy", "copy_", "class", "__class__", "größe", "grÖße", "1", "one two"]
    schema: dict[str, Any] = {
        "type": "object",
        "required": names,
        "properties": {name: {"const": name} for name in names},
    }
    values = {"type": "string", "enum": ["a-b", "a_b", "A_B", "asc", "ASC"]}
    models = Models(with_schemas(tmp_path, {"Judged": schema, "judged": values, "Sort": values}))
    text = json.dumps({name: name for name in names})
    found = models.adapter("Judged").validate_json(text)
    assert json.loads(models.adapter("Judged").dump_json(found, by_alias=True)) == json.loads(text)
    assert (found.user_id, found.user_u49_u44, found.user_u2d_id) == ("user_id", "userID", "user-id")
    assert models.Sort.A_B.value == "a_b"
    assert sorted(each.value for each in models.Sort) == sorted(values["enum"])
    assert [models.accepts("judged", json.dumps(value)) for value in ("ASC", "Asc")] == [True, False]
    turned = {**schema, "properties": dict(reversed(schema["properties"].items()))}
    again = Models(with_schemas(tmp_path, {"Judged": turned}))
    assert {each.alias or name: name for name, each in again.Judged.model_fields.items()} == {
        each.alias or name: name for name, each in models.Judged.model_fields.items()
    }


def test_what_may_be_read_differently_is_a_warning(tmp_path: Path) -> None:
    """A misspelt keyword judges nothing, and a missing `type` lets anything in: authors mean neither."""
    made = render_models(
        with_schemas(tmp_path, {"A": {"minLenght": 1}, "B": {"properties": {"a": {}}}, "C": {"nullable": True}})
    )
    assert [(found.rule, found.pointer) for found in made.warnings] == [
        ("unknown-keyword", "/components/schemas/A/minLenght"),
        ("untyped-schema", "/components/schemas/B"),
        ("unknown-keyword", "/components/schemas/C/nullable"),
    ]


def test_schemas_of_parameters_are_accounted_for(tmp_path: Path) -> None:
    """They get no model, but their keywords must not be dropped either."""
    text = """openapi: 3.1.0
info: {title: T, version: '1'}
paths:
  /a:
    get:
      parameters: [{name: a, in: query, schema: {type: string, $recursiveRef: x}}]
      responses: {}
"""
    with pytest.raises(ContractError) as caught:
        render_models(normalised(tmp_path, text))
    (found,) = caught.value.diagnostics
    assert (found.rule, found.pointer) == ("unsupported-keyword", "/paths/~1a/get/parameters/0/schema/$recursiveRef")


def test_excluded_schemas(tmp_path: Path) -> None:
    """Problems have classes of their own; unions of problems are no models, and what a model needs stays."""
    problem = {"type": "object", "properties": {"type": {"const": "/p"}}}
    schemas: dict[str, Any] = {
        "GoneProblem": problem,
        "OtherProblem": problem,
        "Failure": {"oneOf": [{"$ref": "#/components/schemas/GoneProblem"}]},
        "Report": {"type": "object", "properties": {"last": {"$ref": "#/components/schemas/OtherProblem"}}},
    }
    made = render_models(with_schemas(tmp_path, schemas), frozenset({"GoneProblem", "OtherProblem"}))
    assert sorted(made.names) == ["OtherProblem", "Report"]


def annotator(folder: Path, schemas: dict[str, Any]) -> Annotator:
    document = with_schemas(folder, schemas)
    return Annotator(document, render_models(document), "package")


TYPES = ("tallystick.runtime", "types")
ANNOTATED = ("typing", "Annotated")


@pytest.mark.parametrize(
    ("schema", "text", "hint", "imports"),
    [
        (None, "types.AnyJson", "Any", {TYPES, ("typing", "Any")}),
        ({"type": "boolean"}, "bool", "bool", set[tuple[str, str]]()),
        (
            {"type": "integer", "minimum": 1, "maximum": 100.0},
            "Annotated[types.Integer, types.Bounds(ge=1, le=100)]",
            "int",
            {TYPES, ANNOTATED},
        ),
        ({"type": "string", "format": "uuid"}, "types.Uuid", "UUID", {TYPES, ("uuid", "UUID")}),
        (
            {"type": "array", "items": {"$ref": "#/components/schemas/Status"}, "minItems": 1},
            "Annotated[list[Status], types.Items(minimum=1)]",
            "list[Status]",
            {TYPES, ANNOTATED, ("package.models", "Status")},
        ),
        (
            {"type": ["string", "null"], "maxLength": 3},
            "Annotated[str, types.Length(maximum=3)] | None",
            "str | None",
            {TYPES, ANNOTATED},
        ),
        ({"const": "x"}, "Literal['x']", "Literal['x']", {("typing", "Literal")}),
    ],
)
def test_annotations(schema: Any, text: str, hint: str, imports: set[tuple[str, str]], tmp_path: Path) -> None:
    """What parameters are judged by is written into routers, and must name what it imports."""
    found = annotator(tmp_path, {"Status": {"type": "string", "enum": ["a", "b"]}}).annotate(schema)
    assert (found.text, found.hint, set(found.imports)) == (text, hint, imports)


@pytest.mark.parametrize(
    ("schema", "value", "text"),
    [
        ({"type": "integer"}, 20, "20"),
        ({"type": "integer"}, 20.0, "20"),
        ({"type": "string"}, None, "None"),
        ({"$ref": "#/components/schemas/Status"}, "b", "Status.B"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Status"}}, ["b"], "[Status.B]"),
        ({"type": "string", "format": "date"}, "2024-02-29", "types.Default(lambda: types.Date, '\"2024-02-29\"')()"),
    ],
)
def test_defaults_of_parameters(schema: Any, value: Any, text: str, tmp_path: Path) -> None:
    """A default has the type that the signature promises."""
    found = annotator(tmp_path, {"Status": {"type": "string", "enum": ["a", "b"]}}).literal(schema, value)
    assert found.text == text
