"""Serves a mock, and takes every change of the contract while it runs."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from watchfiles import Change, awatch

from tallystick.mock.application import MockApplication, MockOptions, Workshop

_SUFFIXES = frozenset({".yaml", ".yml", ".json"})
_PAUSE = 0.5
_LONGEST_HEAD = 16 * 1024 * 1024


@dataclass
class Exchange:
    """The application that is served now."""

    current: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with what is current when the request begins."""
        await self.current(scope, receive, send)


@dataclass(frozen=True)
class Announcements:
    """Who is told of an edit: that it is served, or why it is not."""

    changed: Callable[[MockApplication], None]
    failed: Callable[[Exception], None]


class Reloader:
    """Makes the application anew when a file of the contract changes; a broken edit leaves the old one."""

    def __init__(
        self, workshop: Workshop, contract: Path, options: MockOptions, exchange: Exchange, tell: Announcements
    ) -> None:
        self._workshop = workshop
        self._contract = contract
        self._options = options
        self._exchange = exchange
        self._tell = tell

    async def watch(self, files: Iterable[Path], stop: asyncio.Event) -> None:
        """Until `stop`."""
        served = _stamps(files)
        while not stop.is_set():
            if _stamps(served) == served:
                await _next_change({file.parent for file in served}, stop)
            if not stop.is_set():
                served = await self._reload(served)

    async def _reload(self, served: Mapping[Path, int]) -> dict[Path, int]:
        """The files to watch from now on, as they were before they were read."""
        before = _stamps(served)
        try:
            made = await asyncio.to_thread(self._workshop.make, self._contract, self._options)
        except Exception as error:  # noqa: BLE001 - whatever an edit breaks, the last good contract is served on
            self._tell.failed(error)
            return before
        self._exchange.current = made.app
        self._tell.changed(made)
        return {file: before.get(file, stamp) for file, stamp in _stamps(made.files).items()}


def listen(host: str, port: int) -> socket.socket:
    """The address to serve on, taken before the work begins. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


async def serve(reloader: Reloader, first: MockApplication, exchange: Exchange, address: socket.socket) -> None:
    """Serve until interrupted."""
    # Targets of any length a contract may allow are for the contract to judge: httptools ends at 64 kB.
    config = uvicorn.Config(
        exchange, log_level=logging.WARNING, lifespan="off", http="h11", h11_max_incomplete_event_size=_LONGEST_HEAD
    )
    server = uvicorn.Server(config)
    stop = asyncio.Event()
    watch = asyncio.create_task(reloader.watch(first.files, stop))
    try:
        await server.serve(sockets=[address])
    finally:
        stop.set()
        await watch


def _stamps(files: Iterable[Path]) -> dict[Path, int]:
    return {file: file.stat().st_mtime_ns if file.exists() else 0 for file in files}


async def _next_change(folders: Iterable[Path], stop: asyncio.Event) -> None:
    def is_contract(_: Change, name: str) -> bool:
        return Path(name).suffix in _SUFFIXES

    there = [folder for folder in folders if folder.is_dir()]
    if not there:
        # Another branch is checked out, say: it may come back.
        await asyncio.sleep(_PAUSE)
        return
    async for _ in awatch(*there, watch_filter=is_contract, stop_event=stop, recursive=False, step=50):
        return
