"""Reads the short way: SQLAlchemy writes a statement down once, asyncpg carries it out as often as it is asked.

SQLAlchemy's own execution costs several times what the driver does. Nothing here knows a table: text, order of
parameters and conversions all come from the compiled statement, and the rows are SQLAlchemy's.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import asyncpg
from sqlalchemy import JSON, Row
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.engine.result import result_tuple
from sqlalchemy.sql import Select
from sqlalchemy.sql.compiler import SQLCompiler

from app.kit.connections import CACHED_STATEMENTS, ConnectionPool

Convert = Callable[[Any], Any]
AnyRow = Row[*tuple[Any, ...]]


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
    """Runs single reading statements, and nothing else, on connections of their own.

    No statement leaves anything behind in its session (they are read-only, and none sets anything), so that the
    connections are not reset between them.
    """

    def __init__(self, url: URL, options: Mapping[str, Any], *, size: int, wait: float) -> None:
        """`options` are for each connection; `wait` is how many seconds to wait for a free one."""
        self._dialect: Dialect = url.get_dialect()()
        _, target = self._dialect.create_connect_args(url)
        # Not 0: then the driver would give prepared statements no name, and each would replace the one before.
        connect = partial(asyncpg.connect, **{**target, **options, "statement_cache_size": CACHED_STATEMENTS})
        self._pool = ConnectionPool(connect, size=size, wait=wait)
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
        except _ASK_AGAIN:
            records = await self._fetch(plan.sql, arguments)
        return [plan.row(record) for record in records]

    async def close(self) -> None:
        """Close every connection."""
        self._pool.terminate()

    async def _fetch(self, sql: str, arguments: list[Any]) -> list[Any]:
        line = await self._pool.take()
        try:
            records = await line.fetch(sql, arguments)
        except BaseException as error:
            if _is_sound(error):
                self._pool.give(line)
            else:
                self._pool.drop(line)
            if isinstance(error, asyncpg.InternalClientError):
                # The server hung up between the check and the statement: the driver is still taking that in.
                raise ConnectionResetError(str(error)) from error
            raise
        self._pool.give(line)
        return records


_GONE = (asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, asyncpg.InvalidCachedStatementError)
_ASK_AGAIN = (*_GONE, asyncpg.InterfaceError, ConnectionError)


def _is_sound(error: BaseException) -> bool:
    """Whether a connection can be used after an error: the server refused the statement, or it never left here."""
    return isinstance(error, asyncpg.PostgresError | ValueError) and not isinstance(error, _GONE)


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
