"""Everything that lives as long as the server does, put together in one place."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from app.domain.auth.service import AuthService
from app.domain.auth.verifier import BearerVerifier
from app.domain.items.service import ItemService
from app.domain.ops.service import HealthService
from app.domain.sessions.revocations import POLL_SECONDS, Revocations
from app.domain.sessions.service import SessionService
from app.domain.users.service import UserService
from app.kit.clock import Clock, SystemClock
from app.kit.db import Database
from app.kit.idempotency import forget_expired
from app.kit.keys import read_keys
from app.kit.passwords import HashingCost, PasswordHasher
from app.kit.periodic import Periodic
from app.kit.ratelimit import UnlimitedRateLimiter, WindowRateLimiter
from app.kit.tokens import AccessTokens
from app.settings import AuthSettings, Settings
from tallystick.runtime.ports import RateLimiter

PURGE_SECONDS = 600.0


@dataclass
class Draining:
    """Whether the server is shutting down: set once, read by readiness."""

    is_on: bool = False


@dataclass(frozen=True)
class Services:
    """What handlers and the run time use; `start` and `stop` belong to the lifespan."""

    settings: Settings
    clock: Clock
    database: Database
    tokens: AccessTokens
    passwords: PasswordHasher
    revocations: Revocations
    verifier: BearerVerifier
    limiter: RateLimiter
    auth: AuthService
    users: UserService
    sessions: SessionService
    items: ItemService
    health: HealthService
    draining: Draining
    background: list[Periodic] = field(default_factory=list)

    async def start(self) -> None:
        """Begin what runs in the background."""
        self.background.append(Periodic("revocations", POLL_SECONDS, self.revocations.refresh))
        self.background.append(Periodic("purge", PURGE_SECONDS, self.purge))
        for periodic in self.background:
            periodic.start()

    async def stop(self) -> None:
        """End it, and let go of threads and connections."""
        await asyncio.gather(*(periodic.stop() for periodic in self.background))
        self.background.clear()
        self.passwords.close()
        self.database.close()

    async def purge(self) -> None:
        """Forget what is no longer needed: old sessions, revocations, idempotency keys."""
        async with self.database.unit_of_work() as work:
            await self.sessions.purge(work)
            await forget_expired(await work.begin(), self.clock.now())


def build_services(
    settings: Settings, database: Database, clock: Clock | None = None, *, version: str = "0.0.0"
) -> Services:
    """Put a server of this version of the contract together; nothing runs before `Services.start`.

    Raises:
        KeyFormatError: the signing keys cannot be read.
    """
    clock = clock or SystemClock()
    tokens = _tokens(settings.auth, clock)
    passwords = _passwords(settings.auth)
    revocations = Revocations(database.reader, clock, longest_token_life=tokens.longest_life)
    sessions = SessionService(
        clock,
        revocations,
        lifetime=timedelta(seconds=settings.auth.refresh_token_seconds),
        longest_token_life=tokens.longest_life,
    )
    users = UserService(clock, passwords, sessions)
    draining = Draining()
    return Services(
        settings=settings,
        clock=clock,
        database=database,
        tokens=tokens,
        passwords=passwords,
        revocations=revocations,
        verifier=BearerVerifier(tokens, revocations),
        limiter=WindowRateLimiter() if settings.limits.enabled else UnlimitedRateLimiter(),
        auth=AuthService(database, clock, tokens, users, sessions),
        users=users,
        sessions=sessions,
        items=ItemService(clock),
        health=HealthService(
            clock, version=version, probes={"database": database.ping}, is_draining=lambda: draining.is_on
        ),
        draining=draining,
    )


def _tokens(settings: AuthSettings, clock: Clock) -> AccessTokens:
    keys = read_keys("" if settings.private_keys is None else settings.private_keys.get_secret_value())
    return AccessTokens(
        keys,
        issuer=settings.issuer,
        audience=settings.audience,
        lifetime=timedelta(seconds=settings.access_token_seconds),
        clock=clock,
    )


def _passwords(settings: AuthSettings) -> PasswordHasher:
    cost = HashingCost(memory=settings.argon2_memory_kib, passes=settings.argon2_time_cost)
    return PasswordHasher(cost, workers=settings.hash_concurrency)
