"""Reads, writes and the one committer, against real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from sqlalchemy import Integer, MetaData, SmallInteger, String, func, insert, literal, literal_column, select, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import NullPool

from app.kit.db import Database
from app.kit.errors import ConstraintViolated, DatabaseBusy, DatabaseUnavailable, DataRejected
from app.settings import DatabaseSettings
from tests.support.databases import TestServer


class Base(DeclarativeBase):
    metadata = MetaData()


class Note(Base):
    __tablename__ = "kit_db_notes"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    words: Mapped[str] = mapped_column(String(20))
    size: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))


COUNT = select(func.count()).select_from(Note)


@pytest.fixture
async def notes(database: Database, database_url: str) -> AsyncIterator[Database]:
    engine = create_async_engine(database_url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield database
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
    await engine.dispose()


async def test_what_a_unit_of_work_writes_is_there_after_it(notes: Database) -> None:
    async with notes.unit_of_work() as work:
        session = await work.begin()
        assert await session.execute(insert(Note).values(id=1, words="one")) == 1
        assert await notes.reader.scalar(COUNT) == 0, "seen by others before it was committed"
    assert await notes.reader.scalar(COUNT) == 1


async def test_an_exception_takes_everything_back(notes: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with notes.unit_of_work() as work:
            await (await work.begin()).execute(insert(Note).values(id=1, words="one"))
            raise ZeroDivisionError
    assert await notes.reader.scalar(COUNT) == 0


async def test_cancellation_takes_everything_back_and_frees_the_connection(notes: Database) -> None:
    entered = asyncio.Event()

    async def write() -> None:
        async with notes.unit_of_work() as work:
            await (await work.begin()).execute(insert(Note).values(id=1, words="one"))
            entered.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(write())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await notes.reader.scalar(COUNT) == 0
    async with asyncio.timeout(5), notes.unit_of_work() as work:
        assert await (await work.begin()).scalar(COUNT) == 0, "the row is still locked by somebody"


async def test_begin_gives_one_session_however_often_it_is_asked(notes: Database) -> None:
    async with notes.unit_of_work() as work:
        first, second = await asyncio.gather(work.begin(), work.begin())
        assert first is second


async def test_a_unit_of_work_that_nobody_uses_takes_no_connection(database_url: str) -> None:
    database = Database(database_url, DatabaseSettings(), application_name="unused")
    async with database.unit_of_work() as work:
        assert not work.is_open
    sessions = select(func.count()).select_from(text("pg_stat_activity")).where(text("application_name = 'unused'"))
    assert await database.reader.scalar(sessions) == 1, "the one that asks"
    database.close()


async def test_callbacks_run_in_order_and_only_after_the_commit(notes: Database) -> None:
    seen: list[object] = []

    async def count() -> None:
        seen.append(await notes.reader.scalar(COUNT))

    async with notes.unit_of_work() as work:
        work.after_commit(count)
        work.after_commit(lambda: seen.append("second"))
        await (await work.begin()).execute(insert(Note).values(id=1, words="one"))
        assert seen == []
    assert seen == [1, "second"]


async def test_callbacks_do_not_run_after_a_rollback(notes: Database) -> None:
    seen: list[str] = []
    with pytest.raises(ZeroDivisionError):
        async with notes.unit_of_work() as work:
            work.after_commit(lambda: seen.append("called"))
            raise ZeroDivisionError
    assert seen == []


async def test_callbacks_do_not_run_when_the_commit_itself_fails(notes: Database, database_url: str) -> None:
    seen: list[str] = []
    with pytest.raises(DatabaseUnavailable):
        async with notes.unit_of_work() as work:
            work.after_commit(lambda: seen.append("called"))
            session = await work.begin()
            await session.execute(insert(Note).values(id=1, words="one"))
            await _terminate_others(database_url)
    assert seen == []


async def test_a_failing_callback_does_not_undo_or_hide_the_commit(notes: Database) -> None:
    seen: list[str] = []

    def fail() -> None:
        raise ZeroDivisionError

    async with notes.unit_of_work() as work:
        await (await work.begin()).execute(insert(Note).values(id=1, words="one"))
        work.after_commit(fail)
        work.after_commit(lambda: seen.append("next"))
    assert await notes.reader.scalar(COUNT) == 1
    assert seen == ["next"]


async def test_a_read_is_one_statement_without_a_transaction_around_it(notes: Database, postgres: TestServer) -> None:
    await notes.reader.scalar(select(func.set_config("log_statement", "all", False)))
    before = len(postgres.log())
    await notes.reader.scalar(COUNT)
    await notes.reader.scalar(COUNT)
    await notes.reader.scalar(select(func.set_config("log_statement", "none", False)))
    seen = [line for line in postgres.log()[before:] if " LOG: " in line]
    assert ["count" in line or "set_config" in line for line in seen] == [True, True, True], seen


async def test_the_database_refuses_writes_of_a_reader(notes: Database) -> None:
    with pytest.raises(DatabaseUnavailable):
        await notes.reader.all(insert(Note).values(id=1, words="one").returning(Note.id))
    assert await notes.reader.scalar(COUNT) == 0


async def test_a_reader_survives_a_lost_connection(notes: Database, database_url: str) -> None:
    await notes.reader.scalar(COUNT)
    await _terminate_others(database_url)
    assert await notes.reader.scalar(COUNT) == 0


async def test_a_unit_of_work_survives_a_connection_that_died_while_idle(notes: Database, database_url: str) -> None:
    """Else the first write after a restart of the database would fail in every process."""
    for number in range(2):
        async with notes.unit_of_work() as work:
            await (await work.begin()).execute(insert(Note).values(id=number, words=""))
        await _terminate_others(database_url)
    assert await notes.reader.scalar(COUNT) == 2


async def test_a_connection_lost_in_the_middle_of_a_transaction_is_told(notes: Database, database_url: str) -> None:
    """What was done before it was lost: nothing may be repeated on another connection as if it were still there."""
    with pytest.raises(DatabaseUnavailable):
        async with notes.unit_of_work() as work:
            session = await work.begin()
            await session.execute(insert(Note).values(id=1, words="one"))
            await _terminate_others(database_url)
            await session.execute(insert(Note).values(id=2, words="two"))
    assert await notes.reader.scalar(COUNT) == 0


async def test_a_failed_statement_that_nobody_minds_is_not_taken_for_a_commit(notes: Database) -> None:
    """The database answers such a COMMIT by rolling back, without an error."""
    with pytest.raises(RuntimeError, match="rolled back instead"):
        async with notes.unit_of_work() as work:
            session = await work.begin()
            await session.execute(insert(Note).values(id=1, words="one"))
            with suppress(ConstraintViolated):
                await session.execute(insert(Note).values(id=1, words="again"))
    assert await notes.reader.scalar(COUNT) == 0


async def test_a_given_up_write_is_stopped_on_the_server(notes: Database) -> None:
    """Else its locks would stay until the statement's own time-out."""
    running = select(func.count()).select_from(text("pg_stat_activity")).where(text("query like '%pg_sleep(77)%'"))

    async def sleep() -> None:
        async with notes.unit_of_work() as work:
            await (await work.begin()).scalar(select(literal_column("pg_sleep(77)")))

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await sleep()
    active = running.where(text("state = 'active' and pid <> pg_backend_pid()"))
    for _ in range(100):
        if not await notes.reader.scalar(active):
            return
        await asyncio.sleep(0.05)
    pytest.fail("it still runs")


