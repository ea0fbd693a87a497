"""Which sessions were ended: known in every process within a second, without asking the database per request."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from app.domain.sessions import repository
from app.kit.clock import Clock
from app.kit.db import ReadSession

POLL_SECONDS = 0.5
TRUSTED_SECONDS = 1.0
# Clocks of machines differ a little, and a transaction takes its time to commit.
MARGIN = timedelta(minutes=2)


class Revocations:
    """A snapshot of the sessions that ended while access tokens of theirs may still live.

    `refresh` is to be called every `POLL_SECONDS`. When the last one is older than `TRUSTED_SECONDS` (the database or
    the event loop was held up), each question goes to the database, whose failure is the caller's failure: nobody is
    admitted on stale knowledge.
    """

    def __init__(self, read: ReadSession, clock: Clock, *, longest_token_life: timedelta) -> None:
        self._read = read
        self._clock = clock
        self._memory = longest_token_life + MARGIN
        self._known: frozenset[UUID] = frozenset()
        self._here: set[UUID] = set()
        self._taken_at = float("-inf")

    async def refresh(self) -> None:
        """Take a new snapshot."""
        started = time.monotonic()
        here = frozenset(self._here)
        self._known = await repository.revoked_since(self._read, self._clock.now() - self._memory)
        # What this process ended before the snapshot was asked for is in it, or too old to matter.
        self._here -= here
        self._taken_at = started

    def add(self, sessions: Iterable[UUID]) -> None:
        """Know at once what this process has ended, after the transaction committed."""
        self._here.update(sessions)

    async def includes(self, session_id: UUID) -> bool:
        """Whether this session was ended.

        Raises:
            DatabaseUnavailable: it is not known here, and cannot be asked.
        """
        if session_id in self._here or session_id in self._known:
            return True
        if time.monotonic() - self._taken_at <= TRUSTED_SECONDS:
            return False
        return await repository.is_revoked(self._read, session_id)
