"""Tables and migrations say the same, up and down."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app.migrations import runner
from app.migrations.metadata import METADATA
from tests.support.databases import TestServer


async def tables_in(url: str) -> set[str]:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        found = await connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        names = set(found)
    await engine.dispose()
    return names


@pytest.fixture
def empty_database(postgres: TestServer, worker_id: str) -> Iterator[str]:
    with postgres.fresh(f"migrations_{worker_id}", template="template0") as url:
        yield url


async def test_migrations_make_the_tables_of_the_code_up_and_down(empty_database: str) -> None:
    """A column added to a table without a migration would be missing in production."""
    for _ in range(2):
        await runner.upgrade(empty_database)
        assert await runner.differences(empty_database) == []
        assert await tables_in(empty_database) == {*METADATA.tables, "alembic_version"}
        assert await runner.is_current(empty_database)
        await runner.downgrade(empty_database, "base")
        assert await tables_in(empty_database) == {"alembic_version"}
        assert not await runner.is_current(empty_database)


def test_migrations_stand_in_one_line() -> None:
    """Two heads would leave it to chance which one a server gets."""
    scripts = ScriptDirectory(str(runner.FOLDER))
    assert len(scripts.get_heads()) == 1
    assert len(scripts.get_bases()) == 1
