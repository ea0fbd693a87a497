"""Fixtures of the product: real PostgreSQL, settings of a test, the application in process, a server process."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from fastapi import FastAPI
from pydantic import SecretStr

from app.kit.db import Database
from app.main import create_app
from app.settings import (
    AuthSettings,
    DatabaseSettings,
    Environment,
    LimitsSettings,
    LogSettings,
    ServerSettings,
    Settings,
)
from tests.support import databases
from tests.support.server import RunningServer, running
from tests.support.statuses import Recording
from tests.support.world import World, world_on


@pytest.fixture(scope="session")
def postgres(testrun_uid: str) -> Iterator[databases.TestServer]:
    """The PostgreSQL server of this run; `postgres.fresh(name)` gives a database of one's own."""
    # Not below pytest's own folder: PostgreSQL may run as another user, and pytest keeps others out of that.
    server = databases.TestServer(Path(tempfile.gettempdir()) / f"tallystick-tests-{testrun_uid}")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that an embedded PostgreSQL can use; `tmp_path` may be closed to its user."""
    path = Path(tempfile.mkdtemp(prefix="tallystick-test-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def worker_database_url(postgres: databases.TestServer, worker_id: str) -> Iterator[str]:
    """The migrated database of this worker; rows of the test before may be in it."""
    with postgres.fresh(f"worker_{worker_id}") as url:
        yield url


@pytest.fixture
async def database_url(worker_database_url: str) -> str:
    """A migrated database without rows."""
    await databases.empty(worker_database_url)
    return worker_database_url


@pytest.fixture(scope="session")
def private_keys() -> SecretStr:
    """A signing key, as APP_AUTH_PRIVATE_KEYS takes it."""
    key = Ed25519PrivateKey.generate()
    return SecretStr(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


def make_settings(url: str, private_keys: SecretStr) -> Settings:
    """Settings of a test: cheap passwords, no rate limits."""
    return Settings(
        environment=Environment.TEST,
        server=ServerSettings(port=0, drain_seconds=0),
        database=DatabaseSettings(url=SecretStr(url), pool_size=4),
        auth=AuthSettings(private_keys=private_keys, argon2_memory_kib=8, argon2_time_cost=1),
        limits=LimitsSettings(enabled=False),
        log=LogSettings(level="warning"),
    )


@pytest.fixture
def settings(database_url: str, private_keys: SecretStr) -> Settings:
    """Settings with a database without rows; change them with `settings.model_copy`."""
    return make_settings(database_url, private_keys)


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """Pools on a database without rows."""
    assert settings.database.url is not None
    database = Database(settings.database.url.get_secret_value(), settings.database)
    yield database
    database.close()


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[FastAPI]:
    """The application with its lifespan running; `app.dependency_overrides` and `app.state.services` are there."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Speaks to the application in this process."""
    transport = httpx.ASGITransport(Recording(app), client=("192.0.2.1", 50000))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


@pytest.fixture
async def world(settings: Settings) -> AsyncIterator[World]:
    """An application on a database without rows, and people who use it."""
    async with world_on(settings) as world:
        yield world


@pytest.fixture(scope="module")
def shared_settings(postgres: databases.TestServer, worker_id: str, private_keys: SecretStr) -> Iterator[Settings]:
    """Settings with a database for all tests of a module."""
    with postgres.fresh(f"shared_{worker_id}") as url:
        yield make_settings(url, private_keys)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(shared_settings: Settings) -> AsyncIterator[World]:
    """An application for all tests of a module, each with people of its own; mark them `loop_scope="module"`."""
    async with world_on(shared_settings) as world:
        yield world


@pytest.fixture(scope="module")
def server(
    postgres: databases.TestServer, worker_id: str, private_keys: SecretStr, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """A server process with a database of its own, for the tests of one module."""
    folder = tmp_path_factory.mktemp("server")
    with (
        postgres.fresh(f"server_{worker_id}") as url,
        running(folder, server_settings(url, private_keys)) as server,
    ):
        yield server


def server_settings(url: str, private_keys: SecretStr) -> dict[str, str]:
    """What a server process is given in tests."""
    return {
        "APP_ENVIRONMENT": "development",
        "APP_DATABASE_URL": url,
        "APP_AUTH_PRIVATE_KEYS": private_keys.get_secret_value(),
        "APP_AUTH_ARGON2_MEMORY_KIB": "8",
        "APP_AUTH_ARGON2_TIME_COST": "1",
        "APP_LIMITS_ENABLED": "false",
        "APP_LOG_FORMAT": "json",
    }
