"""PostgreSQL: one way to read (autocommit, one round trip) and one to write (a transaction with one committer)."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, TypeVarTuple

import asyncpg
import structlog
from sqlalchemy import Executable, Row, literal, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.sql.selectable import TypedReturnsRows

from app.kit.connections import CACHED_STATEMENTS, CONNECTION_LOST, ConnectionPool, Line
from app.kit.db_errors import DRIVER_ERRORS, translate
from app.kit.errors import DatabaseUnavailable
from app.kit.statements import Plans

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Parameters = Mapping[str, Any]
AfterCommit = Callable[[], Awaitable[None] | None]

PING_SECONDS = 2.0
NO_PARAMETERS: Parameters = {}
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

    async def all(self, statement: TypedReturnsRows[*Ts], parameters: Parameters = NO_PARAMETERS) -> Sequence[Row[*Ts]]:
        """Every row."""
        return await self._fetch(statement, parameters)

    async def one(self, statement: TypedReturnsRows[*Ts], parameters: Parameters = NO_PARAMETERS) -> Row[*Ts]:
        """The only row; SQLAlchemy's NoResultFound or MultipleResultsFound when there is not exactly one."""
        row = await self.one_or_none(statement, parameters)
        if row is None:
            raise NoResultFound("No row was found when one was required")
        return row

    async def one_or_none(
        self, statement: TypedReturnsRows[*Ts], parameters: Parameters = NO_PARAMETERS
    ) -> Row[*Ts] | None:
        """The only row, or None when there is none."""
        rows: Sequence[Row[*Ts]] = await self._fetch(statement, parameters)
        if len(rows) > 1:
            raise MultipleResultsFound("Multiple rows were found when one was required")
        return rows[0] if rows else None

    async def scalar(self, statement: TypedReturnsRows[T], parameters: Parameters = NO_PARAMETERS) -> T | None:
        """The first column of the first row, or None when there is no row."""
        rows = await self._fetch(statement, parameters)
        found: T | None = rows[0][0] if rows else None
        return found

    async def scalars(self, statement: TypedReturnsRows[T], parameters: Parameters = NO_PARAMETERS) -> Sequence[T]:
        """The first column of every row."""
        return [row[0] for row in await self._fetch(statement, parameters)]


class ReadSession(_Rows):
    """Reads, each statement by itself on an autocommit connection that the database holds to reading.

    A connection is held only while a statement runs, so one session may serve any number of requests at once.
    A statement that meets a connection which has died is asked again once: the server may have been restarted.
    No statement leaves anything behind in its connection, so that none is reset.
    """

    def __init__(self, pool: ConnectionPool, plans: Plans) -> None:
        self._pool = pool
        self._plans = plans

    async def _fetch(self, statement: Executable, parameters: Parameters) -> Sequence[Row[*tuple[Any, ...]]]:
        plan = self._plans.plan(statement, parameters)
        arguments = plan.arguments(parameters)
        try:
            try:
                return plan.rows(await self._once(plan.sql, arguments))
            except _ASK_AGAIN:
                return plan.rows(await self._once(plan.sql, arguments))
        except DRIVER_ERRORS as error:
            raise translate(error) from error

    async def _once(self, sql: str, arguments: list[Any]) -> list[Any]:
        line = await self._pool.take()
        try:
            records = await line.fetch(sql, arguments)
        except BaseException as error:
            self._pool.take_back(line, error)
            raise
        self._pool.give(line)
        return records


_ASK_AGAIN = (*CONNECTION_LOST, asyncpg.InvalidCachedStatementError, asyncpg.InterfaceError, ConnectionError)


