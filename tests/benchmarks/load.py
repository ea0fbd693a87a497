"""Keep-alive load on loopback: raw sockets, so that the client stays cheap beside the server it measures."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Measurement:
    """One scenario: how many requests, how long they took, and what they cost the server process."""

    requests: int
    seconds: float
    cpu_seconds: float
    latencies: tuple[float, ...]

    @property
    def cpu_microseconds(self) -> float:
        """CPU time of the server per request."""
        return self.cpu_seconds / self.requests * 1e6

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds

    def percentile(self, share: float) -> float:
        """A latency percentile in milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1e3


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far, by the kernel's accounting."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def measure(
    port: int, pid: int, request: Callable[[int], bytes], expected: bytes, *, requests: int, connections: int = 16
) -> Measurement:
    """Send `requests` requests over keep-alive connections.

    Raises:
        RuntimeError: an answer has another status than expected.
    """
    latencies: list[float] = []
    numbers = iter(range(requests))
    before, started = cpu_seconds(pid), time.perf_counter()
    await asyncio.gather(*(_worker(port, numbers, request, expected, latencies) for _ in range(connections)))
    seconds = time.perf_counter() - started
    return Measurement(requests, seconds, cpu_seconds(pid) - before, tuple(latencies))


async def _worker(
    port: int, numbers: Iterator[int], request: Callable[[int], bytes], expected: bytes, latencies: list[float]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for number in numbers:
            began = time.perf_counter()
            writer.write(request(number))
            head = await reader.readuntil(b"\r\n\r\n")
            length = _content_length(head)
            body = await reader.readexactly(length) if length else b""
            latencies.append(time.perf_counter() - began)
            if not head.startswith(expected):
                raise RuntimeError(f"answered {head.splitlines()[0]!r}: {body[:300]!r}")
    finally:
        writer.close()


def _content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0
