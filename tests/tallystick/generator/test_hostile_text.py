"""Whatever text a contract holds stays text: a fault here runs code that somebody wrote into a description."""

from __future__ import annotations

import ast
import builtins
import copy
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tallystick.generator.pipeline import generate
from tallystick.generator.request import GenerateRequest
from tallystick.spec.errors import ContractError
from tests.support.contracts import Contracts

Made = Callable[[dict[str, Any]], dict[str, str]]
HOSTILE = [
    '"""',
    "'''",
    'ends with "',
    'a quote, then a control character "\x01',
    "ends with \\",
    '\\"""\nimport builtins; builtins.broken_in = True\n"""',
    "'+str(setattr(__import__('builtins'),'broken_in',True))+'",
    "{{ 7 * 7 }} {% raw %} {# x #}",
    "{% endfor %}",
    "# type: ignore",
    "\r\n\x0b\x0c\x85\u2028 line ends",
    "\x00\x1b[31m",
    "größe 日本語 \U0001f600 \u202e",
    "%s {0} {name} $x",
    "",
    " ",
]
TEXT = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60),
    st.text(alphabet="\"'\\\n{}%# ", max_size=12),
)
# Where text stands that becomes no name, as paths into `CONTRACT`.
TEXTS: tuple[tuple[str | int, ...], ...] = (
    ("info", "title"),
    ("info", "version"),
    ("tags", 0, "description"),
    ("paths", "/notes", "post", "summary"),
    ("paths", "/notes", "post", "description"),
    ("paths", "/notes", "post", "parameters", 0, "description"),
    ("paths", "/notes", "post", "parameters", 0, "schema", "default"),
    ("paths", "/notes", "post", "parameters", 0, "schema", "example"),
    ("paths", "/notes", "post", "requestBody", "description"),
    ("paths", "/notes", "post", "responses", "200", "description"),
    ("paths", "/notes", "post", "responses", "200", "headers", "X-A", "description"),
    ("components", "securitySchemes", "key", "description"),
    ("components", "schemas", "Note", "description"),
    ("components", "schemas", "Note", "title"),
    ("components", "schemas", "Note", "properties", "text", "description"),
    ("components", "schemas", "Note", "properties", "text", "default"),
    ("components", "schemas", "Note", "properties", "fixed", "const"),
    ("components", "schemas", "Kind", "description"),
    ("components", "schemas", "BusyProblem", "description"),
    ("components", "schemas", "BusyProblem", "properties", "title", "const"),
    ("components", "schemas", "BusyProblem", "properties", "type", "const"),
)
CONTRACT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "T", "version": "1"},
    "tags": [{"name": "notes", "description": "d"}],
    "security": [{"key": []}],
    "paths": {
        "/notes": {
            "post": {
                "operationId": "addNote",
                "tags": ["notes"],
                "summary": "s",
                "description": "d",
                "parameters": [
                    {
                        "name": "q",
                        "in": "query",
                        "description": "d",
                        "schema": {"type": "string", "default": "d", "example": "e"},
                    }
                ],
                "requestBody": {
                    "description": "d",
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Note"}}},
                },
                "responses": {
                    "200": {
                        "description": "d",
                        "headers": {"X-A": {"description": "d", "schema": {"type": "string"}}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Note"}}},
                    },
                    "409": {
                        "description": "d",
                        "content": {
                            "application/problem+json": {"schema": {"$ref": "#/components/schemas/BusyProblem"}}
                        },
                    },
                },
            }
        }
    },
    "components": {
        "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key", "description": "d"}},
        "schemas": {
            "Note": {
                "title": "t",
                "description": "d",
                "type": "object",
                "properties": {
                    "text": {"type": "string", "description": "d", "default": "d"},
                    "fixed": {"const": "c"},
                    "kind": {"$ref": "#/components/schemas/Kind"},
                },
            },
            "Kind": {"description": "d", "type": "string", "enum": ["a", "b"]},
            "BusyProblem": {
                "description": "d",
                "type": "object",
                "required": ["type", "title", "status"],
                "properties": {
                    "type": {"const": "/problems/busy"},
                    "title": {"const": "Busy"},
                    "status": {"const": 409},
                },
            },
        },
    },
}


