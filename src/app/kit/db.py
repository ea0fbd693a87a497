"""PostgreSQL: one way to read (autocommit, one round trip) and one to write (a transaction with one committer)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, TypeVarTuple

import structlog
from sqlalchemy import Executable, Row, literal, select
from sqlalchemy.engine import URL, CursorResult, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.sql.selectable import TypedReturnsRows

from app.kit.db_errors import DRIVER_ERRORS, translate
from app.kit.errors import DatabaseUnavailable

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
AfterCommit = Callable[[], Awaitable[None] | None]

PING_SECONDS = 2.0
_PING = select(literal(1))
log = structlog.get_logger(__name__)


class DatabaseOptions(Protocol):
    """How to connect and how long to wait; `app.settings.DatabaseSettings` has these."""

    @property
    def pool_size(self) -> int: ...
    @property
    def pool_timeout_seconds(self) -> float: ...
    @property
    def connect_timeout_seconds(self) -> float: ...
    @property
    def statement_timeout_seconds(self) -> float: ...
    @property
    def lock_timeout_seconds(self) -> float: ...
    @property
    def idle_in_transaction_timeout_seconds(self) -> float: ...


class _Rows:
    """Typed results; how a statement reaches the database is the subclass's concern."""

    async def _run(self, statement: Executable, parameters: Parameters) -> CursorResult[*tuple[Any, ...]]:
        raise NotImplementedError

    async def all(self, statement: TypedReturnsRows[*Ts], parameters: Parameters = None) -> Sequence[Row[*Ts]]:
        """Every row."""
        return (await self._run(statement, parameters)).all()

    async def one(self, statement: TypedReturnsRows[*Ts], parameters: Parameters = None) -> Row[*Ts]:
        """The only row; SQLAlchemy's NoResultFound or MultipleResultsFound when there is not exactly one."""
        return (await self._run(statement, parameters)).one()

    async def one_or_none(self, statement: TypedReturnsRows[*Ts], parameters: Parameters = None) -> Row[*Ts] | None:
        """The only row, or None when there is none."""
        return (await self._run(statement, parameters)).one_or_none()

    async def scalar(self, statement: TypedReturnsRows[T], parameters: Parameters = None) -> T | None:
        """The first column of the first row, or None when there is no row."""
        found: T | None = (await self._run(statement, parameters)).scalar()
        return found

    async def scalars(self, statement: TypedReturnsRows[T], parameters: Parameters = None) -> Sequence[T]:
        """The first column of every row."""
        found: Sequence[T] = (await self._run(statement, parameters)).scalars().all()
        return found


