"""A mock below the paths of the contract's servers: a fault here and an SDK with a changed host reaches nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tallystick.mock.application import Generated, MockOptions, assemble
from tests.tallystick.mock.conftest import CONTRACTS, Mocked

SERVERS = CONTRACTS / "servers.yaml"


@pytest.fixture
def client(mocked: Mocked) -> httpx.AsyncClient:
    return mocked(contract=SERVERS, stateful=True)


async def test_operations_are_where_their_servers_are(client: httpx.AsyncClient) -> None:
    paths = ["/v1/things/1", "/v2/things/1", "/store/files"]
    assert [(await client.get(path)).status_code for path in paths] == [200, 200, 204]
    assert (await client.put("/up/anything/files")).status_code == 204
    assert (await client.get("/v3/things/1")).status_code == 404


async def test_tools_without_knowledge_of_base_paths_reach_everything(client: httpx.AsyncClient) -> None:
    """Schemathesis puts one base URL before all paths, whatever servers single operations have."""
    assert (await client.get("/v1/files")).status_code == 204
    assert (await client.get("/things/1")).status_code == 200


async def test_a_thing_is_one_whatever_server_it_is_asked_of(client: httpx.AsyncClient) -> None:
    made = (await client.post("/v1/things")).json()
    assert (await client.get(f"/v2/things/{made['id']}")).json() == made
    assert (await client.delete(f"/v2/things/{made['id']}")).status_code == 204
    assert (await client.get(f"/v1/things/{made['id']}")).status_code == 404


async def test_the_documentation_leads_to_the_mock(
    client: httpx.AsyncClient, generated: Callable[[Path], Generated]
) -> None:
    document = (await client.get("/openapi.json")).json()
    assert document["servers"] == [{"url": "/v1"}, {"url": "/v2"}]
    files = document["paths"]["/files"]
    assert files["servers"] == [{"url": "/store"}]
    assert files["put"]["servers"] == [{"url": "/up/x"}]
    assert "servers" not in document["paths"]["/things"]
    assert assemble(generated(SERVERS), MockOptions()).base_path == "/v1"


async def test_what_was_deleted_is_back_once_it_is_created_below_any_server(mocked: Mocked) -> None:
    """The id is the last parameter of the path, whatever stands in the base path before it."""
    client = mocked(contract=SERVERS)
    made = (await client.post("/v1/shelves/a/books")).json()["id"]
    for shelf in ("a", "b"):
        assert (await client.delete(f"/v1/shelves/{shelf}/books/{made}")).status_code == 204
        assert (await client.get(f"/v1/shelves/{shelf}/books/{made}")).status_code == 404
    assert (await client.post("/v1/shelves/a/books")).json()["id"] == made
    assert (await client.get(f"/v1/shelves/a/books/{made}")).status_code == 200
