"""`tally status` on a generated package: a fault here calls work done that nobody did."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from typer.testing import CliRunner

from tallystick.checks.status import RegistryError, operation_statuses
from tallystick.cli import app
from tallystick.runtime.implementation import gaps
from tests.support.contracts import Contracts, Package, importable

DONE = 'responses: {"204": {description: ok}}'
LIMIT = "parameters: [{name: limit, in: query, schema: {type: integer}}]"
DRAFT = "parameters: [{name: draft, in: query, schema: {type: boolean}}]"
CONTRACT = f"""
servers: [{{url: https://api.test/v1}}]
paths:
  /notes:
    get: {{operationId: listNotes, tags: [notes], {LIMIT}, {DONE}}}
    post: {{operationId: addNote, tags: [notes], {DRAFT}, {DONE}}}
  /health:
    get: {{operationId: getHealth, tags: [ops], {DONE}}}
"""
METHODS = {
    "right": "async def add_note(self, *, draft=None): ...",
    "any": "async def add_note(self, **given): ...",
    "optional": "async def add_note(self, *, draft=None, more=1): ...",
    "absent": "pass",
    "sync": "def add_note(self, *, draft=None): ...",
    "lacking": "async def add_note(self): ...",
    "asking": "async def add_note(self, more, *, draft=None): ...",
    "renamed": "async def add_note(self, *, drafted=None): ...",
}
REASONS = {
    "sync": "is not an async method",
    "lacking": "does not take draft",
    "asking": "asks for more, which the contract does not give",
    "renamed": "does not take draft",
}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Package]:
    folder = tmp_path_factory.mktemp("status")
    with importable(folder):
        yield Contracts(folder).text(CONTRACT)


@pytest.fixture
def registry(package: Package, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """A registry of which `add_note` is written as the parameter says; `list_notes` is right, `get_health` missing."""
    notes: Any = package.module("handlers.notes").NotesHandlers
    module = ModuleType("status_registry")
    code = f"""
class Notes(NotesHandlers):
    async def list_notes(self, *, limit=None): ...
    {METHODS[request.param]}
"""
    exec(code, {"NotesHandlers": notes, "__name__": "written"}, vars(module))  # noqa: S102  # our own text above
    made: Any = package.module("registry")
    unwritten = made.unimplemented().ops
    vars(module)["handlers"] = made.Handlers(notes=vars(module)["Notes"], ops=unwritten)
    monkeypatch.setitem(sys.modules, "status_registry", module)
    return "status_registry:handlers"


@pytest.mark.parametrize(
    ("registry", "state"),
    [
        *((name, "implemented") for name in ("right", "any", "optional")),
        ("absent", "missing"),
        *((name, "mistyped") for name in REASONS),
    ],
    indirect=["registry"],
)
def test_the_state_of_each_operation(registry: str, state: str, request: pytest.FixtureRequest) -> None:
    found = {each.operation.id: each for each in operation_statuses(registry)}
    assert {name: each.state for name, each in found.items()} == {
        "listNotes": "implemented",
        "addNote": state,
        "getHealth": "missing",
    }
    assert found["addNote"].handler == "written.Notes.add_note"
    assert found["addNote"].reason == REASONS.get(request.node.callspec.params["registry"], "")


@pytest.mark.parametrize("registry", ["lacking"], indirect=True)
def test_the_server_names_the_same_gaps(registry: str) -> None:
    handlers = sys.modules["status_registry"].handlers
    assert gaps(handlers.implementations()) == [
        "addNote: written.Notes.add_note does not take draft",
        f"getHealth: {handlers.ops.__module__}.UnimplementedOps has no method get_health",
    ]


@pytest.mark.parametrize("registry", ["absent"], indirect=True)
def test_a_class_with_gaps_can_be_completed(registry: str) -> None:
    implementation = sys.modules["status_registry"].handlers.implementations()[0]
    completed = implementation.completed()
    assert completed().list_notes.__func__ is implementation.handlers.list_notes, "what is written stays"
    assert completed().add_note.__func__ is implementation.stand_in.add_note, "what is not answers 501"
    with pytest.raises(TypeError, match="abstract"):
        implementation.handlers()


@pytest.mark.parametrize("registry", ["lacking"], indirect=True)
def test_the_command_as_text(registry: str) -> None:
    done = CliRunner().invoke(app, ["status", "--registry", registry])
    lines = [line.split() for line in done.stdout.splitlines()]
    assert done.exit_code == 1
    assert ["listNotes", "GET", "/notes", "implemented", "written.Notes.list_notes"] in lines
    assert ["addNote", "POST", "/notes", "mistyped", "does", "not", "take", "draft"] in lines
    assert [each[3] for each in lines if each[0] == "getHealth"] == ["missing"]
    assert "1 of 3 operations are implemented" in done.output
    assert "served below: /v1 (https://api.test/v1)" in done.output


@pytest.mark.parametrize("registry", ["right"], indirect=True)
def test_the_command_for_programs(registry: str) -> None:
    done = CliRunner().invoke(app, ["status", "--registry", registry, "--format", "json"])
    found = json.loads(done.stdout)
    assert done.exit_code == 1
    assert [each["state"] for each in found["operations"]] == ["implemented", "implemented", "missing"]
    assert [each["rule"] for each in found["findings"]] == ["operation-missing"]
    assert found["servers"] == ["/v1 (https://api.test/v1)"]
    assert found["operations"][1] == {
        "id": "addNote",
        "method": "POST",
        "path": "/notes",
        "state": "implemented",
        "handler": "written.Notes.add_note",
        "reason": "",
        "policies": [],
    }


@pytest.mark.parametrize(
    ("registry", "message"),
    [
        ("nowhere.at.all:handlers", "cannot import nowhere.at.all"),
        ("json:nothing", "json:nothing is no registry"),
        ("json:loads", "json:loads is no registry"),
        ("json", "json is no registry"),
    ],
)
def test_what_is_no_registry_is_said(registry: str, message: str) -> None:
    with pytest.raises(RegistryError, match=message):
        operation_statuses(registry)
