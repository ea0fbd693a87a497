"""Our server beside its peers, on one database, in interleaved rounds: ratios hold on a busy machine too."""

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
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jwt

from app.kit.postgres import EmbeddedPostgres
from tests.benchmarks.load import Measurement, measure

ADMIN = {"username": "admin@example.com", "password": "development-only-password"}
OURS = "ours"
WITH_LOG = "ours, access log"
PEERS = ("raw", "recipe")
# By scenario and server.
Results = dict[str, dict[str, list[Measurement]]]


@dataclass(frozen=True)
class Scenario:
    """One kind of request, as bytes."""

    name: str
    request: Callable[[int], bytes]
    expected: bytes


@dataclass(frozen=True)
class Runner:
    """A server process that runs."""

    name: str
    port: int
    pid: int


def compare(rounds: int, requests: int) -> Results:
    """Measurements by scenario and server; the order of the servers rotates from round to round."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        url = stack.enter_context(EmbeddedPostgres(folder / "data")).start()
        ours = stack.enter_context(our_server(OURS, url, folder, {"APP_LOG_LEVEL": "warning"}))
        logging = stack.enter_context(our_server(WITH_LOG, url, folder, {"APP_LOG_LEVEL": "info"}))
        facts = facts_for_peers(ours.port, url)
        peers = [stack.enter_context(peer(name, facts, folder)) for name in PEERS]
        scenarios = prepare(f"http://127.0.0.1:{ours.port}")
        return asyncio.run(_rounds([ours, logging, *peers], scenarios, rounds, requests))


async def _rounds(runners: list[Runner], scenarios: list[Scenario], rounds: int, requests: int) -> Results:
    results: Results = {scenario.name: {runner.name: [] for runner in runners} for scenario in scenarios}
    for number in range(rounds + 1):
        print(f"round {number} of {rounds}" if number else "warming up", file=sys.stderr)
        for scenario in scenarios:
            for runner in (*runners[number % len(runners) :], *runners[: number % len(runners)]):
                found = await measure(runner.port, runner.pid, scenario.request, scenario.expected, requests=requests)
                if number:
                    results[scenario.name][runner.name].append(found)
    return results


@contextmanager
def our_server(name: str, url: str, folder: Path, settings: Mapping[str, str]) -> Iterator[Runner]:
    """The product as in production but for its defaults: no guard."""
    environment = {
        "APP_ENVIRONMENT": "development",
        "APP_DATABASE_URL": url,
        "APP_DATA_DIR": str(folder / "state"),
        "APP_RESPONSE_GUARD": "0",
        **settings,
    }
    with process([sys.executable, "-m", "app.server.run"], "APP_PORT", environment, folder) as (port, pid):
        yield Runner(name, port, pid)


@contextmanager
def peer(name: str, facts: Mapping[str, Any], folder: Path) -> Iterator[Runner]:
    """A peer on the same database."""
    port = free_port()
    environment = {"PEER": json.dumps({**facts, "port": port})}
    command = [sys.executable, "-m", f"tests.benchmarks.peers.{name}"]
    with process(command, "PEER_PORT", environment, folder, port) as (port, pid):
        yield Runner(name, port, pid)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(
    command: list[str], port_variable: str, settings: Mapping[str, str], folder: Path, port: int | None = None
) -> Iterator[tuple[int, int]]:
    """A server process that answers on its liveness path; its port and process id."""
    port = port or free_port()
    path = folder / f"{port}.log"
    with path.open("w") as log:
        child = subprocess.Popen(
            command, env={**os.environ, **settings, port_variable: str(port)}, stdout=log, stderr=log
        )
        try:
            _wait(port, child, path)
            yield port, child.pid
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(30)


def _wait(port: int, child: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if child.poll() is not None:
            raise SystemExit(f"a server did not start:\n{log.read_text()}")
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health/live").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise SystemExit(f"a server did not answer within a minute:\n{log.read_text()}")


def facts_for_peers(port: int, url: str) -> dict[str, Any]:
    """What peers need to admit the same callers: the database, and what our tokens are verified by."""
    base = f"http://127.0.0.1:{port}"
    [key] = httpx.get(f"{base}/.well-known/jwks.json").raise_for_status().json()["keys"]
    answer = httpx.post(f"{base}/api/v1/auth/token", data={"grant_type": "password", **ADMIN}).raise_for_status()
    claims = jwt_claims(answer.json()["access_token"])
    return {"database_url": url, "key": key, "issuer": claims["iss"], "audience": claims["aud"]}


def jwt_claims(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


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


def table(results: Results, reference: str) -> Iterator[str]:
    """Medians of CPU time per request, and their ratios to one of the servers."""
    yield f"{'CPU us/request':18}" + "".join(f"{name:>24}" for name in next(iter(results.values())))
    for scenario, servers in results.items():
        medians = {name: statistics.median(one.cpu_microseconds for one in found) for name, found in servers.items()}
        cells = [f"{value:.0f} ({value / medians[reference]:.2f}x)" for value in medians.values()]
        yield f"{scenario:18}" + "".join(f"{cell:>24}" for cell in cells)
