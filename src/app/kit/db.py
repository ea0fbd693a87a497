"""PostgreSQL: one way to read (autocommit, one round trip) and one to write (a transaction with one committer)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, TypeVarTuple

import structlog
from sqlalchemy import Executable, Row, literal, select
from sqlalchemy.engine import URL, CursorResult, make_url
from sqlalchemy.exc import DBAPIError, MultipleResultsFound, NoResultFound
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.sql.selectable import TypedReturnsRows

from app.kit.connections import CACHED_STATEMENTS
from app.kit.db_errors import DRIVER_ERRORS, translate
from app.kit.errors import DatabaseUnavailable
from app.kit.short_reads import ShortReads

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

    async def _fetch(self, statement: Executable, parameters: Parameters) -> Sequence[Row[*tuple[Any, ...]]]:
        raise NotImplementedError

    async def all(self, statement: TypedReturnsRows[*Ts], parameters: Parameters = None) -> Sequence[Row[*Ts]]:
        """Every row."""
        return await self._fetch(statement, parameters)

    async def one(self, statement: TypedReturnsRows[*Ts], parameters: Parameters = None) -> Row[*Ts]:
        """The only row; SQLAlchemy's NoResultFound or MultipleResultsFound when there is not exactly one."""
        row = await self.one_or_none(statement, parameters)
        if row is None:
            raise NoResultFound("No row was found when one was required")
        return row

    async def one_or_none(self, statement: TypedReturnsRows[*Ts], parameters: Parameters = None) -> Row[*Ts] | None:
        """The only row, or None when there is none."""
        rows: Sequence[Row[*Ts]] = await self._fetch(statement, parameters)
        if len(rows) > 1:
            raise MultipleResultsFound("Multiple rows were found when one was required")
        return rows[0] if rows else None

    async def scalar(self, statement: TypedReturnsRows[T], parameters: Parameters = None) -> T | None:
        """The first column of the first row, or None when there is no row."""
        rows = await self._fetch(statement, parameters)
        found: T | None = rows[0][0] if rows else None
        return found

    async def scalars(self, statement: TypedReturnsRows[T], parameters: Parameters = None) -> Sequence[T]:
        """The first column of every row."""
        return [row[0] for row in await self._fetch(statement, parameters)]


class ReadSession(_Rows):
    """Reads, each statement by itself on an autocommit connection that the database holds to reading.

    A connection is held only while a statement runs, so one session may serve any number of requests at once.
    A statement that meets a connection which has died is asked again once: the server may have been restarted.
    """

    def __init__(self, engine: AsyncEngine, short: ShortReads) -> None:
        self._engine = engine
        self._short = short

    async def _fetch(self, statement: Executable, parameters: Parameters) -> Sequence[Row[*tuple[Any, ...]]]:
        try:
            plan = self._short.plan(statement)
            if plan is not None and not isinstance(parameters, Sequence):
                return await self._short.rows(plan, parameters or {})
            return (await self._run(statement, parameters)).all()
        except DRIVER_ERRORS as error:
            raise translate(error) from error

    async def _run(self, statement: Executable, parameters: Parameters) -> CursorResult[*tuple[Any, ...]]:
        try:
            return await self._once(statement, parameters)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            return await self._once(statement, parameters)

    async def _once(self, statement: Executable, parameters: Parameters) -> CursorResult[*tuple[Any, ...]]:
        async with self._engine.connect() as connection:
            return await connection.execute(statement, parameters)


class WriteSession(_Rows):
    """Reads and writes inside one transaction. It has no commit: that is the unit of work's."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def _fetch(self, statement: Executable, parameters: Parameters) -> Sequence[Row[*tuple[Any, ...]]]:
        return (await self._run(statement, parameters)).all()

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
        if self._connection is not None:
            await self._end(self._connection, commit=error is None)
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

    async def _end(self, connection: AsyncConnection, *, commit: bool) -> None:
        try:
            if commit:
                await connection.commit()
        except DRIVER_ERRORS as error:
            raise translate(error) from error
        finally:
            # Giving the connection back rolls back whatever was not committed.
            self._connection = None
            await asyncio.shield(connection.close())


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
        writing = _connect_options(options, {"application_name": application_name})
        reading = _connect_options(
            options, {"application_name": application_name, "default_transaction_read_only": "on"}
        )
        self._write_engine = _engine(target, options, writing)
        self._read_engine = _engine(target, options, reading).execution_options(isolation_level="AUTOCOMMIT")
        self._short_reads = ShortReads(target, reading, size=options.pool_size, wait=options.pool_timeout_seconds)
        self.reader = ReadSession(self._read_engine, self._short_reads)

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
        await self._short_reads.close()
        await self._read_engine.dispose()
        await self._write_engine.dispose()


def _connect_options(options: DatabaseOptions, server_settings: dict[str, str]) -> dict[str, Any]:
    """What every connection begins with, whoever opens it."""
    limits = {
        "timezone": "UTC",
        # Planning short statements for the just-in-time compiler costs more than it saves.
        "jit": "off",
        "statement_timeout": _milliseconds(options.statement_timeout_seconds),
        "lock_timeout": _milliseconds(options.lock_timeout_seconds),
        "idle_in_transaction_session_timeout": _milliseconds(options.idle_in_transaction_timeout_seconds),
    }
    return {"timeout": options.connect_timeout_seconds, "server_settings": server_settings | limits}


def _engine(url: URL, options: DatabaseOptions, connect_options: dict[str, Any]) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=options.pool_size,
        max_overflow=0,
        pool_timeout=options.pool_timeout_seconds,
        pool_use_lifo=True,
        hide_parameters=True,
        connect_args=connect_options | {"prepared_statement_cache_size": CACHED_STATEMENTS},
    )


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