class ReadSession(_Rows):
    """Reads, each statement by itself on an autocommit connection that the database holds to reading.

    A connection is held only while a statement runs, so one session may serve any number of requests at once.
    A statement that meets a connection which has died is asked again once: the server may have been restarted.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def _run(self, statement: Executable, parameters: Parameters) -> CursorResult[*tuple[Any, ...]]:
        try:
            try:
                return await self._once(statement, parameters)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                return await self._once(statement, parameters)
        except DRIVER_ERRORS as error:
            raise translate(error) from error

    async def _once(self, statement: Executable, parameters: Parameters) -> CursorResult[*tuple[Any, ...]]:
        async with self._engine.connect() as connection:
            return await connection.execute(statement, parameters)


class WriteSession(_Rows):
    """Reads and writes inside one transaction. It has no commit: that is the unit of work's."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def _run(self, statement: Executable, parameters: Parameters) -> CursorResult[*tuple[Any, ...]]:
        try:
            return await self._connection.execute(statement, parameters)
        except DRIVER_ERRORS as error:
            raise translate(error) from error

    async def execute(self, statement: Executable, parameters: Parameters = None) -> int:
        """Carry out a statement whose rows do not matter; how many rows it touched."""
        return (await self._run(statement, parameters)).rowcount

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part that may fail without failing the whole: on an exception only this part is undone."""
        try:
            async with self._connection.begin_nested():
                yield
        except DRIVER_ERRORS as error:
            raise translate(error) from error


class UnitOfWork:
    """One transaction, opened when first asked for: `async with database.unit_of_work() as work`.

    Leaving the block is the one place that commits; an exception, cancellation included, rolls back instead.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._connection: AsyncConnection | None = None
        self._session: WriteSession | None = None
        self._opening = asyncio.Lock()
        self._after_commit: list[AfterCommit] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                await self._commit()
        finally:
            await asyncio.shield(self._release())
        if error is None:
            for callback in self._after_commit:
                await _call(callback)

    @property
    def is_open(self) -> bool:
        """Whether anything asked for the transaction."""
        return self._session is not None

    async def begin(self) -> WriteSession:
        """The session of the transaction, the same one each time."""
        async with self._opening:
            if self._session is None:
                try:
                    self._connection = await self._engine.connect()
                except DRIVER_ERRORS as error:
                    raise translate(error) from error
                self._session = WriteSession(self._connection)
            return self._session

    def after_commit(self, callback: AfterCommit) -> None:
        """Call this once the transaction is durable, in the order of registration; never if it is rolled back.

        What it raises is logged and changes nothing: the work is done.
        """
        self._after_commit.append(callback)

    async def _commit(self) -> None:
        if self._connection is not None:
            try:
                await self._connection.commit()
            except DRIVER_ERRORS as error:
                raise translate(error) from error

    async def _release(self) -> None:
        """Give the connection back; whatever was not committed is rolled back by that."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


async def _call(callback: AfterCommit) -> None:
    try:
        result = callback()
        if result is not None:
            await result
    except Exception:
        log.exception("after_commit_failed")


class Database:
    """The pools of one process: `reader` for every read, `unit_of_work()` for every write."""

    def __init__(self, url: str, options: DatabaseOptions, *, application_name: str = "tallystick") -> None:
        target = make_url(url)
        self._write_engine = _engine(target, options, {"application_name": application_name})
        read_only = {"application_name": application_name, "default_transaction_read_only": "on"}
        self._read_engine = _engine(target, options, read_only).execution_options(isolation_level="AUTOCOMMIT")
        self.reader = ReadSession(self._read_engine)

    @property
    def engines(self) -> tuple[AsyncEngine, AsyncEngine]:
        """The engines under the reader and the unit of work, for tools that watch them."""
        return self._read_engine, self._write_engine

    def unit_of_work(self) -> UnitOfWork:
        """A transaction for `async with`."""
        return UnitOfWork(self._write_engine)

    async def ping(self) -> None:
        """Return if the database answers now.

        Raises:
            DatabaseUnavailable: it does not, or not in time.
        """
        try:
            async with asyncio.timeout(PING_SECONDS):
                await self.reader.scalar(_PING)
        except TimeoutError as error:
            raise DatabaseUnavailable("no answer in time") from error

    async def close(self) -> None:
        """Close every connection."""
        await self._read_engine.dispose()
        await self._write_engine.dispose()


def _engine(url: URL, options: DatabaseOptions, server_settings: dict[str, str]) -> AsyncEngine:
    limits = {
        "timezone": "UTC",
        # Planning short statements for the just-in-time compiler costs more than it saves.
        "jit": "off",
        "statement_timeout": _milliseconds(options.statement_timeout_seconds),
        "lock_timeout": _milliseconds(options.lock_timeout_seconds),
        "idle_in_transaction_session_timeout": _milliseconds(options.idle_in_transaction_timeout_seconds),
    }
    return create_async_engine(
        url,
        pool_size=options.pool_size,
        max_overflow=0,
        pool_timeout=options.pool_timeout_seconds,
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args={
            "timeout": options.connect_timeout_seconds,
            "prepared_statement_cache_size": 500,
            "server_settings": server_settings | limits,
        },
    )


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
