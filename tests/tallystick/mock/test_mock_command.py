"""`tally mock` as people run it: what it prints, the configuration it writes, edits while it runs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]
HEAD = "openapi: 3.1.0\ninfo: {title: Small, version: '1'}\nsecurity: [{token: []}]\n"
PARTS = "components: {securitySchemes: {token: {type: http, scheme: bearer}}}\n"
PATIENCE = 30.0


def contract(path: str, part: str = "part.yaml") -> str:
    return (
        f"{HEAD}{PARTS}paths:\n  {path}:\n    get:\n      operationId: getIt\n      responses:\n"
        f"        '200': {{description: It., content: {{application/json: {{schema: {{$ref: '{part}'}}}}}}}}\n"
        "        '401': {description: No.}\n"
    )


@dataclass
class Running:
    """A mock in a process of its own."""

    folder: Path
    url: str
    secret: str

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, headers={"Authorization": f"Bearer {self.secret}"})

    def told(self) -> str:
        return (self.folder / "err").read_text()

    def until(self, condition: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"nothing happened; the mock says: {self.told()}"
            time.sleep(0.05)


def start(folder: Path, *options: str, port: int) -> subprocess.Popen[bytes]:
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": paths, "NO_COLOR": "1", "TMPDIR": str(folder / "temporary")}
    (folder / "temporary").mkdir()
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        code = "from tallystick.cli import main; main()"
        command = [sys.executable, "-c", code, "mock", "api.yaml", "--port", str(port), *options]
        return subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=err)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    (tmp_path / "api.yaml").write_text(contract("/first"))
    (tmp_path / "part.yaml").write_text("{type: string, const: one}\n")
    port = free_port()
    process = start(tmp_path, "--schemathesis-config", "st.toml", port=port)
    mock = Running(tmp_path, f"http://127.0.0.1:{port}", "")
    try:
        mock.until(lambda: answers(mock))
        settings = tomllib.loads((tmp_path / "st.toml").read_text())
        mock.secret = settings["auth"]["openapi"]["token"]["bearer"]
        yield mock
    finally:
        process.terminate()
        assert process.wait(PATIENCE) == 0
        assert list((tmp_path / "temporary").iterdir()) == [], "what was generated must not stay"


def answers(mock: Running) -> bool:
    try:
        return httpx.get(mock.url + "/openapi.json").status_code == 200
    except httpx.TransportError:
        return False


def test_a_running_mock(running: Running) -> None:
    """One process for all of it: a start takes seconds."""
    settings = tomllib.loads((running.folder / "st.toml").read_text())
    assert settings["base-url"] == running.url
    assert f"token: header Authorization: Bearer {running.secret}" in (running.folder / "out").read_text()
    assert httpx.get(running.url + "/first").status_code == 401
    assert running.get("/first").json() == "one"

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
        process = start(tmp_path, port=taken.getsockname()[1])
        assert process.wait(PATIENCE) == 2
    assert "--port" in (tmp_path / "err").read_text()
    assert "Traceback" not in (tmp_path / "err").read_text()


def test_a_broken_contract_is_not_served(tmp_path: Path) -> None:
    (tmp_path / "api.yaml").write_text(contract("/first", "nowhere.yaml"))
    assert start(tmp_path, port=free_port()).wait(PATIENCE) == 1
    assert "api.yaml:" in (tmp_path / "out").read_text()
