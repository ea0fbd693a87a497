"""Replies remembered under an `Idempotency-Key` in this process, where the product has no store of its own.

They outlive no restart and are known to no other process; a store in the business transaction does better.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tallystick.runtime.ports import IdempotencyMismatch
from tallystick.runtime.reply import Reply

LIFETIME_SECONDS = 24 * 3600.0
MAX_BYTES = 64 * 1024 * 1024
# What an entry takes beside its body, roughly.
_OVERHEAD = 1024

Place = tuple[str, str, str]


@dataclass(slots=True)
class Claim:
    """One request at work under its key; `replay` is set if the key was answered before."""

    replay: Reply | None = None
    kept: Reply | None = None

    async def store(self, reply: Reply) -> None:
        """Keep the reply, once everything that belongs to the request has ended well."""
        self.kept = reply


@dataclass(slots=True)
class _Entry:
    at_work: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0
    fingerprint: bytes = b""
    reply: Reply | None = None
    until: float = 0.0

    @property
    def size(self) -> int:
        return _OVERHEAD + (len(self.reply.body) if self.reply is not None else 0)


class MemoryIdempotency:
    """Answers by owner, operation and key; the oldest are forgotten when there are too many."""

    def __init__(
        self,
        lifetime: float = LIFETIME_SECONDS,
        max_bytes: int = MAX_BYTES,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lifetime = lifetime
        self._max_bytes = max_bytes
        self._now = now
        self._entries: dict[Place, _Entry] = {}
        self._bytes = 0

    @asynccontextmanager
    async def claim(self, owner: str, operation_id: str, key: str, fingerprint: bytes) -> AsyncIterator[Claim]:
        """The key, for as long as the request is at work; a duplicate waits for it. What fails is not remembered.

        Raises:
            IdempotencyMismatch: the key is known with another fingerprint.
        """
        place = (owner, operation_id, key)
        entry = self._entries.setdefault(place, _Entry())
        entry.users += 1
        try:
            async with entry.at_work:
                if entry.reply is not None and entry.until > self._now():
                    yield self._known(entry, fingerprint)
                    return
                claim = Claim()
                yield claim
                if claim.kept is not None:
                    self._remember(place, entry, fingerprint, claim.kept)
        finally:
            entry.users -= 1
            if not entry.users and entry.reply is None:
                self._entries.pop(place, None)

    def _known(self, entry: _Entry, fingerprint: bytes) -> Claim:
        if entry.fingerprint != fingerprint:
            raise IdempotencyMismatch
        reply = entry.reply
        return Claim(replay=Reply(reply.status, [*reply.headers], reply.body) if reply is not None else None)

    def _remember(self, place: Place, entry: _Entry, fingerprint: bytes, reply: Reply) -> None:
        if entry.reply is not None:
            self._bytes -= entry.size
        entry.fingerprint, entry.reply = fingerprint, Reply(reply.status, [*reply.headers], reply.body)
        entry.until = self._now() + self._lifetime
        self._bytes += entry.size
        # The latest last.
        self._entries[place] = self._entries.pop(place, entry)
        while self._bytes > self._max_bytes:
            oldest = next(each for each, one in self._entries.items() if one.reply is not None)
            self._bytes -= self._entries.pop(oldest).size
