"""Sessions: started at sign-in, continued by refresh tokens, ended by their user or by what happens to the account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from app.domain.sessions import repository
from app.domain.sessions.errors import SessionNotFound
from app.domain.sessions.repository import ContinuedRow, SessionRow
from app.domain.sessions.revocations import MARGIN, Revocations
from app.kit.clock import Clock
from app.kit.db import ReadSession, UnitOfWork, WriteSession
from app.kit.ids import uuid7
from app.kit.pagination import Page, Position, cut_page, decode_cursor, to_microseconds

# What a page of sessions holds is part of this interface.
__all__ = ["SessionRow", "SessionService"]

MAX_USER_AGENT = 400
# Ended sessions are kept this long, so that a stolen refresh token is still recognised.
KEPT_AFTER_END = timedelta(days=30)


class SessionService:
    """What can be done with sessions. `lifetime` is how long one lives without being used."""

    def __init__(
        self, clock: Clock, revocations: Revocations, *, lifetime: timedelta, longest_token_life: timedelta
    ) -> None:
        self._clock = clock
        self._revocations = revocations
        self._lifetime = lifetime
        self._longest_token_life = longest_token_life

    async def start(
        self, session: WriteSession, user_id: UUID, scopes: frozenset[str], user_agent: str | None
    ) -> tuple[UUID, datetime]:
        """Begin a session; its id and when it ends unless it is used."""
        now = self._clock.now()
        session_id, expires_at = uuid7(), now + self._lifetime
        values = {
            "id": session_id,
            "user_id": user_id,
            "scopes": sorted(scopes),
            "user_agent": _presentable(user_agent),
            "created_at": now,
            "last_used_at": now,
            "expires_at": expires_at,
        }
        await repository.add(session, values)
        return session_id, expires_at

    async def resume(self, session: WriteSession, session_id: UUID) -> tuple[ContinuedRow, datetime] | None:
        """Let a live session live on, and hold it until the transaction ends; None if it has ended."""
        now = self._clock.now()
        expires_at = now + self._lifetime
        continued = await repository.continue_live(session, session_id, now, expires_at)
        return None if continued is None else (continued, expires_at)

    async def list(
        self, read: ReadSession, user_id: UUID, *, limit: int, cursor: str | None = None, include_total: bool = False
    ) -> Page[SessionRow]:
        """The live sessions of a user, the newest first."""
        now = self._clock.now()
        after = None if cursor is None else decode_cursor(cursor)
        rows = await repository.live_of(read, user_id, now, limit + 1, after)
        total = await repository.count_live_of(read, user_id, now) if include_total else None
        return cut_page(rows, limit, lambda row: Position(to_microseconds(row.created_at), row.id), total)

    async def end(self, work: UnitOfWork, session_id: UUID) -> None:
        """End a session, whosever it is; one that has ended already stays so."""
        self._remember(work, await repository.revoke(await work.begin(), session_id, self._clock.now()))

    async def end_own(self, work: UnitOfWork, user_id: UUID, session_id: UUID) -> None:
        """End a live session of this user.

        Raises:
            SessionNotFound: the user has none with this id.
        """
        ended = await repository.revoke_own(await work.begin(), user_id, session_id, self._clock.now())
        if not ended:
            raise SessionNotFound
        self._remember(work, ended)

    async def end_all(self, work: UnitOfWork, user_id: UUID, *, but: UUID | None = None) -> None:
        """End every session of a user, except perhaps one."""
        self._remember(work, await repository.revoke_all_of(await work.begin(), user_id, self._clock.now(), but=but))

    async def purge(self, work: UnitOfWork) -> int:
        """Forget what ended long ago; how many rows went."""
        now = self._clock.now()
        return await repository.purge(
            await work.begin(),
            revoked_before=now - self._longest_token_life - 2 * MARGIN,
            ended_before=now - KEPT_AFTER_END,
        )

    def _remember(self, work: UnitOfWork, ended: Sequence[UUID]) -> None:
        work.after_commit(lambda: self._revocations.add(ended))


def _presentable(user_agent: str | None) -> str | None:
    if user_agent is None:
        return None
    return "".join(character for character in user_agent if character.isprintable())[:MAX_USER_AGENT]
