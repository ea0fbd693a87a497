"""Sessions and their revocation, on a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Executable, Row, func, select

from app.domain.sessions.errors import SessionNotFound
from app.domain.sessions.revocations import POLL_SECONDS, Revocations
from app.domain.sessions.tables import RevocationTable, SessionTable
from app.domain.users.repository import UserRow
from app.kit.clock import ManualClock, SystemClock
from app.kit.db import Database, Parameters, ReadSession
from app.kit.errors import DatabaseUnavailable
from app.kit.periodic import Periodic
from app.server.services import Services
from tests.app.domain.conftest import MakeUser

LIFE = timedelta(minutes=15)


@pytest.fixture
async def ada(make_user: MakeUser) -> UserRow:
    return await make_user("ada@example.com")


async def start(services: Services, user: UserRow, user_agent: str | None = None) -> UUID:
    async with services.database.unit_of_work() as work:
        session_id, _ = await services.sessions.start(await work.begin(), user.id, frozenset(), user_agent)
        return session_id


async def end(services: Services, session_id: UUID) -> None:
    async with services.database.unit_of_work() as work:
        await services.sessions.end(work, session_id)


async def test_lists_are_walked_completely_the_newest_first(
    services: Services, ada: UserRow, make_user: MakeUser, clock: ManualClock
) -> None:
    await start(services, await make_user("bob@example.com"))
    started = []
    for number in range(5):
        started.append(await start(services, ada))
        clock.advance(seconds=number % 2)
    seen: list[UUID] = []
    cursor: str | None = None
    while True:
        read = services.database.reader
        page = await services.sessions.list(read, ada.id, limit=2, cursor=cursor, include_total=True)
        assert page.total == 5
        seen += [row.id for row in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(seen) == sorted(started)
    assert seen[0] in started[-2:]
    assert seen[-1] in started[:2]


async def test_ended_and_expired_sessions_are_not_listed(services: Services, ada: UserRow, clock: ManualClock) -> None:
    ended, _ = await start(services, ada), await start(services, ada)
    await end(services, ended)
    clock.advance(days=29)
    late = await start(services, ada)
    clock.advance(days=2)
    page = await services.sessions.list(services.database.reader, ada.id, limit=10)
    assert [row.id for row in page.rows] == [late]


async def test_users_end_their_own_live_sessions_only(services: Services, ada: UserRow, make_user: MakeUser) -> None:
    bob = await make_user("bob@example.com")
    hers = await start(services, ada)
    for user, session in ((bob, hers), (ada, uuid4())):
        with pytest.raises(SessionNotFound):
            async with services.database.unit_of_work() as work:
                await services.sessions.end_own(work, user.id, session)
    assert not await services.revocations.includes(hers)
    async with services.database.unit_of_work() as work:
        await services.sessions.end_own(work, ada.id, hers)
    assert await services.revocations.includes(hers)
    with pytest.raises(SessionNotFound):
        async with services.database.unit_of_work() as work:
            await services.sessions.end_own(work, ada.id, hers)


async def test_what_is_rolled_back_is_not_revoked(services: Services, ada: UserRow) -> None:
    session = await start(services, ada)
    with pytest.raises(RuntimeError):
        async with services.database.unit_of_work() as work:
            await services.sessions.end(work, session)
            raise RuntimeError
    assert not await services.revocations.includes(session)


@pytest.mark.parametrize("user_agent", [None, "", "curl/8", "x" * 1000, "tab\tnul\x00\x7f"])
async def test_user_agents_are_kept_as_far_as_they_can_be_shown(
    services: Services, ada: UserRow, user_agent: str | None
) -> None:
    await start(services, ada, user_agent)
    (row,) = (await services.sessions.list(services.database.reader, ada.id, limit=1)).rows
    if user_agent is None:
        assert row.user_agent is None
    else:
        assert row.user_agent is not None
        assert len(row.user_agent) <= 400
        assert not row.user_agent or row.user_agent.isprintable()


async def test_ended_sessions_are_forgotten_when_nothing_depends_on_them(
    services: Services, ada: UserRow, clock: ManualClock
) -> None:
    async def remaining() -> tuple[int | None, int | None]:
        read = services.database.reader
        return (
            await read.scalar(select(func.count()).select_from(SessionTable)),
            await read.scalar(select(func.count()).select_from(RevocationTable)),
        )

    await end(services, await start(services, ada))
    clock.advance(minutes=16)
    await services.purge()
    assert await remaining() == (1, 1), "an access token may still be alive by another clock"
    clock.advance(hours=1)
    await services.purge()
    assert await remaining() == (1, 0)
    clock.advance(days=31)
    await services.purge()
    assert await remaining() == (0, 0)


@pytest.fixture
async def other_process(services: Services) -> AsyncIterator[Revocations]:
    """What a second process knows, with its poll running."""
    revocations = Revocations(services.database.reader, services.clock, longest_token_life=LIFE)
    poll = Periodic("revocations", POLL_SECONDS, revocations.refresh)
    poll.start()
    await asyncio.sleep(0.1)
    yield revocations
    await poll.stop()


async def test_a_revocation_reaches_other_processes_within_a_second(
    services: Services, ada: UserRow, other_process: Revocations
) -> None:
    session = await start(services, ada)
    assert not await other_process.includes(session)
    await end(services, session)
    assert await services.revocations.includes(session), "here at once"
    await asyncio.sleep(1)
    assert await other_process.includes(session)


class Unreachable(ReadSession):
    """A database that is away, after it has answered so many questions."""

    def __init__(self, database: Database, answers: int) -> None:
        self._reader = database.reader
        self.answers = answers
        self.asked = 0

    async def _fetch(self, statement: Executable, parameters: Parameters) -> Sequence[Row[*tuple[Any, ...]]]:
        self.asked += 1
        if self.asked > self.answers:
            raise DatabaseUnavailable("away")
        return await self._reader._fetch(statement, parameters)


async def test_fresh_knowledge_needs_no_database_and_stale_knowledge_admits_nobody(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Unreachable(database, answers=1)
    revocations = Revocations(read, SystemClock(), longest_token_life=LIFE)
    await revocations.refresh()
    assert not await revocations.includes(uuid4())
    assert read.asked == 1
    monkeypatch.setattr("app.domain.sessions.revocations.TRUSTED_SECONDS", -1.0)
    with pytest.raises(DatabaseUnavailable):
        await revocations.includes(uuid4())


async def test_stale_knowledge_asks_the_database(services: Services, ada: UserRow) -> None:
    never_refreshed = Revocations(services.database.reader, services.clock, longest_token_life=LIFE)
    session = await start(services, ada)
    assert not await never_refreshed.includes(session)
    await end(services, session)
    assert await never_refreshed.includes(session)


async def test_the_poll_survives_an_outage(database: Database) -> None:
    read = Unreachable(database, answers=0)
    revocations = Revocations(read, SystemClock(), longest_token_life=LIFE)
    poll = Periodic("revocations", 0.01, revocations.refresh)
    poll.start()
    await asyncio.sleep(0.1)
    assert read.asked > 1, "it tries again"
    with pytest.raises(DatabaseUnavailable):
        await revocations.includes(uuid4())
    read.answers = 10**6
    await asyncio.sleep(0.3)
    await poll.stop()
    before = read.asked
    assert not await revocations.includes(uuid4())
    assert read.asked == before, "known from the poll"
