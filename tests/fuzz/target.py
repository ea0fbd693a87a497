"""The server under test: a process of its own on a fresh database of a PostgreSQL that the run shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.fuzz.seed import seed
from tests.support.databases import TestServer
from tests.support.server import RunningServer, running

RUNNER = "app.server.run"


def settings(folder: Path, database_url: str) -> dict[str, str]:
    """What differs from the settings that the server has by itself, outside of fuzzing's concern."""
    return {
        "APP_ENVIRONMENT": "test",
        "APP_HOST": "127.0.0.1",
        "APP_DATA_DIR": str(folder / "data"),
        "APP_DATABASE_URL": database_url,
        "APP_LOG_LEVEL": "warning",
        # Rate limits would refuse most of the cases; tests of their own prove them.
        "APP_LIMITS_ENABLED": "false",
        # Thousands of accounts come and go: passwords are hashed, but cheaply.
        "APP_AUTH_ARGON2_MEMORY_KIB": "8",
        "APP_AUTH_ARGON2_TIME_COST": "1",
    }


@contextmanager
def serving(
    postgres: TestServer, name: str, folder: Path, *, runner: str = RUNNER, extra: Mapping[str, str] | None = None
) -> Iterator[RunningServer]:
    """A server with the seed data, until the context ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with postgres.fresh(f"fuzz_{name}") as url:
        chosen = settings(folder, url)
        with running(folder, {**chosen, **(extra or {})}, module=runner) as server:
            seed(server.url, folder, chosen)
            yield server
