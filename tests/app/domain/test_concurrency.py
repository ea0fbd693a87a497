"""Everything that touches accounts, sessions and items at once: no deadlock, and nothing left over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from sqlalchemy import func, select

from app.domain.auth.errors import InvalidGrant
from app.domain.auth.tables import RefreshTokenTable
from app.domain.items.errors import OwnerGone
from app.domain.items.service import ItemContent
from app.domain.items.tables import ItemTable
from app.domain.sessions.tables import SessionTable
from app.domain.users.errors import AccountGone, UserNotFound
from app.domain.users.repository import UserRow
from app.domain.users.service import UserChange
from app.kit.principal import Role
from app.server.services import Services
from tests.app.domain.conftest import PASSWORD, MakeUser, principal_of

EXPECTED = (AccountGone, InvalidGrant, OwnerGone, UserNotFound)
ROUNDS = 4


async def _repeated(action: Callable[[], Awaitable[object]]) -> None:
    for _ in range(ROUNDS):
        try:
            await action()
        except EXPECTED:
            continue


async def test_an_account_is_used_changed_and_deleted_at_once(services: Services, make_user: MakeUser) -> None:
    """Locks are taken in one order everywhere, else PostgreSQL would have to end one of these with an error."""
    for number in range(3):
        user = await make_user(f"ada{number}@example.com")
        pair = await services.auth.sign_in(user.email, PASSWORD, None, None)
        await asyncio.gather(
            _repeated(partial(services.auth.sign_in, user.email, PASSWORD, None, None)),
            _repeated(partial(services.auth.refresh, pair.refresh, None)),
            _repeated(partial(_promote, services, user)),
            _repeated(partial(_create, services, user)),
            _delete_after_a_moment(services, user),
        )
    for table in (ItemTable, SessionTable, RefreshTokenTable):
        assert await services.database.reader.scalar(select(func.count()).select_from(table)) == 0


async def _promote(services: Services, user: UserRow) -> None:
    async with services.database.unit_of_work() as work:
        await services.users.administrate(work, user.id, UserChange(role=Role.MODERATOR))


async def _create(services: Services, user: UserRow) -> None:
    async with services.database.unit_of_work() as work:
        await services.items.create(work, principal_of(user), ItemContent("stick"))


async def _delete_after_a_moment(services: Services, user: UserRow) -> None:
    await asyncio.sleep(0.02)
    async with services.database.unit_of_work() as work:
        await services.users.delete(work, user.id)
