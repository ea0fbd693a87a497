"""The development server: a change of code starts it anew, a faulty contract leaves it running."""

import shutil
import time
from pathlib import Path
from queue import Empty

import httpx
import pytest
from pydantic import SecretStr

from tests.support.databases import TestServer
from tests.support.server import ROOT, RunningServer, running

pytestmark = pytest.mark.slow


def wait_for(server: RunningServer, text: str, seconds: float = 60) -> str:
    """The first line from now on that holds this text."""
    deadline = time.monotonic() + seconds
    seen: list[str] = []
    while time.monotonic() < deadline:
        try:
            seen.append(server.lines.get(timeout=0.2))
        except Empty:
            continue
        if text in seen[-1]:
            return seen[-1]
    raise AssertionError(f"{text!r} did not come:\n" + "\n".join(seen))


def test_it_follows_changes_of_code_and_contract(
    folder: Path, postgres: TestServer, worker_id: str, private_keys: SecretStr
) -> None:
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copytree(ROOT / "openapi", folder / "openapi")
    shutil.copytree(ROOT / "generated", folder / "generated")
    (folder / "src").mkdir()
    with postgres.fresh(f"dev_{worker_id}") as url:
        settings = {"APP_DATABASE_URL": url, "APP_AUTH_PRIVATE_KEYS": private_keys.get_secret_value()}
        with running(folder, settings, "app.server.dev") as server:
            (folder / "src" / "module.py").write_text("changed = True\n")
            wait_for(server, "changed: module.py")
            anew = wait_for(server, "serves development on").rpartition(" ")[2]
            contract = folder / "openapi" / "openapi.yaml"
            contract.write_text(contract.read_text() + "x: [\n")
            wait_for(server, "error yaml-syntax")
            assert httpx.get(f"{anew}/health/live").status_code == 200
            assert server.stop(timeout=60) == 130
            with pytest.raises(httpx.ConnectError):
                httpx.get(f"{anew}/health/live")
