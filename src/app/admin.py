"""The command line of operations: `app-admin`."""

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError

from app.domain.users.errors import EmailTaken
from app.domain.users.service import NewUser
from app.kit.db import Database
from app.kit.errors import StoreError
from app.kit.postgres import EmbeddedPostgresError
from app.kit.principal import Role
from app.kit.variables import SettingsError
from app.migrations import runner
from app.server.database import StartupError, database_of, explain
from app.server.keys import generate_key, with_keys
from app.server.services import Services, build_services
from app.settings import DEVELOPMENT_ADMIN_PASSWORD, Settings, example_file, load_settings
from generated import models

T = TypeVar("T")

commands = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def main() -> None:
    """The console script."""
    commands(prog_name="app-admin")


@commands.command()
def migrate(
    revision: Annotated[str, typer.Option(help="Up or down to this revision; `base` takes everything back.")] = "head",
) -> None:
    """Bring the database to a revision, the newest by default."""
    with _settings() as settings:
        asyncio.run(_migrate(_url(settings), revision))
    typer.echo(f"The database is at {revision}.")


@commands.command("make-revision")
def make_revision(message: Annotated[str, typer.Argument(help="What changes, in a few words.")]) -> None:
    """Write a migration with what separates the tables of the code from the database."""
    with _settings() as settings:
        asyncio.run(runner.make_revision(_url(settings), message))


@commands.command("create-administrator")
def create_administrator(
    email: Annotated[str | None, typer.Option(help="Its address; default APP_ADMIN_EMAIL if set.")] = None,
    display_name: Annotated[str, typer.Option(help="How others see it.")] = "Administrator",
    password_file: Annotated[
        Path | None, typer.Option(help="A file with the password; `-` is standard input. Default: ask.")
    ] = None,
) -> None:
    """Create an administrator.

    The password is asked for, read from a file or standard input, or taken from APP_ADMIN_PASSWORD (or its _FILE);
    never from the arguments, which every user of the machine can see.
    """
    with _settings() as settings:
        admin = settings.admin
        address = email or (admin.email if "email" in admin.model_fields_set else typer.prompt("E-mail"))
        password = _password(settings, password_file)
        new = _checked(NewUser(address.strip(), password, display_name, Role.ADMIN))
        asyncio.run(_with_services(settings, lambda services: _create(services, new)))
    typer.echo(f"Created the administrator {new.email}.")


@commands.command("generate-keys")
def generate_keys() -> None:
    """Print a new signing key for APP_AUTH_PRIVATE_KEYS; treat it as the secret it is."""
    typer.echo(generate_key())


@commands.command("env-example")
def env_example() -> None:
    """Print every setting with its meaning: the text of .env.example."""
    typer.echo(example_file(), nl=False)


async def _migrate(url: str, revision: str) -> None:
    if revision == "head":
        await runner.upgrade(url)
    else:
        await runner.move(url, revision)


async def _create(services: Services, new: NewUser) -> None:
    async with services.database.unit_of_work() as work:
        await services.users.create(work, new)


async def _with_services(settings: Settings, action: Callable[[Services], Awaitable[T]]) -> T:
    database = Database(_url(settings), settings.database)
    services = build_services(with_keys(settings), database)
    try:
        if not await runner.is_current(_url(settings)):
            raise StartupError("The database is not up to date: run `app-admin migrate` first.")
        return await action(services)
    finally:
        await services.stop()


@contextmanager
def _settings() -> Iterator[Settings]:
    """The settings with a database that runs; what goes wrong becomes one line and an exit code."""
    try:
        with database_of(load_settings()) as settings:
            try:
                yield settings
            except StoreError as error:
                raise StartupError(explain(settings, error)) from error
    except SettingsError as error:
        _fail(error.lines, 2)
    except EmailTaken:
        _fail(["There is an account with this address already; sign in with it, or choose another."], 1)
    except (EmbeddedPostgresError, StartupError, runner.RevisionUnknown) as error:
        _fail([str(error)], 1)


def _fail(lines: list[str], code: int) -> None:
    for line in lines:
        typer.echo(f"app-admin: {line}", err=True)
    raise typer.Exit(code)


def _url(settings: Settings) -> str:
    assert settings.database.url is not None
    return settings.database.url.get_secret_value()


def _password(settings: Settings, file: Path | None) -> str:
    admin = settings.admin
    if file is not None:
        password = _read(file)
    elif "password" in admin.model_fields_set:
        password = admin.password.get_secret_value()
    elif sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Again: "):
            raise StartupError("The passwords differ.")
    else:
        raise StartupError("No password: give --password-file (`-` is standard input), or set APP_ADMIN_PASSWORD.")
    if settings.is_production and password == DEVELOPMENT_ADMIN_PASSWORD:
        raise StartupError("This is the development password; choose another.")
    return password


def _checked(new: NewUser) -> NewUser:
    """An account that the contract would take, too: what it cannot print must not get in by this door."""
    try:
        models.UserCreate(email=new.email, password=new.password, display_name=new.display_name)
    except ValidationError as error:
        faults = (f"{fault['loc'][0]}: {fault['msg']}" for fault in error.errors(include_input=False))
        raise StartupError("; ".join(faults) + ".") from error
    return new


def _read(file: Path) -> str:
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StartupError(f"Cannot read {file}: {error}.") from error
    return text.strip("\r\n")


if __name__ == "__main__":
    main()
