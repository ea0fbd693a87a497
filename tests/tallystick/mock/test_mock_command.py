"""`tally mock` as people run it: what it prints, the configuration it writes, edits while it runs."""

from __future__ import annotations

import socket
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.tallystick.mock.running import PATIENCE, Running, free_port, started

ENTRY = Path("api.yaml")
HEAD = (
    "openapi: 3.1.0\ninfo: {title: Small, version: '1'}\nsecurity: [{token: []}]\nservers: [{url: https://a.test/v1}]\n"
)
PARTS = "components: {securitySchemes: {token: {type: http, scheme: bearer}}}\n"


def contract(path: str, part: str = "part.yaml") -> str:
    return (
        f"{HEAD}{PARTS}paths:\n  {path}:\n    get:\n      operationId: getIt\n      responses:\n"
        f"        '200': {{description: It., content: {{application/json: {{schema: {{$ref: '{part}'}}}}}}}}\n"
        "        '401': {description: No.}\n"
    )


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    (tmp_path / "api.yaml").write_text(contract("/first"))
    (tmp_path / "part.yaml").write_text("{type: string, const: one}\n")
    with started(tmp_path, ENTRY, "--schemathesis-config", "st.toml", port=free_port()) as mock:
        assert mock.is_up(), mock.told()
        settings = tomllib.loads((tmp_path / "st.toml").read_text())
        mock.secret = settings["auth"]["openapi"]["token"]["bearer"]
        yield mock
    assert mock.process.returncode == 0
    assert mock.left_behind == []


def test_a_running_mock(running: Running) -> None:
    """One process for all of it: a start takes seconds."""
    settings = tomllib.loads((running.folder / "st.toml").read_text())
    assert settings["base-url"] == running.url + "/v1"
    assert f" on {running.url}/v1, to read at {running.url}/docs" in running.said()
    assert f"token: header Authorization: Bearer {running.secret}" in running.said()
    assert httpx.get(running.url + "/v1/first").status_code == 401
    assert running.get("/v1/first").json() == "one"

    (running.folder / "part.yaml").write_text("{type: string, const: two}\n")
    running.until(lambda: running.get("/first").json() == "two")

    (running.folder / "api.yaml").write_text(contract("/second"))
    running.until(lambda: running.get("/second").status_code == 200)
    assert running.get("/first").status_code == 404

    (running.folder / "api.yaml").write_text(contract("/third", "nowhere.yaml"))
    running.until(lambda: "still served" in running.told())
    assert "api.yaml:" in running.told(), "a broken edit is told with its place"
    assert running.get("/second").status_code == 200

    (running.folder / "api.yaml").write_text(contract("/third"))
    running.until(lambda: running.get("/third").status_code == 200)


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(f"{HEAD}{PARTS}paths: {{}}\n")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with started(tmp_path, ENTRY, port=taken.getsockname()[1]) as mock:
            assert mock.process.wait(PATIENCE) == 2
    assert "--port" in mock.told()
    assert "Traceback" not in mock.told()


def test_a_broken_contract_is_not_served(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(contract("/first", "nowhere.yaml"))
    with started(tmp_path, ENTRY, port=free_port()) as mock:
        assert mock.process.wait(PATIENCE) == 1
    assert "api.yaml:" in mock.said()
    assert mock.left_behind == []
