"""Bring a database to a revision, and tell whether tables and migrations agree."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app.kit.db_errors import DRIVER_ERRORS, translate
from app.migrations.metadata import METADATA

FOLDER = Path(__file__).parent
# Any number will do: processes that start together migrate one after the other.
_LOCK = text("SELECT pg_advisory_xact_lock(7214031980)")


class RevisionUnknown(Exception):
    """No migration has this name."""


async def upgrade(url: str, revision: str = "head") -> None:
    """Apply what is missing, all of it in one transaction.

    Raises:
        DatabaseUnavailable: the database cannot be reached.
    """
    await _run(url, lambda config: command.upgrade(config, revision))


async def downgrade(url: str, revision: str) -> None:
    """Take migrations back down to a revision; `base` takes back all."""
    await _run(url, lambda config: command.downgrade(config, revision))


async def move(url: str, revision: str) -> None:
    """Go up or down to a revision, whichever way it lies.

    Raises:
        RevisionUnknown: there is no such revision.
    """
    script = ScriptDirectory.from_config(_config(None))
    try:
        wanted = script.get_revision(revision) if revision != "base" else None
    except CommandError as error:
        raise RevisionUnknown(f"There is no revision {revision!r}.") from error
    current = await current_revision(url)
    applied = {known.revision for known in script.iterate_revisions(current, "base")} if current else set()
    if wanted is None or wanted.revision in applied:
        await downgrade(url, revision)
    else:
        await upgrade(url, revision)


async def make_revision(url: str, message: str) -> None:
    """Write a new migration with what separates the tables from this database."""
    await _run(url, lambda config: _ignore(command.revision(config, message, autogenerate=True)))


async def differences(url: str) -> list[Any]:
    """What the tables of the code have and the database has not, and the other way round, as Alembic tells it."""
    found: list[Any] = []

    def compare(connection: Connection) -> None:
        options = {"compare_type": True, "compare_server_default": True}
        found.extend(compare_metadata(MigrationContext.configure(connection, opts=options), METADATA))

    await _with_connection(url, compare)
    return found


async def current_revision(url: str) -> str | None:
    """The revision at which the database stands; None for an empty one."""
    found: list[str | None] = []
    await _with_connection(
        url, lambda connection: found.append(MigrationContext.configure(connection).get_current_revision())
    )
    return found[0]


async def is_current(url: str) -> bool:
    """Whether the database stands at the newest revision."""
    return await current_revision(url) == ScriptDirectory.from_config(_config(None)).get_current_head()


async def _run(url: str, action: Callable[[Config], None]) -> None:
    def locked(connection: Connection) -> None:
        connection.execute(_LOCK)
        action(_config(connection))

    await _with_connection(url, locked)


async def _with_connection(url: str, action: Callable[[Connection], None]) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(action)
    except DRIVER_ERRORS as error:
        raise translate(error) from error
    finally:
        await engine.dispose()


def _config(connection: Connection | None) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _ignore(_: object) -> None:
    """`command.revision` returns what it wrote; the file is all that matters."""
