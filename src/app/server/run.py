"""Serve: settings, port, database, migrations, the development administrator, then requests until a signal comes."""

import asyncio
import signal
import socket
import sys
from types import FrameType
from typing import NoReturn

import uvloop

from app.domain.users import repository
from app.domain.users.errors import EmailTaken
from app.domain.users.service import NewUser
from app.kit.postgres import EmbeddedPostgresError
from app.kit.principal import Role
from app.kit.variables import SettingsError
from app.main import create_app
from app.server.database import StartupError, database_of, prepare_database
from app.server.keys import with_keys
from app.server.logging import configure_logging
from app.server.process import CannotListen, Server, bind
from app.server.services import Services
from app.settings import Settings, load_settings, setting_warnings

INTERRUPTED = 130


def main() -> NoReturn:
    """The console script `app`."""
    raise SystemExit(run())


def run() -> int:
    """Serve until a signal comes; the exit code: 0 after SIGTERM, 130 after Ctrl-C, 2 for settings, 1 for the rest."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        settings = load_settings()
        for line in setting_warnings():
            _complain(line)
        configure_logging(settings.log.level, settings.log_format)
        return _serve(settings)
    except SettingsError as error:
        for line in error.lines:
            _complain(line)
        return 2
    except (CannotListen, EmbeddedPostgresError, StartupError) as error:
        _complain(str(error))
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _serve(settings: Settings) -> int:
    with bind(settings.server) as listener, database_of(settings) as complete:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
            ended_by = loop.run(_serve_on(listener, with_keys(complete)))
        # The database is stopped next: that must not be interrupted half-way.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    return INTERRUPTED if ended_by == signal.SIGINT else 0


async def _serve_on(listener: socket.socket, settings: Settings) -> signal.Signals | None:
    await prepare_database(settings)
    app = create_app(settings)
    services: Services = app.state.services
    login = None if settings.is_production else await _login(services)
    server = Server(app, settings.server, lambda: _announce(settings, listener, login))
    await server.serve(sockets=[listener])
    if not server.started:
        raise StartupError("The application did not start; the log says why.")
    return server.ended_by


async def ensure_administrator(services: Services) -> bool:
    """Create the administrator of the settings if there is none; whether their password is the account's."""
    admin = services.settings.admin
    password = admin.password.get_secret_value()
    if await repository.credentials_by_email(services.database.reader, admin.email) is None:
        new = NewUser(admin.email, password, "Administrator", Role.ADMIN)
        try:
            async with services.database.unit_of_work() as work:
                await services.users.create(work, new)
        except EmailTaken:
            # Another process that starts at the same time was faster, with the same settings.
            return True
        return True
    return await services.users.verify_password(services.database.reader, admin.email, password) is not None


async def _login(services: Services) -> str:
    admin = services.settings.admin
    if await ensure_administrator(services):
        return f"{admin.email} with password {admin.password.get_secret_value()}"
    return f"{admin.email} with the password it was given since"


def _announce(settings: Settings, listener: socket.socket, login: str | None) -> None:
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    base = f"http://{shown}:{port}{settings.server.root_path}"
    lines = [f"Tallystick serves {settings.environment} on {base}"]
    if settings.docs_enabled:
        lines.append(f"  docs      {base}/docs and {base}/reference")
    if login is not None:
        lines.append(f"  login     {login}")
    lines.append("  stop      Ctrl-C")
    print("\n".join(lines), flush=True)


def _complain(line: str) -> None:
    print(f"app: {line}", file=sys.stderr, flush=True)


def _terminated(_: int, __: FrameType | None) -> NoReturn:
    """SIGTERM before the server listens: leave by the front door, so that the database is stopped."""
    raise SystemExit(0)


if __name__ == "__main__":
    main()
