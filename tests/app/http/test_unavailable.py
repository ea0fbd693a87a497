"""503: the database is away, busy or full, or the server is shutting down. Nothing hangs, and nothing leaks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app.kit.principal import Role
from app.kit.tables import Base
from app.settings import Settings
from generated.operations import OPERATIONS
from tests.support.problems import OAUTH, assert_problem
from tests.support.requests import BY_ID, SECURED, good_request, places_for, success_of
from tests.support.world import World, world_on

pytestmark = pytest.mark.asyncio(loop_scope="module")

# Readiness says in a problem of its own what is missing.
NEEDS_DATABASE = [one.id for one in OPERATIONS if 503 in one.statuses and one.id != "getReadiness"]
NEEDS_NONE = [one.id for one in OPERATIONS if 503 not in one.statuses]
NOBODY_LISTENS = "postgresql+asyncpg://tally:very-secret@127.0.0.1:1/none"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def without_database(shared_settings: Settings) -> AsyncIterator[World]:
    """An application whose database does not listen."""
    database = shared_settings.database.model_copy(update={"url": SecretStr(NOBODY_LISTENS)})
    async with world_on(shared_settings.model_copy(update={"database": database})) as world:
        yield world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def impatient(shared_settings: Settings) -> AsyncIterator[World]:
    """An application that does not wait long for locks."""
    database = shared_settings.database.model_copy(update={"lock_timeout_seconds": 0.1})
    async with world_on(shared_settings.model_copy(update={"database": database})) as world:
        yield world


@asynccontextmanager
async def locked_tables(settings: Settings) -> AsyncIterator[None]:
    """While this lasts, no statement on any table gets through."""
    assert settings.database.url is not None
    engine = create_async_engine(settings.database.url.get_secret_value(), poolclass=NullPool)
    async with engine.begin() as connection:
        names = ", ".join(Base.metadata.tables)
        await connection.execute(text(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE"))
        yield
    await engine.dispose()


@pytest.mark.parametrize("operation", NEEDS_DATABASE)
async def test_without_database_every_operation_that_needs_it_is_503(without_database: World, operation: str) -> None:
    world = without_database
    request = good_request(operation).but(headers=world.stranger() if operation in SECURED else {})
    answer = await request.send(world.client)
    assert_problem(answer, 503, "service-unavailable", operation=operation, error="temporarily_unavailable")
    assert "very-secret" not in answer.text
    assert "127.0.0.1" not in answer.text


@pytest.mark.parametrize("operation", NEEDS_DATABASE)
async def test_with_a_busy_database_the_operation_itself_is_503(
    shared_settings: Settings, impatient: World, operation: str
) -> None:
    """The caller is admitted here, so that what fails is the operation's own work."""
    admin = await impatient.person(Role.ADMIN)
    request = good_request(operation, await places_for(operation, impatient, admin)).but(headers=admin.auth)
    await impatient.services.revocations.refresh()
    async with locked_tables(shared_settings):
        answer = await request.send(impatient.client)
    assert_problem(answer, 503, "service-unavailable", operation=operation, error="temporarily_unavailable")
    assert answer.headers["Retry-After"] == "1"
    assert (await request.send(impatient.client)).status_code == success_of(operation), "it recovers by itself"


@pytest.mark.parametrize("operation", NEEDS_NONE)
async def test_what_needs_no_database_is_answered_without(without_database: World, operation: str) -> None:
    assert (await good_request(operation).send(without_database.client)).status_code == 200


async def test_refusals_before_the_database_still_come_first(without_database: World) -> None:
    assert_problem(await good_request("getMe").send(without_database.client), 401, "unauthorized")


@pytest.mark.parametrize("operation", OAUTH)
async def test_oauth_says_temporarily_unavailable(without_database: World, operation: str) -> None:
    answer = await good_request(operation).send(without_database.client)
    assert answer.json()["error"] == "temporarily_unavailable"
    assert 503 in BY_ID[operation].statuses


async def test_readiness_names_what_is_down(without_database: World) -> None:
    answer = await good_request("getReadiness").send(without_database.client)
    problem = assert_problem(answer, 503, "not-ready", operation="getReadiness")
    assert problem["dependencies"] == [{"name": "database", "status": "down"}]
    assert "127.0.0.1" not in answer.text


async def test_readiness_is_off_while_the_server_drains(shared: World) -> None:
    assert (await shared.client.get("/health/ready")).json() == {
        "status": "ready",
        "dependencies": [{"name": "database", "status": "up"}],
    }
    shared.services.draining.is_on = True
    try:
        answer = await shared.client.get("/health/ready")
        problem = assert_problem(answer, 503, "not-ready", operation="getReadiness")
        assert problem["dependencies"] == [{"name": "database", "status": "up"}]
        assert (await shared.client.get("/health/live")).status_code == 200
    finally:
        shared.services.draining.is_on = False
