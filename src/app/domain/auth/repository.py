"""Statements over refresh tokens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from app.domain.auth.tables import RefreshTokenTable
from app.kit.db import WriteSession
from app.kit.tables import Moment


@dataclass(frozen=True, slots=True)
class RefreshTokenRow:
    """A refresh token that was handed out."""

    id: UUID
    session_id: UUID
    secret_hash: bytes
    expires_at: datetime


_add = insert(RefreshTokenTable)
_get = select(
    RefreshTokenTable.id,
    RefreshTokenTable.session_id,
    RefreshTokenTable.secret_hash,
    RefreshTokenTable.expires_at,
).where(RefreshTokenTable.id == bindparam("token"))
_use = (
    update(RefreshTokenTable)
    .where(RefreshTokenTable.id == bindparam("token"), RefreshTokenTable.used_at.is_(None))
    .values(used_at=bindparam("at", type_=Moment))
)


async def add(session: WriteSession, values: dict[str, Any]) -> None:
    """Insert a token, given by its column names."""
    await session.execute(_add, values)


async def get(session: WriteSession, token_id: UUID) -> RefreshTokenRow | None:
    """One token."""
    row = await session.one_or_none(_get, {"token": token_id})
    return None if row is None else RefreshTokenRow(*row)


async def use(session: WriteSession, token_id: UUID, now: datetime) -> bool:
    """Use a token up; False if somebody did before."""
    return await session.execute(_use, {"token": token_id, "at": now}) == 1