class WriteSession(_Rows):
    """Reads and writes inside one transaction. It has no commit: that is the unit of work's."""

    def __init__(self, line: Line, plans: Plans) -> None:
        self._line = line
        self._plans = plans
        self._savepoints = 0

    async def _fetch(self, statement: Executable, parameters: Parameters) -> Sequence[Row[*tuple[Any, ...]]]:
        plan = self._plans.plan(statement, parameters)
        try:
            return plan.rows(await self._line.fetch(plan.sql, plan.arguments(parameters)))
        except DRIVER_ERRORS as error:
            raise translate(error) from error

    async def execute(self, statement: Executable, parameters: Parameters = NO_PARAMETERS) -> int:
        """Carry out a statement whose rows do not matter; how many rows it touched."""
        plan = self._plans.plan(statement, parameters)
        try:
            return await self._line.execute(plan.sql, plan.arguments(parameters))
        except DRIVER_ERRORS as error:
            raise translate(error) from error

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part that may fail without failing the whole: on an exception only this part is undone."""
        self._savepoints += 1
        name = f"part_{self._savepoints}"
        await self._command(f"SAVEPOINT {name}")
        try:
            yield
        except Exception:
            await self._command(f"ROLLBACK TO SAVEPOINT {name}")
            raise
        await self._command(f"RELEASE SAVEPOINT {name}")

    async def _command(self, sql: str) -> None:
        try:
            await self._line.command(sql)
        except DRIVER_ERRORS as error:
            raise translate(error) from error


class UnitOfWork:
    """One transaction, opened when first asked for: `async with database.unit_of_work() as work`.

    Leaving the block is the one place that commits; an exception, cancellation included, rolls back instead.
    """

    def __init__(self, pool: ConnectionPool, plans: Plans, *, reads_only: bool = False) -> None:
        self._pool = pool
        self._plans = plans
        self._reads_only = reads_only
        self._line: Line | None = None
        self._session: WriteSession | None = None
        self._opening = asyncio.Lock()
        self._after_commit: list[AfterCommit] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        line, self._line = self._line, None
        if line is not None:
            await self._end(line, error)
        if error is None:
            for callback in self._after_commit:
                await _call(callback)

    @property
    def is_open(self) -> bool:
        """Whether anything asked for the transaction."""
        return self._session is not None

    async def begin(self) -> WriteSession:
        """The session of the transaction, the same one each time.

        Raises:
            RuntimeError: nothing is to be written here, so that a mistake of ours does no harm.
        """
        if self._session is None:
            if self._reads_only:
                raise RuntimeError("this operation only reads: use the reader, or give it `x-transaction: write`")
            async with self._opening:
                if self._session is None:
                    self._line = await self._open()
                    self._session = WriteSession(self._line, self._plans)
        return self._session

    def after_commit(self, callback: AfterCommit) -> None:
        """Call this once the transaction is durable, in the order of registration; never if it is rolled back.

        What it raises is logged and changes nothing: the work is done.
        """
        self._after_commit.append(callback)

    async def _open(self) -> Line:
        try:
            try:
                return await self._begun()
            except _ASK_AGAIN:
                # Nothing was done yet: a connection that had died may be replaced.
                return await self._begun()
        except DRIVER_ERRORS as error:
            raise translate(error) from error

    async def _begun(self) -> Line:
        line = await self._pool.take()
        try:
            await line.command("BEGIN")
        except BaseException:
            self._pool.drop(line)
            raise
        return line

    async def _end(self, line: Line, error: BaseException | None) -> None:
        """Commit or roll back, and give the connection back; one that is not idle again ends, and so does its work."""
        if isinstance(error, asyncio.CancelledError):
            self._pool.take_back(line, error)
            return
        try:
            outcome = await line.command("COMMIT" if error is None else "ROLLBACK")
        except BaseException as problem:
            self._pool.drop(line)
            if error is None and isinstance(problem, DRIVER_ERRORS):
                raise translate(problem) from problem
            if not isinstance(problem, DRIVER_ERRORS):
                raise
        else:
            self._pool.give(line)
            if error is None and outcome != "COMMIT":
                raise RuntimeError(
                    "a statement had failed and nobody minded: the database rolled back instead of committing"
                )


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
        self._plans = Plans(target.get_dialect()())
        writing = {"application_name": application_name}
        reading = writing | {"default_transaction_read_only": "on"}
        self._writers = _pool(target, options, writing)
        self._readers = _pool(target, options, reading)
        self.reader = ReadSession(self._readers, self._plans)

    def unit_of_work(self, *, reads_only: bool = False) -> UnitOfWork:
        """A transaction for `async with`; one that only reads cannot be begun."""
        return UnitOfWork(self._writers, self._plans, reads_only=reads_only)

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

    def close(self) -> None:
        """Close every connection."""
        self._readers.terminate()
        self._writers.terminate()


def _pool(url: URL, options: DatabaseOptions, server_settings: dict[str, str]) -> ConnectionPool:
    limits = {
        "timezone": "UTC",
        # Planning short statements for the just-in-time compiler costs more than it saves.
        "jit": "off",
        "statement_timeout": _milliseconds(options.statement_timeout_seconds),
        "lock_timeout": _milliseconds(options.lock_timeout_seconds),
        "idle_in_transaction_session_timeout": _milliseconds(options.idle_in_transaction_timeout_seconds),
    }
    _, target = url.get_dialect()().create_connect_args(url)
    connect = partial(
        asyncpg.connect,
        **target,
        timeout=options.connect_timeout_seconds,
        server_settings=server_settings | limits,
        # Not 0: then the driver would give prepared statements no name, and each would replace the one before.
        statement_cache_size=CACHED_STATEMENTS,
    )
    return ConnectionPool(connect, size=options.pool_size, wait=options.pool_timeout_seconds)


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
