"""Statements over sessions and revocations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete, func, literal, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql.dml import ReturningInsert

from app.domain.sessions.tables import RevocationTable, SessionTable
from app.kit.db import ReadSession, WriteSession
from app.kit.pagination import Position, from_microseconds
from app.kit.tables import Moment


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One session of a user."""

    id: UUID
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    user_agent: str | None


@dataclass(frozen=True, slots=True)
class ContinuedRow:
    """A session that was just used again."""

    id: UUID
    user_id: UUID
    scopes: frozenset[str]


COLUMNS = (
    SessionTable.id,
    SessionTable.created_at,
    SessionTable.last_used_at,
    SessionTable.expires_at,
    SessionTable.user_agent,
)

_add = insert(SessionTable)
_live = (SessionTable.revoked_at.is_(None), SessionTable.expires_at > bindparam("at", type_=Moment))
_of_user = (SessionTable.user_id == bindparam("owner"), *_live)
_place = tuple_(SessionTable.created_at, SessionTable.id)
_list = (
    select(*COLUMNS)
    .where(*_of_user)
    .order_by(SessionTable.created_at.desc(), SessionTable.id.desc())
    .limit(bindparam("count"))
)
_list_after = _list.where(
    _place < tuple_(bindparam("key", type_=Moment), bindparam("after", type_=SessionTable.id.type))
)
_count = select(func.count()).select_from(SessionTable).where(*_of_user)
_continue = (
    update(SessionTable)
    .where(SessionTable.id == bindparam("session"), *_live)
    .values(last_used_at=bindparam("at", type_=Moment), expires_at=bindparam("until", type_=Moment))
    .returning(SessionTable.id, SessionTable.user_id, SessionTable.scopes)
)
_is_revoked = select(RevocationTable.session_id).where(RevocationTable.session_id == bindparam("session"))
_revoked_since = select(RevocationTable.session_id).where(RevocationTable.revoked_at > bindparam("since", type_=Moment))


def _revoke(*which: ColumnElement[bool]) -> ReturningInsert[UUID]:
    """End sessions and note it where every process looks, in one statement; returns the ids of those that lived."""
    at = bindparam("at", type_=Moment)
    ended = (
        update(SessionTable)
        .where(SessionTable.revoked_at.is_(None), *which)
        .values(revoked_at=at)
        .returning(SessionTable.id)
        .cte("ended")
    )
    return (
        insert(RevocationTable)
        .from_select(["session_id", "revoked_at"], select(ended.c.id, at))
        .on_conflict_do_nothing()
        .returning(RevocationTable.session_id)
    )


_revoke_one = _revoke(SessionTable.id == bindparam("session"))
_revoke_own = _revoke(SessionTable.id == bindparam("session"), SessionTable.user_id == bindparam("owner"), _live[1])
_revoke_all = _revoke(SessionTable.user_id == bindparam("owner"))
_revoke_others = _revoke(SessionTable.user_id == bindparam("owner"), SessionTable.id != bindparam("session"))


async def add(session: WriteSession, values: dict[str, Any]) -> None:
    """Insert a session, given by its column names."""
    await session.execute(_add, values)


async def live_of(
    session: ReadSession, user_id: UUID, now: datetime, count: int, after: Position | None
) -> Sequence[SessionRow]:
    """The live sessions of a user, the newest first, at most `count` of those behind a position."""
    parameters: dict[str, Any] = {"owner": user_id, "at": now, "count": count}
    if after is None:
        return [SessionRow(*row) for row in await session.all(_list, parameters)]
    parameters |= {"key": from_microseconds(after.key), "after": after.id}
    return [SessionRow(*row) for row in await session.all(_list_after, parameters)]


async def count_live_of(session: ReadSession, user_id: UUID, now: datetime) -> int:
    """How many live sessions a user has."""
    return await session.scalar(_count, {"owner": user_id, "at": now}) or 0


async def continue_live(session: WriteSession, session_id: UUID, now: datetime, until: datetime) -> ContinuedRow | None:
    """Lock a session and let it live on; None if it has ended."""
    row = await session.one_or_none(_continue, {"session": session_id, "at": now, "until": until})
    return None if row is None else ContinuedRow(row.id, row.user_id, frozenset(row.scopes))


async def revoke(session: WriteSession, session_id: UUID, now: datetime) -> Sequence[UUID]:
    """End one session, whosever; its id if it was not revoked yet."""
    return await session.scalars(_revoke_one, {"session": session_id, "at": now})


async def revoke_own(session: WriteSession, user_id: UUID, session_id: UUID, now: datetime) -> Sequence[UUID]:
    """End one live session of this user; its id if there was one."""
    return await session.scalars(_revoke_own, {"session": session_id, "owner": user_id, "at": now})


async def revoke_all_of(
    session: WriteSession, user_id: UUID, now: datetime, *, but: UUID | None = None
) -> Sequence[UUID]:
    """End every session of a user except perhaps one; the ids of those that were not revoked yet."""
    if but is None:
        return await session.scalars(_revoke_all, {"owner": user_id, "at": now})
    return await session.scalars(_revoke_others, {"owner": user_id, "session": but, "at": now})


async def is_revoked(session: ReadSession, session_id: UUID) -> bool:
    """Whether a session was ended, asked of the database itself."""
    return await session.scalar(_is_revoked, {"session": session_id}) is not None


async def revoked_since(session: ReadSession, since: datetime) -> frozenset[UUID]:
    """The sessions that were ended after a moment."""
    return frozenset(await session.scalars(_revoked_since, {"since": since}))


async def purge(session: WriteSession, *, revoked_before: datetime, ended_before: datetime) -> int:
    """Forget revocations and sessions that ended before these moments; how many rows went."""
    gone = await session.execute(
        delete(RevocationTable).where(RevocationTable.revoked_at < literal(revoked_before, Moment))
    )
    ended = or_(SessionTable.expires_at < ended_before, SessionTable.revoked_at < ended_before)
    return gone + await session.execute(delete(SessionTable).where(ended))