async def test_values_out_of_range_are_told_apart_from_an_unavailable_database(notes: Database) -> None:
    for values in ({"id": 2**40, "words": ""}, {"id": 1, "words": "x" * 21}, {"id": 1, "words": "", "size": 40000}):
        with pytest.raises(DataRejected):
            async with notes.unit_of_work() as work:
                await (await work.begin()).execute(insert(Note).values(**values))
    with pytest.raises(DataRejected):
        await notes.reader.scalar(select(literal("\x00", String)))


async def test_a_broken_constraint_is_named(notes: Database) -> None:
    with pytest.raises(ConstraintViolated) as caught:
        async with notes.unit_of_work() as work:
            session = await work.begin()
            for words in ("a", "b"):
                await session.execute(insert(Note), {"id": 1, "words": words})
    assert caught.value.constraint == "kit_db_notes_pkey"


async def test_a_savepoint_loses_only_its_own_part(notes: Database) -> None:
    async with notes.unit_of_work() as work:
        session = await work.begin()
        await session.execute(insert(Note).values(id=1, words="kept"))
        with pytest.raises(ConstraintViolated):
            async with session.savepoint():
                await session.execute(insert(Note).values(id=1, words="lost"))
        await session.execute(insert(Note).values(id=2, words="kept too"))
    assert await notes.reader.scalars(select(Note.words).order_by(Note.id)) == ["kept", "kept too"]


async def test_rows_are_typed_by_their_statement(notes: Database) -> None:
    async with notes.unit_of_work() as work:
        session = await work.begin()
        row = await session.one(insert(Note).values(id=7, words="seven").returning(Note.id, Note.words))
        number, words = row
        assert (number + 1, words.upper()) == (8, "SEVEN")
    assert await notes.reader.one_or_none(select(Note.words).where(Note.id == 8)) is None
    assert len(await notes.reader.all(select(Note.id, Note.words))) == 1


async def test_a_full_pool_is_busy_not_stuck(database_url: str) -> None:
    database = Database(database_url, DatabaseSettings(pool_size=1, pool_timeout_seconds=0.1))
    async with database.unit_of_work() as first:
        await (await first.begin()).scalar(select(literal(1)))
        with pytest.raises(DatabaseBusy):
            async with database.unit_of_work() as second:
                await second.begin()
    database.close()


async def test_a_slow_statement_is_stopped(database_url: str) -> None:
    database = Database(database_url, DatabaseSettings(statement_timeout_seconds=0.05))
    with pytest.raises(DatabaseBusy):
        await database.reader.scalar(select(func.pg_sleep(5)))
    database.close()


async def test_a_database_that_is_not_there_is_unavailable() -> None:
    database = Database("postgresql+asyncpg://nobody@/none?host=/nowhere", DatabaseSettings())
    with pytest.raises(DatabaseUnavailable):
        await database.ping()
    with pytest.raises(DatabaseUnavailable):
        async with database.unit_of_work() as work:
            await work.begin()
    database.close()


async def test_sessions_speak_utc(database: Database) -> None:
    assert await database.reader.scalar(select(func.current_setting("TimeZone"))) == "UTC"


async def _terminate_others(url: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    await engine.dispose()


async def test_what_only_reads_cannot_begin_a_unit_of_work(notes: Database) -> None:
    """Otherwise `x-transaction: read`, and every GET, could change what is stored."""
    with pytest.raises(RuntimeError, match="x-transaction: write"):
        async with notes.unit_of_work(reads_only=True) as work:
            await work.begin()
    async with notes.unit_of_work(reads_only=True) as work:
        assert not work.is_open