def with_text(texts: Mapping[tuple[str | int, ...], str]) -> dict[str, Any]:
    """The contract with other text in these places."""
    document = copy.deepcopy(CONTRACT)
    for path, text in texts.items():
        node: Any = document
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = text
    return document


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """Generates from a document, without formatting; source text by file name."""
    folder = tmp_path_factory.mktemp("hostile")
    contract = folder / "openapi.json"

    def run(document: dict[str, Any]) -> dict[str, str]:
        contract.write_text(json.dumps(document), encoding="utf-8")
        request = GenerateRequest(contract, folder / "made", "made", force=True, verify=False)
        generate(request)
        assert json.loads((folder / "made" / "openapi.json").read_text(encoding="utf-8")) == document
        paths = sorted(Path(folder / "made").rglob("*.py"))
        return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tallystick.generator.pipeline.format_sources", dict)
        yield run


class Blank(ast.NodeTransformer):
    """Replaces text by nothing, docstrings too, so that only the structure is left."""

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant("") if isinstance(node.value, str | bytes) else node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)


def structure(sources: Mapping[str, str]) -> dict[str, str]:
    return {name: ast.dump(Blank().visit(ast.parse(text))) for name, text in sources.items()}


@pytest.fixture(scope="module")
def plain(made: Made) -> dict[str, str]:
    return structure(made(CONTRACT))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.dictionaries(st.sampled_from(TEXTS), TEXT, min_size=1, max_size=len(TEXTS)))
def test_text_never_becomes_code(made: Made, plain: dict[str, str], texts: dict[tuple[str | int, ...], str]) -> None:
    assert structure(made(with_text(texts))) == plain


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_every_place_at_once(made: Made, plain: dict[str, str], text: str) -> None:
    assert structure(made(with_text(dict.fromkeys(TEXTS, text)))) == plain


def renamed(place: str, text: str) -> dict[str, Any]:
    """The contract with another name in one kind of place."""
    document = copy.deepcopy(CONTRACT)
    operation: Any = document["paths"]["/notes"]["post"]
    schemas: Any = document["components"]["schemas"]
    match place:
        case "tag":
            operation["tags"] = [text]
        case "operationId":
            operation["operationId"] = text
        case "parameter":
            operation["parameters"][0]["name"] = text
        case "property":
            schemas["Note"]["properties"][text] = {"type": "string"}
        case "value":
            schemas["Kind"]["enum"] = ["a", text]
        case "scheme":
            document["components"]["securitySchemes"]["key"]["name"] = text
        case "scope":
            document["security"] = [{"key": [text]}]
        case "header":
            operation["responses"]["200"]["headers"] = {text: {"schema": {"type": "string"}}}
        case "member":
            schemas["BusyProblem"]["properties"][text] = {"type": "string"}
        case "path":
            document["paths"] = {f"/{text}": document["paths"]["/notes"]}
        case "media type":
            operation["requestBody"]["content"] = {f"text/{text}": {}}
    return document


NAMED = ("tag", "operationId", "parameter", "property", "value", "scheme", "scope", "header", "member", "path")


def sources_or_none(made: Made, document: dict[str, Any]) -> dict[str, str]:
    """Nothing for a contract that is refused, which is done with a place."""
    try:
        return made(document)
    except ContractError as error:
        refused = error.diagnostics
    assert all(each.position for each in refused)
    return {}


@pytest.mark.parametrize("place", [*NAMED, "media type"])
def test_hostile_names_are_refused_or_stay_names(made: Made, place: str) -> None:
    for text in [*HOSTILE, "__class__", "None", "a.b", "\U0001d4d0", "ﬁ"]:
        sources = sources_or_none(made, renamed(place, text))
        for name, source in sources.items():
            tree = ast.parse(source, name)
            names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            assert not names & {"setattr", "__import__", "builtins"}, (place, text)


async def test_hostile_text_arrives_as_it_is(contracts: Contracts, tmp_path: Path) -> None:
    """Values, defaults and constants of a package that was imported."""
    words = [text for text in HOSTILE if any(map(str.isalnum, text)) and "ends with" not in text]
    document = with_text(dict.fromkeys(TEXTS, HOSTILE[5]))
    document["components"]["schemas"]["Kind"]["enum"] = words
    document["components"]["schemas"]["BusyProblem"]["properties"]["type"]["const"] = "/problems/\"'\\{{x}}"
    contract = tmp_path / "hostile.json"
    contract.write_text(json.dumps(document), encoding="utf-8")
    package = contracts.file(contract)
    assert [each.value for each in package.models.Kind] == words
    served = package.serve(add_note=package.problems.Busy(HOSTILE[6]))
    for word in words:
        answer = await served.post("/notes", json={"kind": word}, headers={"X-Key": "reader"})
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/\"'\\{{x}}")
        assert served.given["body"].kind == word
    assert served.given["q"] == served.given["body"].text == HOSTILE[5]
    assert not hasattr(builtins, "broken_in")
