"""Accounts through their service, on a real database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from app.domain.auth.tables import RefreshTokenTable
from app.domain.items.service import ItemContent
from app.domain.items.tables import ItemTable
from app.domain.sessions.tables import SessionTable
from app.domain.users.errors import AccountGone, EmailTaken, LastAdministrator, UserNotFound, WrongPassword
from app.domain.users.repository import UserFilter, UserRow
from app.domain.users.service import NewUser, UserChange
from app.kit.clock import ManualClock
from app.kit.idempotency import IdempotencyKeyTable, PostgresIdempotencyStore
from app.kit.principal import Role
from app.server.services import Services
from tallystick.runtime.reply import Reply
from tests.app.domain.conftest import PASSWORD, MakeUser, principal_of


async def administrate(services: Services, user_id: UUID, **change: Any) -> UserRow:
    async with services.database.unit_of_work() as work:
        return await services.users.administrate(work, user_id, UserChange(**change))


async def delete(services: Services, user_id: UUID) -> None:
    async with services.database.unit_of_work() as work:
        await services.users.delete(work, user_id)


async def start_session(services: Services, user: UserRow) -> UUID:
    async with services.database.unit_of_work() as work:
        session_id, _ = await services.sessions.start(await work.begin(), user.id, frozenset({"me:read"}), None)
        return session_id


async def live_sessions(services: Services, user: UserRow) -> list[UUID]:
    page = await services.sessions.list(services.database.reader, user.id, limit=100)
    return [row.id for row in page.rows]


async def outcomes(*attempts: Awaitable[Any]) -> list[str]:
    results = await asyncio.gather(*attempts, return_exceptions=True)
    return sorted(type(result).__name__ for result in results)


async def test_an_account_is_read_as_it_was_opened(services: Services, make_user: MakeUser) -> None:
    ada = await make_user("Ada@Example.com", role=Role.MODERATOR)
    assert await services.users.get(services.database.reader, ada.id) == ada
    assert (ada.email, ada.display_name, ada.role, ada.is_active) == ("Ada@Example.com", "Ada", Role.MODERATOR, True)
    with pytest.raises(UserNotFound):
        await services.users.get(services.database.reader, uuid4())


async def test_an_address_has_one_account_however_it_is_written(services: Services, make_user: MakeUser) -> None:
    await make_user("ada@example.com")
    with pytest.raises(EmailTaken):
        await make_user("ADA@example.COM")
    bob = await make_user("bob@example.com")
    with pytest.raises(EmailTaken):
        await administrate(services, bob.id, email="Ada@example.com")
    assert (await administrate(services, bob.id, email="BOB@example.com")).email == "BOB@example.com"


async def test_of_two_registrations_of_one_address_one_wins(make_user: MakeUser) -> None:
    assert await outcomes(make_user("ada@example.com"), make_user("ADA@example.com")) == ["EmailTaken", "UserRow"]


async def test_renaming_oneself_touches_nothing_else(
    services: Services, make_user: MakeUser, clock: ManualClock
) -> None:
    ada = await make_user("ada@example.com")
    clock.advance(seconds=5)
    async with services.database.unit_of_work() as work:
        renamed = await services.users.rename_own(work, principal_of(ada), "Ada L.")
    assert (renamed.display_name, renamed.email, renamed.updated_at) == ("Ada L.", ada.email, clock.now())


async def test_the_holder_of_a_token_of_a_deleted_account_is_told_so(services: Services, make_user: MakeUser) -> None:
    ada = await make_user("ada@example.com")
    await delete(services, ada.id)
    principal = principal_of(ada)
    with pytest.raises(AccountGone):
        await services.users.get_own(services.database.reader, principal)
    async with services.database.unit_of_work() as work:
        with pytest.raises(AccountGone):
            await services.users.rename_own(work, principal, "x")
        with pytest.raises(AccountGone):
            await services.users.delete_own(work, principal)
        with pytest.raises(AccountGone):
            await services.users.change_password(services.database.reader, work, principal, PASSWORD, PASSWORD)


async def test_lists_filter_count_and_page(services: Services, make_user: MakeUser, clock: ManualClock) -> None:
    made = []
    for number in range(7):
        made.append(await make_user(f"u_{number}%@example.com", role=Role.MODERATOR if number % 2 else Role.USER))
        clock.advance(seconds=number % 2)
    await make_user("UX@example.com", is_active=False)
    read = services.database.reader

    async def emails(wanted: UserFilter) -> list[str]:
        seen: list[str] = []
        cursor: str | None = None
        while True:
            page = await services.users.list(read, wanted, limit=2, cursor=cursor, include_total=True)
            seen += [row.email for row in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                assert page.total == len(seen)
                return seen

    expected = sorted(made, key=lambda row: (row.created_at, row.id), reverse=True)
    assert await emails(UserFilter(is_active=True)) == [row.email for row in expected]
    assert await emails(UserFilter(role=Role.MODERATOR)) == [row.email for row in expected if row.role == "moderator"]
    assert await emails(UserFilter(q="u")) == ["UX@example.com", *(row.email for row in expected)]
    assert await emails(UserFilter(q="U_3")) == ["u_3%@example.com"], "an underscore is no wildcard"
    assert await emails(UserFilter(q="%")) == [], "nor is a per cent sign"


@pytest.mark.parametrize("change", [{"role": Role.MODERATOR}, {"is_active": False}])
async def test_changing_what_an_account_may_do_ends_its_sessions(
    services: Services, make_user: MakeUser, change: dict[str, Any]
) -> None:
    ada = await make_user("ada@example.com")
    session = await start_session(services, ada)
    await administrate(services, ada.id, display_name="Ada L.", role=Role.USER, is_active=True)
    assert await live_sessions(services, ada) == [session], "nothing changed yet"
    await administrate(services, ada.id, **change)
    assert await live_sessions(services, ada) == []
    assert await services.revocations.includes(session)


@pytest.mark.parametrize("change", [{"role": Role.USER}, {"is_active": False}])
async def test_the_last_active_administrator_stays_one(
    services: Services, make_user: MakeUser, change: dict[str, Any]
) -> None:
    root = await make_user("root@example.com", role=Role.ADMIN)
    await make_user("sleeping@example.com", role=Role.ADMIN, is_active=False)
    await make_user("ada@example.com")
    with pytest.raises(LastAdministrator):
        await administrate(services, root.id, **change)
    with pytest.raises(LastAdministrator):
        await delete(services, root.id)
    assert await services.users.get(services.database.reader, root.id) == root
    await make_user("second@example.com", role=Role.ADMIN)
    await administrate(services, root.id, **change)


async def test_two_administrators_cannot_remove_each_other_at_once(services: Services, make_user: MakeUser) -> None:
    one = await make_user("one@example.com", role=Role.ADMIN)
    two = await make_user("two@example.com", role=Role.ADMIN)
    attempts = (delete(services, one.id), administrate(services, two.id, is_active=False))
    assert "LastAdministrator" in await outcomes(*attempts)


async def test_deleting_an_account_takes_everything_of_it(services: Services, make_user: MakeUser) -> None:
    ada, bob = await make_user("ada@example.com"), await make_user("bob@example.com")
    session = None
    for user in (ada, bob):
        pair = await services.auth.sign_in(user.email, PASSWORD, None, None)
        principal = services.tokens.verify(pair.access.value)
        session = session or principal.session_id
        async with services.database.unit_of_work() as work:
            await services.items.create(work, principal, ItemContent("stick"))
            store = PostgresIdempotencyStore(work, services.clock)
            await store.begin(principal.subject, "createItem", "key-0001", b"f")
            await store.store(Reply(201))
    await delete(services, ada.id)
    read = services.database.reader
    for table in (ItemTable, SessionTable, RefreshTokenTable, IdempotencyKeyTable):
        assert await read.scalar(select(func.count()).select_from(table)) == 1, table.__tablename__
    assert session is not None
    assert await services.revocations.includes(session), "its access tokens have ended too"
    with pytest.raises(UserNotFound):
        await delete(services, ada.id)


async def test_changing_the_password_ends_the_other_sessions(services: Services, make_user: MakeUser) -> None:
    ada = await make_user("ada@example.com")
    mine, other = await start_session(services, ada), await start_session(services, ada)
    principal = principal_of(ada, mine)
    read = services.database.reader
    async with services.database.unit_of_work() as work:
        with pytest.raises(WrongPassword):
            await services.users.change_password(read, work, principal, "wrong", "a new long password")
    async with services.database.unit_of_work() as work:
        await services.users.change_password(read, work, principal, PASSWORD, "a new long password")
    assert await live_sessions(services, ada) == [mine]
    assert await services.revocations.includes(other)
    assert await services.users.verify_password(read, ada.email, PASSWORD) is None
    assert await services.users.verify_password(read, ada.email, "a new long password") is not None


async def test_of_two_password_changes_one_wins(services: Services, make_user: MakeUser) -> None:
    """The slower one verified a password that is no longer the current one."""
    ada = await make_user("ada@example.com")

    async def change(new: str) -> None:
        async with services.database.unit_of_work() as work:
            read = services.database.reader
            await services.users.change_password(read, work, principal_of(ada), PASSWORD, new)

    assert await outcomes(change("first new password"), change("second new password")) == ["NoneType", "WrongPassword"]


async def test_a_new_account_begins_as_an_active_user() -> None:
    new = NewUser("ada@example.com", PASSWORD, "Ada")
    assert (new.role, new.is_active) == (Role.USER, True)
