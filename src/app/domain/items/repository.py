"""Statements over items; those that depend on what is asked for are built once for each combination."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, bindparam, delete, func, insert, literal_column, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import Integer

from app.domain.items.tables import ItemTable, Status
from app.kit.db import ReadSession, WriteSession
from app.kit.etags import Expected
from app.kit.pagination import Position, clamp_int4, clamp_moment, from_microseconds, to_microseconds
from app.kit.tables import Moment

OWNER_CONSTRAINT = "fk_items_owner_id_users"


class Sort(StrEnum):
    """The order of a list; a minus puts the largest first."""

    CREATED_AT = "created_at"
    NEWEST = "-created_at"
    UPDATED_AT = "updated_at"
    LAST_UPDATED = "-updated_at"
    PRIORITY = "priority"
    MOST_URGENT = "-priority"


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item."""

    id: UUID
    owner_id: UUID
    title: str
    description: str | None
    status: Status
    priority: int
    tags: list[str]
    version: int
    created_at: datetime
    updated_at: datetime

    def position(self, sort: Sort) -> Position:
        """Where the item stands in a list of this order."""
        key: datetime | int = getattr(self, _column(sort).key)
        return Position(key if isinstance(key, int) else to_microseconds(key), self.id)


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Which items to list; None is any. `created_after` is inclusive, `created_before` is not."""

    owner_id: UUID | None = None
    status: Status | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    q: str | None = None

    def parameters(self) -> dict[str, Any]:
        """The values by the names that the statements use."""
        values = {
            "owner": self.owner_id,
            "status_is": self.status,
            "since": None if self.created_after is None else clamp_moment(self.created_after),
            "before": None if self.created_before is None else clamp_moment(self.created_before),
            "words": self.q,
        }
        return {name: value for name, value in values.items() if value is not None}


COLUMNS = (
    ItemTable.id,
    ItemTable.owner_id,
    ItemTable.title,
    ItemTable.description,
    ItemTable.status,
    ItemTable.priority,
    ItemTable.tags,
    ItemTable.version,
    ItemTable.created_at,
    ItemTable.updated_at,
)
_UUID = ItemTable.id.type
_by_id = ItemTable.id == bindparam("item", type_=_UUID)
_owned = ItemTable.owner_id == bindparam("owner", type_=_UUID)
_expected = ItemTable.version == func.any(bindparam("versions", type_=ARRAY(Integer)))
_conditions: Mapping[str, ColumnElement[bool]] = {
    "owner": _owned,
    "status_is": ItemTable.status == bindparam("status_is", type_=ItemTable.status.type),
    "since": ItemTable.created_at >= bindparam("since", type_=Moment),
    "before": ItemTable.created_at < bindparam("before", type_=Moment),
    "words": ItemTable.search.bool_op("@@")(
        func.websearch_to_tsquery(literal_column("'simple'::regconfig"), bindparam("words", type_=Text()))
    ),
}
_get_any = select(*COLUMNS).where(_by_id)
_get_owned = _get_any.where(_owned)
_create = insert(ItemTable).returning(*COLUMNS)


async def get(session: ReadSession | WriteSession, item_id: UUID, owner: UUID | None) -> ItemRow | None:
    """One item, if it belongs to this owner (None: to anybody)."""
    if owner is None:
        row = await session.one_or_none(_get_any, {"item": item_id})
    else:
        row = await session.one_or_none(_get_owned, {"item": item_id, "owner": owner})
    return None if row is None else _item(row)


async def create(session: WriteSession, values: dict[str, Any]) -> ItemRow:
    """Insert an item, given by its column names.

    Raises:
        ConstraintViolated: of `OWNER_CONSTRAINT` if its owner is not there.
    """
    return _item(await session.one(_create, values))


async def change(
    session: WriteSession, item_id: UUID, owner: UUID | None, expected: Expected, values: Mapping[str, Any]
) -> ItemRow | None:
    """Set some columns of an item and count its version up, if it is there as expected."""
    conditions = _which(item_id, owner, expected)
    statement = _change(frozenset(conditions), frozenset(values))
    row = await session.one_or_none(statement, conditions | {f"new_{name}": value for name, value in values.items()})
    return None if row is None else _item(row)


async def remove(session: WriteSession, item_id: UUID, owner: UUID | None, expected: Expected) -> bool:
    """Delete an item, if it is there as expected; whether it was."""
    conditions = _which(item_id, owner, expected)
    return await session.execute(_remove(frozenset(conditions)), conditions) == 1


async def page(
    session: ReadSession, wanted: ItemFilter, sort: Sort, count: int, after: Position | None
) -> Sequence[ItemRow]:
    """Items in an order, at most `count` of those behind a position."""
    conditions = wanted.parameters()
    parameters = conditions | {"count": count}
    if after is not None:
        is_number = _column(sort) is ItemTable.priority
        key = clamp_int4(after.key) if is_number else from_microseconds(after.key)
        parameters |= {"key": key, "after": after.id}
    statement = _page(sort, frozenset(conditions), after is not None)
    return [_item(row) for row in await session.all(statement, parameters)]


async def count(session: ReadSession, wanted: ItemFilter) -> int:
    """How many items there are."""
    conditions = wanted.parameters()
    return await session.scalar(_count(frozenset(conditions)), conditions) or 0


def _item(row: Sequence[Any]) -> ItemRow:
    return ItemRow(*row)


def _column(sort: Sort) -> InstrumentedAttribute[Any]:
    column: InstrumentedAttribute[Any] = getattr(ItemTable, sort.removeprefix("-"))
    return column


def _which(item_id: UUID, owner: UUID | None, expected: Expected) -> dict[str, Any]:
    """The values of the conditions that a change has, by name."""
    values: dict[str, Any] = {"item": item_id}
    if owner is not None:
        values["owner"] = owner
    if expected.versions is not None:
        values["versions"] = sorted(expected.versions)
    return values


def _matching(names: frozenset[str]) -> list[ColumnElement[bool]]:
    known = {"item": _by_id, "owner": _owned, "versions": _expected}
    return [condition for name, condition in known.items() if name in names]


@lru_cache(maxsize=256)
def _page(sort: Sort, conditions: frozenset[str], is_continued: bool) -> Any:
    column = _column(sort)
    place = tuple_(column, ItemTable.id)
    statement = select(*COLUMNS).where(*(_conditions[name] for name in sorted(conditions)))
    seen = tuple_(bindparam("key", type_=column.type), bindparam("after", type_=_UUID))
    if sort.startswith("-"):
        statement = statement.where(place < seen) if is_continued else statement
        return statement.order_by(column.desc(), ItemTable.id.desc()).limit(bindparam("count"))
    statement = statement.where(place > seen) if is_continued else statement
    return statement.order_by(column, ItemTable.id).limit(bindparam("count"))


@lru_cache(maxsize=64)
def _count(conditions: frozenset[str]) -> Any:
    return select(func.count()).select_from(ItemTable).where(*(_conditions[name] for name in sorted(conditions)))


@lru_cache(maxsize=128)
def _change(conditions: frozenset[str], columns: frozenset[str]) -> Any:
    values: dict[str, Any] = {
        name: bindparam(f"new_{name}", type_=ItemTable.__table__.c[name].type) for name in sorted(columns)
    }
    values["version"] = ItemTable.version + 1
    return update(ItemTable).where(*_matching(conditions)).values(values).returning(*COLUMNS)


@lru_cache(maxsize=16)
def _remove(conditions: frozenset[str]) -> Any:
    return delete(ItemTable).where(*_matching(conditions))
