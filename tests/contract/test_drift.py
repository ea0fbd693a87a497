"""The contract, what was generated from it, and what is served are one and the same."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.routing import BaseRoute, Mount, Route

from app.main import create_app
from app.settings import DatabaseSettings, Environment, ServerSettings, Settings
from generated.operations import OPERATIONS
from tallystick.runtime.dispatch import ContractRoute
from tallystick.runtime.routing import RouteTree

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ROOT / "generated"
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
DOCUMENTS = {"/openapi.json", "/openapi.yaml"}
PAGES = {"/docs", "/docs/start.js", "/docs/assets", "/reference", "/reference/start.js", "/reference/page.css"}


def tally(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from tallystick.cli import main; main()", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def contract() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GENERATED / "openapi.json").read_bytes())
    return found


@pytest.fixture
def app(tmp_path: Path) -> FastAPI:
    """The application, which connects to nothing before it is started."""
    url = SecretStr("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    return create_app(Settings(environment=Environment.TEST, data_dir=tmp_path, database=DatabaseSettings(url=url)))


@pytest.fixture
async def client(app: FastAPI) -> Any:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://testserver") as client:
        yield client


def test_generating_anew_would_change_nothing() -> None:
    """Fails when somebody edits `generated/`, or changes contract or generator without `make generate`."""
    done = tally("generate", "--check", "--force")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_contract_keeps_the_house_rules() -> None:
    done = tally("lint")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_operation_is_implemented_and_tally_status_says_so() -> None:
    done = tally("status", "--format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    states = {one["id"]: one["state"] for one in json.loads(done.stdout)["operations"]}
    assert states == {operation.id: "implemented" for operation in OPERATIONS}


def test_the_operation_table_is_that_of_the_contract() -> None:
    declared = {
        (operation["operationId"], method.upper(), path): tuple(int(status) for status in operation["responses"])
        for path, item in contract()["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    }
    assert {(one.id, one.method, one.path): one.statuses for one in OPERATIONS} == declared


@pytest.mark.parametrize("suffix", ["json", "yaml"])
async def test_what_is_served_is_what_was_generated_byte_for_byte(client: httpx.AsyncClient, suffix: str) -> None:
    answer = await client.get(f"/openapi.{suffix}", headers={"Accept-Encoding": "identity"})
    assert answer.status_code == 200
    assert answer.content == (GENERATED / f"openapi.{suffix}").read_bytes()


def test_no_route_exists_beyond_contract_and_documents(app: FastAPI) -> None:
    [operations] = [route for route in app.router.routes if isinstance(route, ContractRoute)]
    assert {(one.id, one.method, one.path) for one in served(operations.tree)} == {
        (one.id, one.method, one.path) for one in OPERATIONS
    }
    others = [route for route in app.router.routes if route is not operations]
    assert {path_of(route) for route in others} == DOCUMENTS | PAGES


def test_production_serves_no_pages_unless_asked_to(tmp_path: Path) -> None:
    url = SecretStr("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    settings = Settings(
        environment=Environment.TEST,
        data_dir=tmp_path,
        database=DatabaseSettings(url=url),
        server=ServerSettings(docs=False),
    )
    routes = create_app(settings).router.routes
    assert {path_of(route) for route in routes if not isinstance(route, ContractRoute)} == DOCUMENTS


def test_fastapi_derives_no_document_of_its_own(app: FastAPI) -> None:
    assert app.openapi() == contract()


def path_of(route: BaseRoute) -> str:
    assert isinstance(route, Route | Mount), route
    return route.path


def served(tree: RouteTree) -> Iterator[Any]:
    for operation in OPERATIONS:
        match = tree.find(operation.path)
        assert match is not None, operation.path
        endpoint = match.resource.endpoint(operation.method)
        assert endpoint is not None, operation.id
        yield endpoint.operation
