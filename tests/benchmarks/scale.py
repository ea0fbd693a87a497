"""Large contracts: what generating costs, what routing costs, and how soon a server answers."""

from __future__ import annotations

import asyncio
import gc
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import psutil
from fastapi import FastAPI

from tallystick.runtime.mount import Runtime, mount
from tests.support.big_contracts import Scale, big_contract
from tests.support.contracts import Package, importable, make_package
from tests.support.verifiers import CALLERS, SecretVerifier

SIZES = (100, 300, 1000, 3000)
REQUESTS = 2000
ROUNDS = 15
HEADERS = [(b"authorization", f"Bearer {next(iter(CALLERS))}".encode()), (b"content-type", b"application/json")]
ID = "12345678-1234-4234-8234-123456789abc"


def scaled(operations: int) -> Scale:
    """A contract that grows evenly: twice the operations, twice the schemas, of which a third reach each other."""
    tags = max(4, operations // 25)
    return Scale(operations, operations, tags, recursive=min(400, operations // 3), text=200)


@dataclass(frozen=True)
class Cost:
    """What one run of `tally generate` took, its children's share included."""

    operations: int
    schemas: int
    megabytes: float
    seconds: float
    cpu: float
    memory: float


def generation(operations: int) -> Cost:
    """Generate a package in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        contract = Path(folder, "large.json")
        document = big_contract(scaled(operations))
        contract.write_text(json.dumps(document, indent=1), encoding="utf-8")
        tally = [sys.executable, "-c", "from tallystick.cli import main; main()"]
        command = [*tally, "generate", str(contract), "--output", f"{folder}/large"]
        started = time.perf_counter()
        process = psutil.Popen([*command, "--package", "large"], stdout=subprocess.DEVNULL)
        most, cpu = _watch(process)
        seconds = time.perf_counter() - started
        if process.wait() != 0 or not Path(folder, "large", "models").exists():
            raise SystemExit("tally generate failed")
        schemas = len(document["components"]["schemas"])
        return Cost(operations, schemas, contract.stat().st_size / 1e6, seconds, cpu, most / 1e6)


def _watch(process: psutil.Popen) -> tuple[int, float]:
    """The most memory that a process and its children held at once, and their processor time."""
    most, spent = 0, {}
    while process.poll() is None:
        total = 0
        try:
            for each in [process, *process.children(recursive=True)]:
                total += each.memory_info().rss
                times = each.cpu_times()
                spent[each.pid] = times.user + times.system
        except psutil.NoSuchProcess:
            pass
        most = max(most, total)
        time.sleep(0.02)
    return most, sum(spent.values())


# ------------------------------------------------------------------------------------------------------- requests

Application = Callable[
    [dict[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]
]


@contextmanager
def generated(scale: Scale) -> Iterator[Package]:
    """A package of a contract that is only looked at here."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, importable(Path(folder)):
        contract = Path(folder, "large.json")
        contract.write_text(json.dumps(big_contract(scale)), encoding="utf-8")
        yield make_package(contract, Path(folder, f"bench_{scale.operations}"))


def application(package: Package, warm_up_seconds: float = 60.0) -> Application:
    """The generated operations in a FastAPI application; handlers give nothing, where that is an answer."""
    fastapi = FastAPI(openapi_url=None)
    schemes = package.module("security").Verifiers(token=SecretVerifier(CALLERS)).schemes()
    runtime: Runtime[Any] = Runtime(fastapi, schemes)

    handlers = {
        each.tag: type(
            "Written",
            (each.stand_in,),
            {
                name: _always(package.answer(each.tag, f"D{operation.id[1:]}204")())
                for name, operation in each.operations.items()
                if operation.id.startswith("delete")
            },
        )
        for each in package.implementations()
    }
    registry: Any = package.module("registry")
    mount(runtime, registry.endpoints(registry.Handlers(**handlers), runtime), warm_up_seconds)
    return cast("Application", fastapi)


def _always(answer: Any) -> Callable[..., Awaitable[Any]]:
    async def method(*_: object, **__: object) -> Any:
        return answer

    return method


async def call(app: Application, method: str, path: str, body: bytes = b"") -> int:
    """One request; the status of its answer."""
    status = 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status
        status = message.get("status", status)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": HEADERS,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await app(scope, receive, send)
    return status


def deletions(package: Package) -> list[str]:
    paths = json.loads(package.contract.read_text())["paths"]
    return [path.replace("{id}", ID) for path, item in paths.items() if "delete" in item]


def routing() -> tuple[float, float, float]:
    """CPU microseconds of the first of 10 operations and of the last of 1,200, and the median of their ratios."""
    small, large = Scale(10, 20, 2, 4), Scale(1200, 60, 40, 4)
    with generated(small) as one, generated(large) as other:
        sides = [(application(one), deletions(one)[0]), (application(other), deletions(other)[-1])]
        return asyncio.run(_compare(sides))


async def _compare(sides: list[tuple[Application, str]]) -> tuple[float, float, float]:
    costs: list[tuple[float, float]] = []
    for number in range(ROUNDS + 1):
        pair = [0.0, 0.0]
        for place in (0, 1) if number % 2 else (1, 0):
            app, path = sides[place]
            gc.collect()
            started = time.process_time()
            for _ in range(REQUESTS):
                assert await call(app, "DELETE", path) == 204
            pair[place] = (time.process_time() - started) / REQUESTS * 1e6
        if number:  # the first round warms up
            costs.append((pair[0], pair[1]))
    ratio = statistics.median(second / first for first, second in costs)
    return statistics.median(one for one, _ in costs), statistics.median(two for _, two in costs), ratio


@dataclass(frozen=True)
class Start:
    """How soon a server of a large contract answers, and what first requests cost beyond later ones."""

    operations: int
    ready: float
    median: float
    worst: float
    worst_path: str
    prepared: float


def start(package_folder: str, name: str, contract: str) -> Start:
    """Measure in this process, which has to be new: import, mount, and two requests to each operation at once."""
    begun = time.perf_counter() - (time.time() - psutil.Process().create_time())
    sys.path.insert(0, package_folder)
    package = Package(name, Path(package_folder, name), Path(contract))
    app = application(package, 0.7)
    return asyncio.run(_first_requests(app, package, begun))


async def _first_requests(app: Application, package: Package, begun: float) -> Start:
    paths = json.loads(package.contract.read_text())["paths"]
    wanted = [(method.upper(), path) for path, item in paths.items() for method in item if method != "parameters"]
    body = json.dumps({"id": ID}).encode()
    ready = 0.0
    extra: list[tuple[float, str]] = []
    for method, path in wanted[::-1]:
        took = []
        for _ in range(2):
            before = time.perf_counter()
            await call(app, method, path.replace("{id}", ID), body if method in ("POST", "PUT") else b"")
            took.append(time.perf_counter() - before)
        ready = ready or time.perf_counter() - begun
        extra.append((took[0] - took[1], f"{method} {path}"))
    for thread in threading.enumerate():
        if thread.name == "tallystick-warm-up":
            thread.join()
    worst = max(extra)
    median = statistics.median(each for each, _ in extra)
    return Start(len(wanted), ready, median * 1e3, worst[0] * 1e3, worst[1], time.perf_counter() - begun)


def report_routing() -> None:
    """Print what routing costs."""
    first, last, ratio = routing()
    print(f"routing: first of 10 operations {first:.1f} us, last of 1,200 {last:.1f} us CPU; {ratio:.3f}x")


def report_generation(sizes: Iterable[int] = SIZES) -> None:
    """Print what generating costs, and how soon a server of the package answers."""
    print(f"{'operations':>10}{'schemas':>10}{'MB':>8}{'seconds':>10}{'CPU s':>10}{'peak MB':>10}{'ms CPU/op':>12}")
    for size in sizes:
        cost = generation(size)
        figures = f"{cost.megabytes:>8.1f}{cost.seconds:>10.1f}{cost.cpu:>10.1f}{cost.memory:>10.0f}"
        print(f"{cost.operations:>10}{cost.schemas:>10}{figures}{cost.cpu / cost.operations * 1e3:>12.1f}", flush=True)


def report_start(scale: Scale) -> None:
    """Print how soon a server of a large contract answers."""
    with generated(scale) as package:
        command = [sys.executable, "-m", "tests.benchmarks.scale", str(package.root.parent), package.name]
        for label in ("compiling", "compiled"):
            done = subprocess.run([*command, str(package.contract)], stdout=subprocess.PIPE, text=True, check=True)
            found = Start(**json.loads(done.stdout))
            first = (
                f"first requests slower by {found.median:.1f} ms (median), {found.worst:.1f} ms ({found.worst_path})"
            )
            print(f"{found.operations} operations, {label}: first answer after {found.ready:.2f} s; {first};", end=" ")
            print(f"all prepared after {found.prepared:.1f} s")


if __name__ == "__main__":
    print(json.dumps(asdict(start(*sys.argv[1:]))))
