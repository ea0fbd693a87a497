"""Statements over users."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Text, and_, bindparam, delete, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from app.domain.users.tables import UNIQUE_EMAIL, UserTable
from app.kit.db import ReadSession, WriteSession
from app.kit.pagination import Position, from_microseconds
from app.kit.principal import Role
from app.kit.tables import Moment

EMAIL_CONSTRAINT = UNIQUE_EMAIL.name


@dataclass(frozen=True, slots=True)
class UserRow:
    """An account, without its secret."""

    id: UUID
    email: str
    display_name: str
    role: Role
    is_active: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class CredentialsRow:
    """What is needed to check a password, and what the account may do then."""

    id: UUID
    password_hash: str
    role: Role
    is_active: bool


@dataclass(frozen=True, slots=True)
class UserFilter:
    """Which accounts to list; None is any. `q` is how the e-mail address begins."""

    role: Role | None = None
    is_active: bool | None = None
    q: str | None = None

    def parameters(self) -> dict[str, Any]:
        """The values by the names that the statements use."""
        values = {"role_is": self.role, "active_is": self.is_active, "prefix": self.q}
        return {name: value for name, value in values.items() if value is not None}


COLUMNS = (
    UserTable.id,
    UserTable.email,
    UserTable.display_name,
    UserTable.role,
    UserTable.is_active,
    UserTable.created_at,
    UserTable.updated_at,
)
_CREDENTIALS = (UserTable.id, UserTable.password_hash, UserTable.role, UserTable.is_active)

_by_id = UserTable.id == bindparam("user")
_get = select(*COLUMNS).where(_by_id)
_credentials_by_id = select(*_CREDENTIALS).where(_by_id)
_credentials_by_email = select(*_CREDENTIALS).where(
    func.lower(UserTable.email) == func.lower(bindparam("address", type_=Text()))
)
_hold = _credentials_by_id.with_for_update(read=True)
# NO KEY UPDATE: whoever only refers to the row (an item being created) need not wait.
_lock = _credentials_by_id.with_for_update(key_share=True)
_lock_with_administrators = (
    select(*COLUMNS)
    .where(or_(_by_id, and_(UserTable.role == Role.ADMIN, UserTable.is_active)))
    .order_by(UserTable.id)
    .with_for_update(key_share=True)
)
_create = insert(UserTable).on_conflict_do_nothing(index_elements=[func.lower(UserTable.email)]).returning(*COLUMNS)
_delete = delete(UserTable).where(_by_id)
_place = tuple_(UserTable.created_at, UserTable.id)
_conditions: Mapping[str, ColumnElement[bool]] = {
    "role_is": UserTable.role == bindparam("role_is", type_=UserTable.role.type),
    "active_is": UserTable.is_active == bindparam("active_is"),
    "prefix": func.lower(UserTable.email).startswith(func.lower(bindparam("prefix", type_=Text()))),
    "key": _place < tuple_(bindparam("key", type_=Moment), bindparam("after", type_=UserTable.id.type)),
}


async def get(session: ReadSession, user_id: UUID) -> UserRow | None:
    """One account."""
    row = await session.one_or_none(_get, {"user": user_id})
    return None if row is None else UserRow(*row)


async def credentials(session: ReadSession | WriteSession, user_id: UUID) -> CredentialsRow | None:
    """What proves the identity of this account."""
    row = await session.one_or_none(_credentials_by_id, {"user": user_id})
    return None if row is None else CredentialsRow(*row)


async def credentials_by_email(session: ReadSession, email: str) -> CredentialsRow | None:
    """What proves the identity of the account with this address, however it is written."""
    row = await session.one_or_none(_credentials_by_email, {"address": email})
    return None if row is None else CredentialsRow(*row)


async def hold(session: WriteSession, user_id: UUID, *, to_change: bool) -> CredentialsRow | None:
    """Keep an account from being changed by others until the transaction ends; None if it is not there."""
    row = await session.one_or_none(_lock if to_change else _hold, {"user": user_id})
    return None if row is None else CredentialsRow(*row)


async def lock_with_administrators(session: WriteSession, user_id: UUID) -> Sequence[UserRow]:
    """Lock an account, if it is there, and every active administrator, always in the same order."""
    return [UserRow(*row) for row in await session.all(_lock_with_administrators, {"user": user_id})]


async def create(session: WriteSession, values: dict[str, Any]) -> UserRow | None:
    """Insert an account, given by its column names; None if another one has its address."""
    row = await session.one_or_none(_create, values)
    return None if row is None else UserRow(*row)


async def change(session: WriteSession, user_id: UUID, values: Mapping[str, Any]) -> UserRow | None:
    """Set some columns of an account; None if it is not there.

    Raises:
        ConstraintViolated: of `EMAIL_CONSTRAINT` if another account has the new address.
    """
    row = await session.one_or_none(_change(frozenset(values)), {"user": user_id} | _prefixed(values))
    return None if row is None else UserRow(*row)


async def remove(session: WriteSession, user_id: UUID) -> bool:
    """Delete an account and all that belongs to it; whether it was there."""
    return await session.execute(_delete, {"user": user_id}) == 1


async def page(session: ReadSession, wanted: UserFilter, count: int, after: Position | None) -> Sequence[UserRow]:
    """Accounts, the newest first, at most `count` of those behind a position."""
    parameters = wanted.parameters() | {"count": count}
    if after is not None:
        parameters |= {"key": from_microseconds(after.key), "after": after.id}
    statement = _page(frozenset(name for name in parameters if name in _conditions))
    return [UserRow(*row) for row in await session.all(statement, _escaped(parameters))]


async def count(session: ReadSession, wanted: UserFilter) -> int:
    """How many accounts there are."""
    parameters = wanted.parameters()
    return await session.scalar(_count(frozenset(parameters)), _escaped(parameters)) or 0


@lru_cache(maxsize=64)
def _page(conditions: frozenset[str]) -> Any:
    return (
        select(*COLUMNS)
        .where(*(_conditions[name] for name in sorted(conditions)))
        .order_by(UserTable.created_at.desc(), UserTable.id.desc())
        .limit(bindparam("count"))
    )


@lru_cache(maxsize=64)
def _count(conditions: frozenset[str]) -> Any:
    return select(func.count()).select_from(UserTable).where(*(_conditions[name] for name in sorted(conditions)))


@lru_cache(maxsize=64)
def _change(columns: frozenset[str]) -> Any:
    values = {name: bindparam(f"new_{name}", type_=UserTable.__table__.c[name].type) for name in sorted(columns)}
    return update(UserTable).where(_by_id).values(values).returning(*COLUMNS)


def _prefixed(values: Mapping[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in values.items()}


def _escaped(parameters: dict[str, Any]) -> dict[str, Any]:
    """LIKE reads these characters as wildcards."""
    if "prefix" not in parameters:
        return parameters
    prefix = parameters["prefix"].replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return parameters | {"prefix": prefix}
