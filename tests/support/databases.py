"""One embedded PostgreSQL for a whole test run, a migrated template in it, and databases copied from that."""

import asyncio
import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app.kit.postgres import EmbeddedPostgres
from app.migrations import runner

TEMPLATE = "tallystick_template"


class TestServer:
    """Shared by every worker of a run: whoever comes first starts and migrates, whoever leaves last stops."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._postgres = EmbeddedPostgres(folder, durable=False)
        self._url = ""

    def start(self) -> None:
        self._url = self._postgres.start()
        with self._one_at_a_time():
            if not asyncio.run(self._exists(TEMPLATE)):
                self.execute(f"CREATE DATABASE {TEMPLATE}_new")
                asyncio.run(runner.upgrade(self.url_of(f"{TEMPLATE}_new")))
                self.execute(f"ALTER DATABASE {TEMPLATE}_new RENAME TO {TEMPLATE}")

    def stop(self) -> None:
        if self._postgres.stop():
            shutil.rmtree(self._folder, ignore_errors=True)

    def log(self) -> list[str]:
        """What the server has logged so far."""
        return (self._folder / "postgres" / "log").read_text().splitlines()

    def url_of(self, database: str) -> str:
        """The URL of one database of this server."""
        return make_url(self._url).set(database=database).render_as_string(hide_password=False)

    @contextmanager
    def fresh(self, name: str, template: str = TEMPLATE) -> Iterator[str]:
        """The URL of a new database, dropped afterwards; `template0` gives an empty one."""
        with self._one_at_a_time():
            self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            self.execute(f'CREATE DATABASE "{name}" TEMPLATE {template}')
        try:
            yield self.url_of(name)
        finally:
            self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def execute(self, statement: str) -> None:
        """Run one statement outside of any transaction, as databases are created."""
        asyncio.run(self._execute(statement))

    async def _execute(self, statement: str) -> None:
        engine = create_async_engine(self._url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            await connection.execute(text(statement))
        await engine.dispose()

    async def _exists(self, database: str) -> bool:
        engine = create_async_engine(self._url, poolclass=NullPool)
        async with engine.connect() as connection:
            query = text("SELECT count(*) FROM pg_database WHERE datname = :name")
            count = await connection.scalar(query, {"name": database})
        await engine.dispose()
        return bool(count)

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """Copying a template fails while another session is in it."""
        with (self._folder / "template.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


_TABLES = text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'")


async def empty(url: str) -> None:
    """Delete every row; quicker than a new database."""
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        tables = (await connection.execute(_TABLES)).scalars().all()
        if tables:
            await connection.execute(text(f"TRUNCATE {', '.join(tables)}"))
    await engine.dispose()
