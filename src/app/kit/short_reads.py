"""Reads the short way: SQLAlchemy writes a statement down once, asyncpg carries it out as often as it is asked.

SQLAlchemy's own execution costs several times what the driver does. Nothing here knows a table: text, order of
parameters and conversions all come from the compiled statement, and the rows are SQLAlchemy's.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import asyncpg
from sqlalchemy import JSON, Row
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.engine.result import result_tuple
from sqlalchemy.sql import Select
from sqlalchemy.sql.compiler import SQLCompiler

Convert = Callable[[Any], Any]
AnyRow = Row[*tuple[Any, ...]]
CACHED_STATEMENTS = 500


@dataclass(frozen=True, slots=True)
class Plan:
    """One statement as the driver takes it."""

    sql: str
    parameters: tuple[tuple[str, Any, Convert | None], ...]
    converters: tuple[tuple[int, Convert], ...]
    make_row: Callable[[Iterable[Any]], AnyRow]

    def arguments(self, given: Mapping[str, Any]) -> list[Any]:
        """The values in the order of the text; those that are not given are the statement's own."""
        return [
            given.get(name, default) if convert is None else convert(given.get(name, default))
            for name, default, convert in self.parameters
        ]

    def row(self, record: Iterable[Any]) -> AnyRow:
        """One row of the answer, each value as the statement's column types have it."""
        values = list(record)
        for index, convert in self.converters:
            values[index] = convert(values[index])
        return self.make_row(values)


class ShortReads:
    """A pool of connections on which nothing but single reading statements runs.

    No statement leaves anything behind in its session (they are read-only, and none sets anything), so that the
    connections are not reset between them.
    """

    def __init__(self, url: URL, options: Mapping[str, Any], *, size: int, wait: float) -> None:
        """`options` are for each connection; `wait` is how many seconds to wait for a free one."""
        self._dialect: Dialect = url.get_dialect()()
        _, target = self._dialect.create_connect_args(url)
        self._options = {**target, **options, "statement_cache_size": CACHED_STATEMENTS}
        self._size = size
        self._wait = wait
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()
        self._plans: WeakKeyDictionary[Any, Plan | None] = WeakKeyDictionary()

    def plan(self, statement: Any) -> Plan | None:
        """How to carry a statement out; None for one that has to go the long way."""
        if not isinstance(statement, Select):
            return None
        try:
            return self._plans[statement]
        except KeyError:
            plan = self._plans[statement] = _plan(statement, self._dialect)
            return plan

    async def rows(self, plan: Plan, given: Mapping[str, Any]) -> list[AnyRow]:
        """Carry a statement out; once more if its connection turns out to have died.

        Raises:
            Exception: whatever the driver says.
        """
        arguments = plan.arguments(given)
        try:
            records = await self._fetch(plan.sql, arguments)
        except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.AdminShutdownError, ConnectionError):
            records = await self._fetch(plan.sql, arguments)
        return [plan.row(record) for record in records]

    async def close(self) -> None:
        """Close every connection."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.terminate()

    async def _fetch(self, sql: str, arguments: list[Any]) -> list[Any]:
        pool = self._pool or await self._open()
        async with pool.acquire(timeout=self._wait) as connection:
            try:
                records: list[Any] = await connection.fetch(sql, *arguments)
            except asyncpg.InternalClientError as error:
                # The server hung up between the check and the statement: the driver is still taking that in.
                connection.terminate()
                raise ConnectionResetError(str(error)) from error
            return records

    async def _open(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    min_size=0, max_size=self._size, reset=_leave_as_is, **self._options
                )
            return self._pool


async def _leave_as_is(_: Any) -> None:
    """Nothing to reset."""


def _plan(statement: Select[*tuple[Any, ...]], dialect: Dialect) -> Plan | None:
    compiled = statement.compile(dialect=dialect)
    columns = statement.column_descriptions
    assert isinstance(compiled, SQLCompiler)
    if compiled.post_compile_params or compiled.literal_execute_params or compiled.positiontup is None:
        return None
    if any(isinstance(column["type"], JSON) for column in columns):
        return None
    parameters = tuple(
        (name, compiled.params[name], compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
        for name in compiled.positiontup
    )
    converters = [column["type"].dialect_impl(dialect).result_processor(dialect, None) for column in columns]
    wanted = tuple((index, convert) for index, convert in enumerate(converters) if convert is not None)
    return Plan(compiled.string, parameters, wanted, result_tuple([column["name"] for column in columns]))
