"""A mock of a contract behind a real HTTP server, in a thread of this process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from tallystick.mock.server import listen

PATIENCE = 30.0


@contextmanager
def served(app: Any) -> Iterator[str]:
    """Serve an application on a free port of this machine as `tally mock` does; gives the base URL."""
    with listen("127.0.0.1", 0) as address:
        # Half of what a fuzzer sends is no HTTP at all: uvicorn would log each.
        server = uvicorn.Server(uvicorn.Config(app, log_level=logging.CRITICAL, lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [address]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{address.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(PATIENCE)
    assert not thread.is_alive(), "the server did not end"
