"""Services on a real database, with a clock that tests move."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from app.domain.users.repository import UserRow
from app.domain.users.service import NewUser
from app.kit.clock import ManualClock
from app.kit.db import Database
from app.kit.principal import SCOPES_OF, Principal, Role
from app.server.services import Services, build_services
from app.settings import Settings
from tests.support.api import PASSWORD, Caller, caller

__all__ = ["PASSWORD", "MakeCaller", "MakeUser", "principal_of"]

MakeCaller = Callable[..., Awaitable[Caller]]
MakeUser = Callable[..., Awaitable[UserRow]]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def services(settings: Settings, database: Database, clock: ManualClock) -> AsyncIterator[Services]:
    """A server's services, with nothing running in the background."""
    services = build_services(settings, database, clock)
    await services.revocations.refresh()
    yield services
    services.passwords.close()


@pytest.fixture
def make_user(services: Services) -> MakeUser:
    """Opens an account: `await make_user("ada@example.com", role=Role.ADMIN)`."""

    async def make(email: str, *, role: Role = Role.USER, is_active: bool = True) -> UserRow:
        new = NewUser(email, PASSWORD, email.partition("@")[0], role, is_active)
        async with services.database.unit_of_work() as work:
            return await services.users.create(work, new)

    return make


@pytest.fixture
def make_caller(app: FastAPI, client: httpx.AsyncClient) -> MakeCaller:
    """Opens an account in the running application and signs it in."""

    async def make(email: str = "ada@example.com", *, role: Role = Role.USER) -> Caller:
        running: Services = app.state.services
        async with running.database.unit_of_work() as work:
            row = await running.users.create(work, NewUser(email, PASSWORD, email.partition("@")[0], role))
        return await caller(client, str(row.id), email)

    return make


@pytest.fixture
async def ada_calls(make_caller: MakeCaller) -> Caller:
    return await make_caller("ada@example.com")


@pytest.fixture
async def admin_calls(make_caller: MakeCaller) -> Caller:
    return await make_caller("root@example.com", role=Role.ADMIN)


def principal_of(user: UserRow, session_id: UUID | None = None) -> Principal:
    """The bearer of a token with everything that the user's role allows."""
    return Principal(user.id, session_id or user.id, frozenset(SCOPES_OF[user.role]))
