"""Services on a real database, with a clock that tests move."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import pytest

from app.domain.users.repository import UserRow
from app.domain.users.service import NewUser
from app.kit.clock import ManualClock
from app.kit.db import Database
from app.kit.principal import SCOPES_OF, Principal, Role
from app.server.services import Services, build_services
from app.settings import Settings

PASSWORD = "forty notches on hazel"

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


def principal_of(user: UserRow, session_id: UUID | None = None) -> Principal:
    """The bearer of a token with everything that the user's role allows."""
    return Principal(user.id, session_id or user.id, frozenset(SCOPES_OF[user.role]))
