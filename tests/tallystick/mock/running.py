"""A mock in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[3]
PATIENCE = 60.0


@dataclass
class Running:
    """A mock that was started; what it generates, it keeps below `folder`."""

    process: subprocess.Popen[bytes]
    folder: Path
    url: str
    secret: str = ""

    def get(self, path: str) -> httpx.Response:
        """Ask with the credential of a bearer scheme."""
        return httpx.get(self.url + path, headers={"Authorization": f"Bearer {self.secret}"})

    def told(self) -> str:
        """What it complained of."""
        return (self.folder / "err").read_text()

    def said(self) -> str:
        """What it printed."""
        return (self.folder / "out").read_text()

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something to become true."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, f"nothing happened; the mock says: {self.told()}"
            time.sleep(0.05)

    def is_up(self) -> bool:
        """Wait until it answers, or has ended."""
        self.until(lambda: self.process.poll() is not None or self._answers())
        return self.process.poll() is None

    def _answers(self) -> bool:
        try:
            # Whatever it answers: a contract may have this path for itself.
            return httpx.get(self.url + "/openapi.json").status_code > 0
        except httpx.TransportError:
            return False

    @property
    def left_behind(self) -> list[Path]:
        """What it generated and did not remove."""
        return list((self.folder / "temporary").iterdir())


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def started(folder: Path, contract: Path, *options: str, port: int) -> Iterator[Running]:
    """`tally mock` in a folder; ended politely."""
    paths = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    environment = {**os.environ, "PYTHONPATH": paths, "NO_COLOR": "1", "TMPDIR": str(folder / "temporary")}
    (folder / "temporary").mkdir()
    code = "from tallystick.cli import main; main()"
    command = [sys.executable, "-c", code, "mock", str(contract), "--port", str(port), *options]
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=err)
    try:
        yield Running(process, folder, f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(PATIENCE)
