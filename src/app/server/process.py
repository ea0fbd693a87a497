"""The server process: its socket, its signals, and how it ends."""

import asyncio
import gc
import math
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI

from app.server.protocol import BoundedProtocol
from app.server.services import Services
from app.settings import ServerSettings

KEEP_ALIVE_SECONDS = 30
# Requests leave few cycles behind: to look for them every 700 objects, Python's default, is to look in vain.
GC_THRESHOLDS = (20_000, 20, 20)


class CannotListen(Exception):
    """The address cannot be listened on; the message is one line that says why and what to do."""


def bind(settings: ServerSettings) -> socket.socket:
    """Take the port, without accepting anybody yet.

    Raises:
        CannotListen: it is taken, not allowed, or not of this machine.
    """
    place = f"{settings.host}:{settings.port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
    except PermissionError:
        raise CannotListen(f"Not allowed to listen on {place}: set APP_PORT to 1024 or more.") from None
    except socket.gaierror:
        raise CannotListen(f"Cannot listen on {place}: APP_HOST is no address of this machine.") from None
    except OSError as error:
        if error.errno == 98 or "in use" in str(error):
            message = f"Port {settings.port} on {settings.host} is taken: stop what listens there, or set APP_PORT."
            raise CannotListen(message) from None
        raise CannotListen(f"Cannot listen on {place} ({error.strerror}): set APP_HOST and APP_PORT.") from None
    listener.set_inheritable(False)
    return listener


class Server(uvicorn.Server):
    """Uvicorn that drains: told to end, it says so on its readiness first, then finishes what it has begun.

    The signal that ended it is kept in `ended_by` instead of being raised again, so that the caller can clean up.
    """

    def __init__(self, app: FastAPI, settings: ServerSettings, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                lifespan="on",
                http=BoundedProtocol,
                ws="none",
                log_config=None,
                access_log=False,
                # X-Forwarded-* are judged by our own list of trusted proxies.
                proxy_headers=False,
                server_header=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=max(1, math.ceil(settings.grace_seconds)),
            )
        )
        self._services: Services = app.state.services
        self._drain_seconds = settings.drain_seconds
        self._on_ready = on_ready
        self.ended_by: signal.Signals | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            _settle()
            self._on_ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        handled = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in handled}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, _frame: FrameType | None) -> None:
        if self.ended_by is not None:
            # Asked twice: whoever is there does not want to wait.
            self.should_exit = self.force_exit = True
            return
        self.ended_by = signal.Signals(sig)
        self._services.draining.is_on = True
        if sig == signal.SIGTERM and self._drain_seconds:
            asyncio.get_running_loop().call_later(self._drain_seconds, self._exit)
        else:
            self._exit()

    def _exit(self) -> None:
        self.should_exit = True


def _settle() -> None:
    """Take what start-up made out of the collector's sight: it stays for good, and looking at it costs requests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
