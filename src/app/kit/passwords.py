"""Password hashes: Argon2id, off the event loop, at most so many at once."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

T = TypeVar("T")


class TooBusy(Exception):
    """Too many passwords wait to be hashed; trying again after `retry_after` seconds may work."""

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__("too many passwords wait to be hashed")
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class HashingCost:
    """What one hash costs. The default is above what RFC 9106 and OWASP ask for; memory is in KiB."""

    memory: int = 64 * 1024
    passes: int = 3
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password was right, and whether its hash was made with another cost than today's."""

    matches: bool
    outdated: bool = False


class PasswordHasher:
    """Hashes and verifies passwords in threads of its own.

    Memory is bounded by `workers` times the cost; who comes when `waiting` others are in line is turned away.
    """

    def __init__(self, cost: HashingCost | None = None, *, workers: int = 2, waiting: int = 16) -> None:
        cost = cost or HashingCost()
        self._argon2 = argon2.PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory, parallelism=cost.lanes)
        self._capacity = workers + waiting
        self._pending = 0
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="argon2")
        # Unknown users are verified against this, so that they cost what known users cost.
        self._decoy = self._argon2.hash(secrets.token_urlsafe())

    async def hash(self, password: str, *, patient: bool = False) -> str:
        """The encoded hash of a password, with its own salt; `patient` waits in line however long it is.

        Raises:
            TooBusy: the line is full.
        """
        return await self._run(lambda: self._argon2.hash(password), patient=patient)

    async def verify(self, password: str, encoded: str | None) -> Verdict:
        """Compare a password with a hash; None (there is no such user) takes as long and never matches.

        Raises:
            TooBusy: the line is full.
        """
        verdict = await self._run(lambda: self._verify(password, encoded or self._decoy))
        return verdict if encoded is not None else Verdict(matches=False)

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password: str, encoded: str) -> Verdict:
        try:
            self._argon2.verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return Verdict(matches=False)
        return Verdict(matches=True, outdated=self._argon2.check_needs_rehash(encoded))

    async def _run(self, work: Callable[[], T], *, patient: bool = False) -> T:
        with self._lock:
            if self._pending >= self._capacity and not patient:
                raise TooBusy
            self._pending += 1
        future = self._threads.submit(work)
        # Counted down when the thread is done: a request that was given up may still hash.
        future.add_done_callback(self._finished)
        return await asyncio.wrap_future(future)

    def _finished(self, _: Future[T]) -> None:
        with self._lock:
            self._pending -= 1
