"""Serve, and on every change regenerate and start anew: `make dev`."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from watchfiles import Change, watch

CONTRACT = Path("openapi")
CODE = Path("src")
SUFFIXES = (".py", ".jinja", ".yaml", ".yml", ".json", ".mako")
STOP_SECONDS = 15
TALLY = Path(sys.executable).with_name("tally")


def main() -> int:
    """Watch until Ctrl-C."""
    # An operation may be in the contract before its handler is written.
    environment = {"APP_UNIMPLEMENTED": "501", "APP_DRAIN_SECONDS": "0", **os.environ}
    signal.signal(signal.SIGTERM, _interrupt)
    is_generated = _generate()
    server = _start(environment)
    try:
        for changed in _changes():
            names = ", ".join(sorted(path.name for path in changed)[:5])
            print(f"changed: {names}", flush=True)
            if any(path.is_relative_to(CONTRACT.absolute()) for path in changed):
                is_generated = _generate()
            if is_generated:
                _stop(server)
                server = _start(environment)
    except KeyboardInterrupt:
        return 130
    finally:
        _stop(server)
    return 0


def _changes() -> Iterator[set[Path]]:
    for changes in watch(*_existing((CONTRACT, CODE)), watch_filter=_counts, raise_interrupt=True):
        yield {Path(path) for _, path in changes}


def _existing(paths: Iterable[Path]) -> list[Path]:
    return [path.absolute() for path in paths if path.exists()]


def _counts(_: Change, path: str) -> bool:
    return path.endswith(SUFFIXES) and "__pycache__" not in path


def _generate() -> bool:
    """Regenerate; on a faulty contract the old server goes on and `tally` has said what is wrong."""
    return subprocess.run([str(TALLY), "generate"], check=False).returncode == 0


def _start(environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    # A session of its own: Ctrl-C reaches this process only, which then stops the server in order.
    return subprocess.Popen([sys.executable, "-m", "app.server.run"], env=environment, start_new_session=True)


def _stop(server: "subprocess.Popen[bytes]") -> None:
    if server.poll() is not None:
        return
    server.send_signal(signal.SIGTERM)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _interrupt(_: int, __: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    raise SystemExit(main())
