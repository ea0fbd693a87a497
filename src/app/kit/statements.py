"""SQLAlchemy writes a statement down once, the driver carries it out as often as it is asked.

SQLAlchemy's own execution costs several times what the driver does. Nothing here knows a table: text, order of
parameters and conversions all come from the compiled statement, and the rows are SQLAlchemy's.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import JSON, Executable, Row
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.result import result_tuple
from sqlalchemy.exc import ArgumentError, StatementError
from sqlalchemy.sql import Select
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.types import TypeEngine

Convert = Callable[[Any], Any]
AnyRow = Row[*tuple[Any, ...]]

_REQUIRED: Final = object()


@dataclass(frozen=True, slots=True)
class Plan:
    """One statement as the driver takes it."""

    sql: str
    parameters: tuple[tuple[str, Any, Convert | None], ...]
    converters: tuple[tuple[int, Convert], ...]
    make_row: Callable[[Iterable[Any]], AnyRow]

    def arguments(self, given: Mapping[str, Any]) -> list[Any]:
        """The values in the order of the text; those that are not given are the statement's own.

        Raises:
            StatementError: one that the statement needs is missing.
        """
        found = []
        for name, default, convert in self.parameters:
            value = given.get(name, default)
            if value is _REQUIRED:
                raise StatementError(f"a value is required for {name!r}", self.sql, None, None)
            found.append(value if convert is None else convert(value))
        return found

    def rows(self, records: Iterable[Iterable[Any]]) -> Sequence[AnyRow]:
        """The answer's rows, each value as the statement's column types have it."""
        return [self._row(record) for record in records]

    def _row(self, record: Iterable[Any]) -> AnyRow:
        values = list(record)
        for index, convert in self.converters:
            values[index] = convert(values[index])
        return self.make_row(values)


class Plans:
    """How statements are carried out; each is compiled when it is first met.

    Keep statements that run often (module constants, or cached by what they are made of): a plan lives as long as
    its statement.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: WeakKeyDictionary[Any, dict[tuple[str, ...], Plan]] = WeakKeyDictionary()

    def plan(self, statement: Executable, given: Mapping[str, Any]) -> Plan:
        """The plan of a statement with these parameters.

        Raises:
            ArgumentError: it needs what only SQLAlchemy's own execution can do.
        """
        # The columns of an INSERT without `values` are those that are given.
        names = () if isinstance(statement, Select) else tuple(given)
        plans = self._known.get(statement)
        if plans is None:
            plans = self._known[statement] = {}
        found = plans.get(names)
        if found is None:
            found = plans[names] = _compile(statement, names, self._dialect)
        return found


def _compile(statement: Executable, names: tuple[str, ...], dialect: Dialect) -> Plan:
    if not isinstance(statement, Select | UpdateBase):
        raise ArgumentError(f"{type(statement).__name__}: only SELECT, INSERT, UPDATE and DELETE are carried out here")
    compiled = statement.compile(dialect=dialect, column_keys=list(names) or None)
    assert isinstance(compiled, SQLCompiler)
    if compiled.post_compile_params or compiled.literal_execute_params or compiled.positiontup is None:
        raise ArgumentError(f"lists cannot be spread into a statement: compare with ANY(array) instead: {compiled}")
    if compiled.insert_prefetch or compiled.update_prefetch:
        raise ArgumentError(f"defaults made in Python are not carried out: use a server_default: {compiled}")
    parameters = tuple(
        (name, _default(compiled, name), _writer(compiled, name, dialect)) for name in compiled.positiontup
    )
    columns = statement.column_descriptions if isinstance(statement, Select) else _returned(statement)
    readers = [_reader(column["type"], dialect) for column in columns]
    wanted = tuple((index, convert) for index, convert in enumerate(readers) if convert is not None)
    return Plan(compiled.string, parameters, wanted, result_tuple([column["name"] for column in columns]))


def _returned(statement: UpdateBase) -> Sequence[Any]:
    return statement.returning_column_descriptions


def _default(compiled: SQLCompiler, name: str) -> Any:
    return _REQUIRED if compiled.binds[name].required else compiled.params[name]


def _writer(compiled: SQLCompiler, name: str, dialect: Dialect) -> Convert | None:
    return compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    if isinstance(kind, JSON):
        # The driver gives the text; SQLAlchemy relies on a codec that it would have put into each connection.
        return _from_json
    return kind.dialect_impl(dialect).result_processor(dialect, None)


def _from_json(text: str | None) -> Any:
    return None if text is None else json.loads(text)
