"""A real server process on a free port, as `make run` starts it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60


@dataclass
class RunningServer:
    """Where it listens, and its process, which a test may end as it likes."""

    url: str
    process: subprocess.Popen[str]
    lines: "Queue[str]"

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def stop(self, number: signal.Signals = signal.SIGTERM, timeout: float = 30) -> int:
        """Send a signal and wait; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout)


def environment(**settings: str) -> dict[str, str]:
    """The environment of this machine without its settings, and with these."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("APP_")}
    return inherited | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"} | settings


def run(
    folder: Path, settings: Mapping[str, str], *arguments: str, text: str = "", timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run a module of the product to its end, in a folder without a `.env`; `text` is its input."""
    command = [sys.executable, "-m", *arguments]
    env = environment(**settings)
    return subprocess.run(
        command, cwd=folder, env=env, input=text, text=True, capture_output=True, timeout=timeout, check=False
    )


@contextmanager
def running(folder: Path, settings: Mapping[str, str], module: str = "app.server.run") -> Iterator[RunningServer]:
    """A server with these settings; whatever is still running at the end is asked to stop."""
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=folder,
        env=environment(**{"APP_PORT": "0", "APP_DRAIN_SECONDS": "0"} | dict(settings)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: Queue[str] = Queue()
    reader = Thread(target=_read, args=(process, lines), daemon=True)
    reader.start()
    try:
        yield RunningServer(_wait_for_url(process, lines), process, lines)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        reader.join(5)
        if process.stdout is not None:
            process.stdout.close()


def _read(process: "subprocess.Popen[str]", lines: "Queue[str]") -> None:
    if process.stdout is not None:
        for line in process.stdout:
            lines.put(line.rstrip("\n"))


def _wait_for_url(process: "subprocess.Popen[str]", lines: "Queue[str]") -> str:
    seen: list[str] = []
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and (process.poll() is None or not lines.empty()):
        try:
            seen.append(lines.get(timeout=0.1))
        except Empty:
            continue
        if found := re.search(r"serves \w+ on (http://\S+)", seen[-1]):
            return found[1]
    raise AssertionError("the server did not start:\n" + "\n".join(seen))
