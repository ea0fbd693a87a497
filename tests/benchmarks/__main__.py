"""`make bench`: CPU time per request of the real server on a real database, in interleaved rounds.

With `BENCH_OPTIONS=--scale` also what generating large contracts costs, and how soon their servers answer.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.benchmarks import scale
from tests.benchmarks.load import Measurement, measure

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
REQUESTS = int(os.environ.get("BENCH_REQUESTS", "1500"))
BUILD = Path("build/bench")
ADMIN = {"username": "admin@example.com", "password": "development-only-password"}


@dataclass(frozen=True)
class Scenario:
    """One kind of request, as bytes."""

    name: str
    request: Callable[[int], bytes]
    expected: bytes


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, server(Path(folder)) as (port, pid):
        scenarios = prepare(f"http://127.0.0.1:{port}")
        results = asyncio.run(run(port, pid, scenarios))
    report(results)
    scale.report_routing()
    if "--scale" in sys.argv:
        scale.report_generation()
        scale.report_start(scale.scaled(1223))


@contextmanager
def server(folder: Path) -> Iterator[tuple[int, int]]:
    """A server process of its own, as in production but for the embedded database: no guard, no access log line."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {
        **os.environ,
        "APP_ENVIRONMENT": "development",
        "APP_DATA_DIR": str(folder / "data"),
        "APP_PORT": str(port),
        "APP_RESPONSE_GUARD": "0",
        "APP_LOG_LEVEL": "warning",
    }
    log = (folder / "server.log").open("w")
    process = subprocess.Popen([sys.executable, "-m", "app.server.run"], env=environment, stdout=log, stderr=log)
    try:
        wait(port, process, folder / "server.log")
        yield port, process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        log.close()


def wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the server answers."""
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit(f"the server did not start:\n{log.read_text()}")
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise SystemExit("the server did not become ready within a minute")


def prepare(base: str) -> list[Scenario]:
    """Sign in, make items, and write the requests down."""
    with httpx.Client(base_url=base, timeout=30) as client:
        answer = client.post("/api/v1/auth/token", data={"grant_type": "password", **ADMIN}).raise_for_status()
        token = answer.json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        paths = [
            client.post("/api/v1/items", json={"title": f"Item {number}", "tags": ["a", "b"]})
            .raise_for_status()
            .headers["location"]
            for number in range(40)
        ]
    body = json.dumps({"title": "Created under load", "description": "x" * 40, "priority": 7}).encode()
    head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"

    def get(target: str) -> Callable[[int], bytes]:
        raw = f"GET {target} HTTP/1.1\r\n{head}\r\n".encode()
        return lambda _: raw

    def create(_: int) -> bytes:
        more = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        return f"POST /api/v1/items HTTP/1.1\r\n{head}{more}\r\n".encode() + body

    return [
        Scenario("GET one item", get(paths[0]), b"HTTP/1.1 200"),
        Scenario("list of 20", get("/api/v1/items?limit=20"), b"HTTP/1.1 200"),
        Scenario("create", create, b"HTTP/1.1 201"),
        Scenario("liveness", get("/health/live"), b"HTTP/1.1 200"),
    ]


async def run(port: int, pid: int, scenarios: list[Scenario]) -> dict[str, list[Measurement]]:
    """Interleaved rounds, after one that warms up."""
    results: dict[str, list[Measurement]] = {scenario.name: [] for scenario in scenarios}
    for number in range(ROUNDS + 1):
        print(f"round {number} of {ROUNDS}" if number else "warming up", file=sys.stderr)
        for scenario in scenarios:
            found = await measure(port, pid, scenario.request, scenario.expected, requests=REQUESTS)
            if number:
                results[scenario.name].append(found)
    return results


def report(results: dict[str, list[Measurement]]) -> None:
    """Print medians over the rounds, and keep them as JSON."""
    rows = {
        name: {
            "cpu_us": round(statistics.median(one.cpu_microseconds for one in found), 1),
            "requests_per_second": round(statistics.median(one.rate for one in found), 1),
            "p99_ms": round(statistics.median(one.percentile(0.99) for one in found), 2),
        }
        for name, found in results.items()
    }
    BUILD.mkdir(parents=True, exist_ok=True)
    (BUILD / "bench.json").write_text(json.dumps(rows, indent=2) + "\n")
    print(f"{'':16}{'CPU us/request':>16}{'requests/s':>14}{'p99 ms':>10}")
    for name, row in rows.items():
        print(f"{name:16}{row['cpu_us']:>16.1f}{row['requests_per_second']:>14.1f}{row['p99_ms']:>10.2f}")


if __name__ == "__main__":
    main()
