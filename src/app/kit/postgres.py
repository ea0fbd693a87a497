"""A PostgreSQL of one's own, from a Python wheel: started with the first process that wants it, stopped with the last.

Under the data folder, `postgres/` is the cluster and `postgres.users` a file on which every process that uses the
server holds a shared lock; the kernel drops the lock with the process, however that ends. Who can lock the file
exclusively was the last one, and stops the server.
"""

import fcntl
import hashlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import psutil
from sqlalchemy.engine import URL

from app.kit.postgres_programs import DATABASE_USER, MAJOR_VERSION, Programs, ProgramsMissing

# A cold start replays what a crash left behind: minutes, if need be.
START_SECONDS = 120
# sun_path holds 104 bytes on macOS and 108 on Linux, the final NUL included.
_LONGEST_SOCKET_PATH = 103
_SOCKET_NAME = ".s.PGSQL.5432"
_OWN_CONFIGURATION = "tallystick.conf"


class EmbeddedPostgresError(Exception):
    """The embedded server cannot be used; the message is one line that says why and what to do."""


class EmbeddedPostgres:
    """The server of one data folder, as one process uses it."""

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        """`durable=False` trades safety against power loss for speed: for tests only."""
        self._data_dir = data_dir.absolute()
        self._cluster = self._data_dir / "postgres"
        self._durable = durable
        self._users: IO[str] | None = None

    def start(self) -> str:
        """Start the server, or join it if it runs; the URL of its database.

        Raises:
            EmbeddedPostgresError: the folder cannot be used or the server does not start.
        """
        try:
            programs = Programs()
        except ProgramsMissing as error:
            raise EmbeddedPostgresError(f"{error} Set APP_DATABASE_URL to a PostgreSQL of yours.") from error
        self._check_folder()
        try:
            with self._exclusively():
                self._initialise(programs)
                sockets = self._running() or self._launch(programs)
                self._users = (self._data_dir / "postgres.users").open("a")
                fcntl.flock(self._users, fcntl.LOCK_SH)
        except OSError as error:
            raise EmbeddedPostgresError(
                f"Cannot use {error.filename or self._data_dir} for the database: {error.strerror}."
                " Change its permissions, or set APP_DATA_DIR to another folder."
            ) from error
        return database_url(sockets)

    def stop(self) -> bool:
        """Leave the server; the last process to leave stops it, and is told so by True."""
        users, self._users = self._users, None
        if users is None:
            return False
        with users, self._exclusively():
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            with suppress(subprocess.SubprocessError):
                Programs().run("pg_ctl", "stop", "-w", "-m", "fast", "-D", str(self._cluster))
            sockets = self._socket_folder()
            if sockets != self._cluster:
                with suppress(OSError):
                    sockets.rmdir()
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _check_folder(self) -> None:
        try:
            self._data_dir.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._data_dir):
                pass
        except OSError as error:
            raise EmbeddedPostgresError(
                f"Cannot write to the data folder {self._data_dir}: {error.strerror}."
                " Change its permissions, or set APP_DATA_DIR to a folder that you may write to."
            ) from error

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        """Keep other processes from starting or stopping this server meanwhile."""
        with (self._data_dir / "postgres.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _initialise(self, programs: Programs) -> None:
        """Make the cluster beside its place and move it there when it is whole."""
        if self._is_initialised():
            return
        new = self._data_dir / "postgres.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        programs.prepare(new)
        try:
            programs.run("initdb", "--username", DATABASE_USER, *_INITDB_OPTIONS, "--pgdata", str(new))
        except subprocess.SubprocessError as error:
            raise EmbeddedPostgresError(f"Cannot make a database in {new}: {_last_line(error)}") from error
        with (new / "postgresql.conf").open("a") as configuration:
            configuration.write(f"\ninclude_if_exists = '{_OWN_CONFIGURATION}'\n")
        new.rename(self._cluster)

    def _is_initialised(self) -> bool:
        """Whether the cluster's folder holds one; an empty or missing folder may get one."""
        try:
            version = (self._cluster / "PG_VERSION").read_text().strip()
        except FileNotFoundError:
            if not self._cluster.exists() or not any(self._cluster.iterdir()):
                return False
            raise self._unusable("is neither empty nor a database (PG_VERSION is missing)") from None
        except OSError as error:
            raise self._unusable(f"cannot be read ({error.strerror})") from error
        if not version.isdigit():
            raise self._unusable("is only half a database (PG_VERSION names no version)")
        if version != str(MAJOR_VERSION):
            raise self._unusable(f"was made by PostgreSQL {version} and this is {MAJOR_VERSION}")
        if not (self._cluster / "global" / "pg_control").exists():
            raise self._unusable("is only half a database (global/pg_control is missing)")
        return True

    def _unusable(self, what: str) -> EmbeddedPostgresError:
        return EmbeddedPostgresError(
            f"{self._cluster} {what}. Restore it or move it away to begin with a new one,"
            " or set APP_DATA_DIR to another folder."
        )

    def _running(self) -> Path | None:
        """The folder of the socket that a running server listens on, None if nobody answers there."""
        pid_file = self._cluster / "postmaster.pid"
        try:
            lines = pid_file.read_text().splitlines()
            pid, folder = int(lines[0]), Path(lines[4])
        except (OSError, ValueError, IndexError):
            return None
        with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
            probe.connect(str(folder / _SOCKET_NAME))
            return folder
        if not _is_postgres(pid):
            # After a crash the number may belong to anything; PostgreSQL would refuse to start because of it.
            pid_file.unlink(missing_ok=True)
        return None

    def _launch(self, programs: Programs) -> Path:
        sockets = self._socket_folder()
        programs.prepare(self._cluster)
        if sockets != self._cluster:
            sockets.mkdir(mode=0o700, exist_ok=True)
            programs.prepare(sockets)
        (self._cluster / _OWN_CONFIGURATION).write_text(self._configuration(sockets))
        log = self._cluster / "log"
        try:
            programs.run("pg_ctl", "start", "-w", "-t", str(START_SECONDS), "-D", str(self._cluster), "-l", str(log))
        except subprocess.SubprocessError as error:
            reason = _last_complaint(log) or _last_line(error)
            raise EmbeddedPostgresError(f"PostgreSQL did not start: {reason} Its log is {log}.") from error
        return sockets

    def _socket_folder(self) -> Path:
        if len(os.fsencode(self._cluster / _SOCKET_NAME)) <= _LONGEST_SOCKET_PATH:
            return self._cluster
        digest = hashlib.sha256(os.fsencode(self._cluster)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"tallystick-{os.geteuid()}-{digest}"

    def _configuration(self, sockets: Path) -> str:
        settings = {
            "unix_socket_directories": str(sockets),
            "listen_addresses": "",
            "max_connections": "200",
            "log_timezone": "UTC",
        }
        if not self._durable:
            settings |= dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes"), "off")
        lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in settings.items()]
        return "# Written at every start.\n" + "\n".join(lines) + "\n"


_INITDB_OPTIONS = (
    "--auth=trust",
    "--encoding=UTF8",
    # The same order of texts on every system.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
)


def database_url(sockets: Path, database: str = "postgres") -> str:
    """The URL of a database of the server that listens in this folder."""
    url = URL.create("postgresql+asyncpg", DATABASE_USER, database=database, query={"host": str(sockets)})
    return url.render_as_string(hide_password=False)


def _is_postgres(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).name() == "postgres")
    except psutil.Error:
        return False


def _last_complaint(log: Path) -> str | None:
    with suppress(OSError):
        for line in reversed(log.read_text("utf-8", "replace").splitlines()):
            for level in ("FATAL:", "PANIC:"):
                if level in line:
                    return line.partition(level)[2].strip() + "."
    return None


def _last_line(error: subprocess.SubprocessError) -> str:
    output = getattr(error, "stderr", None) or getattr(error, "stdout", None) or str(error)
    lines = [line.strip() for line in str(output).splitlines() if line.strip()]
    return lines[-1].rstrip(".") + "." if lines else "no reason given."
