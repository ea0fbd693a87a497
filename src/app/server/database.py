"""The database of a process: the one that settings name, or the embedded one; brought up to date, or refused."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import SecretStr
from sqlalchemy.engine import make_url

from app.kit.errors import DatabaseUnavailable, StoreError
from app.kit.postgres import EmbeddedPostgres
from app.migrations import runner
from app.settings import Settings


class StartupError(Exception):
    """A process cannot do its work; the message is one line that says why and what to do."""


@contextmanager
def database_of(settings: Settings) -> Iterator[Settings]:
    """The settings with the URL of a running database: the one they name, or the embedded one for this while."""
    if settings.database.url is not None:
        yield settings
        return
    with EmbeddedPostgres(settings.data_dir) as postgres:
        database = settings.database.model_copy(update={"url": SecretStr(postgres.start())})
        yield settings.model_copy(update={"database": database})


async def prepare_database(settings: Settings) -> None:
    """Migrate; in production only look whether that was done, because there it is a step of the deployment.

    Raises:
        StartupError: the database cannot be used, or production's is not up to date.
    """
    assert settings.database.url is not None
    url = settings.database.url.get_secret_value()
    try:
        if not settings.is_production:
            await runner.upgrade(url)
        elif not await runner.is_current(url):
            raise StartupError("The database is not up to date: run `app-admin migrate`, then start again.")
    except DatabaseUnavailable as error:
        raise StartupError(explain(settings, error)) from error


def explain(settings: Settings, error: StoreError) -> str:
    """One line about a database that cannot be used, without its password."""
    url = settings.database.url
    place = "" if url is None else make_url(url.get_secret_value()).render_as_string(hide_password=True)
    reason = str(error.__cause__ or error).strip().splitlines()[0]
    return f"Cannot use the database {place} ({reason}): check APP_DATABASE_URL."
