"""Statements give what SQLAlchemy itself would give, or are refused with the reason."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import (
    Column,
    Enum,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    bindparam,
    column,
    func,
    insert,
    literal,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.exc import ArgumentError, StatementError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app.kit.db import Database
from app.kit.errors import DatabaseBusy, DataRejected
from app.settings import DatabaseSettings, Settings


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


COLOUR = Enum(Colour, native_enum=False, values_callable=lambda kind: [one.value for one in kind])
BLUE = bindparam("c", Colour.BLUE, COLOUR)
MOMENT = datetime(2026, 3, 4, 5, 6, 7, 89, UTC)

STATEMENTS: dict[str, tuple[Select[*tuple[Any, ...]], dict[str, Any]]] = {
    "scalars": (select(literal(1).label("one"), literal("x").label("two"), literal(None, Text).label("three")), {}),
    "uuid and time": (select(literal(UUID(int=7)).label("id"), literal(MOMENT).label("at")), {}),
    "enumeration": (
        select(literal_column("'red'", COLOUR).label("colour"), bindparam("c", Colour.BLUE, COLOUR).label("c")),
        {},
    ),
    "array": (select(literal(["a", "b"], ARRAY(Text)).label("tags"), literal([], ARRAY(Text)).label("none")), {}),
    "given value": (select(bindparam("n", 1).label("n")), {"n": 5}),
    "function": (select(func.upper(literal("x")).label("upper"), func.now().is_(None).label("no")), {}),
    "many rows": (select(func.generate_series(1, 5).column_valued("n")), {}),
    "no rows": (select(literal(1)).where(literal_column("false")), {}),
    "json": (
        select(literal({"a": [1]}, JSONB).label("document"), literal(None, JSONB(none_as_null=True)).label("no")),
        {},
    ),
}


@pytest.mark.parametrize(("statement", "given"), STATEMENTS.values(), ids=STATEMENTS.keys())
async def test_rows_are_those_of_sqlalchemy(
    database: Database, database_url: str, statement: Select[*tuple[Any, ...]], given: dict[str, Any]
) -> None:
    engine = create_async_engine(database_url, poolclass=NullPool)
    async with engine.connect() as connection:
        expected = (await connection.execute(statement, given)).all()
    for _ in range(2):
        found = await database.reader.all(statement, given)
        assert found == expected
        assert [row._fields for row in found] == [row._fields for row in expected]
        assert [[type(value) for value in row] for row in found] == [[type(value) for value in row] for row in expected]


async def test_rows_answer_to_their_names(database: Database) -> None:
    row = await database.reader.one_or_none(select(literal(1).label("one"), literal("x").label("two")))
    assert row is not None
    assert (row.one, row.two, row[0], tuple(row)) == (1, "x", 1, (1, "x"))


async def test_a_value_the_driver_cannot_write_is_the_callers_fault(database: Database) -> None:
    with pytest.raises(DataRejected):
        await database.reader.scalar(select(bindparam("n", type_=ARRAY(Text))), {"n": [object()]})


async def test_a_faulty_statement_is_our_fault(database: Database) -> None:
    """Else a mistake in a statement would look like an outage."""
    with pytest.raises(asyncpg.UndefinedTableError):
        await database.reader.all(select(column("x")).select_from(table("nowhere")))


async def test_whoever_waits_too_long_for_a_connection_is_told(settings: Settings) -> None:
    assert settings.database.url is not None
    url = settings.database.url.get_secret_value()
    database = Database(url, DatabaseSettings(pool_size=1, pool_timeout_seconds=0.1))
    slow = asyncio.create_task(database.reader.scalar(select(func.pg_sleep(0.5))))
    await asyncio.sleep(0.2)
    with pytest.raises(DatabaseBusy):
        await database.reader.scalar(select(literal(1)))
    await slow
    assert await database.reader.scalar(select(literal(1))) == 1
    database.close()


async def test_a_read_that_is_given_up_frees_its_connection(settings: Settings) -> None:
    assert settings.database.url is not None
    database = Database(settings.database.url.get_secret_value(), DatabaseSettings(pool_size=1))
    slow = asyncio.create_task(database.reader.scalar(select(func.pg_sleep(30))))
    await asyncio.sleep(0.1)
    slow.cancel()
    with pytest.raises(asyncio.CancelledError):
        await slow
    async with asyncio.timeout(2):
        assert await database.reader.scalar(select(literal(1))) == 1
    database.close()


async def test_the_database_holds_readers_to_reading(database: Database) -> None:
    for name in ("transaction_read_only", "default_transaction_read_only"):
        assert await database.reader.scalar(select(func.current_setting(name))) == "on"
    assert await database.reader.scalar(select(func.pg_current_xact_id_if_assigned().is_(None)))


async def test_a_table_that_was_changed_under_a_prepared_statement_is_read_anew(
    database: Database, database_url: str
) -> None:
    """Else every process would answer 500 after a migration, until it is started again."""
    statement: Select[*tuple[Any, ...]] = select(literal_column("*")).select_from(table("changing"))
    engine = create_async_engine(database_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as owner:
        await owner.execute(text("create table changing as select 1 as a"))
        try:
            assert len(await database.reader.scalars(statement)) == 1
            await owner.execute(text("alter table changing alter column a type text"))
            assert await database.reader.scalars(statement) == ["1"]
        finally:
            await owner.execute(text("drop table changing"))


@pytest.mark.parametrize(
    ("statement", "given", "why"),
    [
        (select(literal(1)).where(literal(2).in_(bindparam("known", expanding=True))), {"known": [1]}, "ANY"),
        (
            insert(Table("t", MetaData(), Column("m", Integer), Column("n", Integer, default=1))),
            {"m": 1},
            "server_default",
        ),
        (text("select 1"), {}, "SELECT, INSERT"),
    ],
)
async def test_what_only_sqlalchemy_can_carry_out_is_refused(
    database: Database, statement: Any, given: dict[str, Any], why: str
) -> None:
    """Else a statement would be carried out by halves."""
    with pytest.raises(ArgumentError, match=why):
        await database.reader.all(statement, given)


async def test_a_missing_value_is_refused(database: Database) -> None:
    """Else it would be written as NULL."""
    with pytest.raises(StatementError, match="'n'"):
        await database.reader.all(select(bindparam("n", type_=Integer)))
