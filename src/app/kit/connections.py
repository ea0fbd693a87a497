"""Connections that are ready at once, each with the statements it has prepared."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg

CACHED_STATEMENTS = 500
CLOSING_SECONDS = 5.0


class Line:
    """One connection and what it has prepared; one statement at a time."""

    __slots__ = ("_prepared", "connection")

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self._prepared: dict[str, Any] = {}

    async def fetch(self, sql: str, arguments: Sequence[Any]) -> list[Any]:
        """The rows of a statement that is prepared the first time it is met.

        Raises:
            asyncpg.InvalidCachedStatementError: a table was changed since; the next time it is prepared anew.
        """
        return (await self._run(sql, arguments))[0]

    async def execute(self, sql: str, arguments: Sequence[Any]) -> int:
        """Carry out such a statement; how many rows it touched. Raises as `fetch` does."""
        tag = (await self._run(sql, arguments))[1].get_statusmsg()
        return int(tag.rpartition(" ")[2])

    async def command(self, sql: str) -> str:
        """Carry out a statement without parameters that is not worth preparing; what the server calls it."""
        try:
            tag: str = await self.connection.execute(sql)
        except asyncpg.InternalClientError as error:
            raise _lost(error) from error
        return tag

    async def _run(self, sql: str, arguments: Sequence[Any]) -> tuple[list[Any], Any]:
        try:
            statement = self._prepared.get(sql)
            if statement is None:
                statement = await self._prepare(sql)
            return await statement.fetch(*arguments), statement
        except asyncpg.InvalidCachedStatementError:
            self._prepared.pop(sql, None)
            raise
        except asyncpg.InternalClientError as error:
            raise _lost(error) from error

    async def _prepare(self, sql: str) -> Any:
        if len(self._prepared) >= CACHED_STATEMENTS:
            self._prepared.clear()
        statement = self._prepared[sql] = await self.connection.prepare(sql)
        return statement


def _lost(error: asyncpg.InternalClientError) -> ConnectionResetError:
    """The server hung up between the check and the statement: the driver is still taking that in."""
    return ConnectionResetError(str(error))


def is_sound(error: BaseException) -> bool:
    """Whether a connection can be used after an error: the server refused a statement, or it never left here."""
    return isinstance(error, asyncpg.PostgresError | ValueError) and not isinstance(error, CONNECTION_LOST)


CONNECTION_LOST = (asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, asyncpg.CrashShutdownError)
"""What the server says when it ends a connection."""


class ConnectionPool:
    """At most `size` connections, opened when needed, the one used last taken first.

    Taking one that is free costs no turn of the event loop and no timer; nothing is reset between two uses, so
    that nobody may leave anything behind in a session.
    """

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]], *, size: int, wait: float) -> None:
        """`wait` is how many seconds to wait for a free one."""
        self._connect = connect
        self._size = size
        self._wait_seconds = wait
        self._opening = 0
        self._open_lines: set[Line] = set()
        self._free: list[Line] = []
        self._closing: set[asyncio.Task[None]] = set()
        self._waiting: deque[asyncio.Future[Line | None]] = deque()

    async def take(self) -> Line:
        """A connection for the caller alone, to be handed back by `take_back`, `give` or `drop`.

        Raises:
            TimeoutError: none became free in time.
            OSError, asyncpg.PostgresError: a new one cannot be opened.
        """
        while self._free:
            line = self._free.pop()
            if not line.connection.is_closed():
                return line
            self._open_lines.discard(line)
        if len(self._open_lines) + self._opening < self._size:
            return await self._open()
        return await self._wait()

    def give(self, line: Line) -> None:
        """It is free again."""
        if line.connection.is_closed():
            self.drop(line)
        elif not self._pass_on(line):
            self._free.append(line)

    def take_back(self, line: Line, error: BaseException | None) -> None:
        """Give or drop it, by how its last statement ended; what was given up half-way is stopped on the server too."""
        if error is None or is_sound(error):
            self.give(line)
        elif isinstance(error, asyncio.CancelledError):
            self._open_lines.discard(line)
            closing = asyncio.get_running_loop().create_task(_close_gently(line.connection))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
            self._pass_on(None)
        else:
            self.drop(line)

    def drop(self, line: Line) -> None:
        """It must not be used again, and what lies idle is as suspect."""
        self._close(line, *self._free)
        self._free.clear()
        self._pass_on(None)

    def terminate(self) -> None:
        """Close every connection, those in use too."""
        self._close(*self._open_lines)
        self._free.clear()

    def _close(self, *lines: Line) -> None:
        for line in lines:
            line.connection.terminate()
            self._open_lines.discard(line)

    async def _open(self) -> Line:
        self._opening += 1
        try:
            line = Line(await self._connect())
        except BaseException:
            self._pass_on(None)
            raise
        finally:
            self._opening -= 1
        self._open_lines.add(line)
        return line

    async def _wait(self) -> Line:
        future: asyncio.Future[Line | None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        try:
            async with asyncio.timeout(self._wait_seconds):
                line = await future
        except BaseException:
            # Handed over in the very moment in which the caller gave up.
            if future.done() and not future.cancelled():
                self._hand_back(future.result())
            raise
        return line if line is not None else await self.take()

    def _hand_back(self, line: Line | None) -> None:
        if line is None:
            self._pass_on(None)
        else:
            self.give(line)

    def _pass_on(self, line: Line | None) -> bool:
        """Wake whoever waits longest; None tells them that a new connection may be opened."""
        while self._waiting:
            future = self._waiting.popleft()
            if not future.done():
                future.set_result(line)
                return True
        return False


async def _close_gently(connection: asyncpg.Connection) -> None:
    """Wait until the server has stopped the statement that was given up, then say goodbye."""
    try:
        await connection.close(timeout=CLOSING_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        connection.terminate()
