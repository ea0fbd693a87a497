"""Tokens: given for a password, exchanged for new ones, revoked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.domain.auth import repository
from app.domain.auth.errors import InvalidGrant
from app.domain.auth.policy import granted
from app.domain.auth.refresh_token import RefreshToken
from app.domain.auth.repository import RefreshTokenRow
from app.domain.sessions.service import SessionService
from app.domain.users.service import UserService
from app.kit.clock import Clock
from app.kit.db import Database, UnitOfWork, WriteSession
from app.kit.principal import Principal
from app.kit.tokens import AccessToken, AccessTokens, InvalidToken

NOT_SIGNED_IN = "The e-mail address or the password is wrong."
NOT_REFRESHED = "The refresh token is unknown, used up or expired."


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access token, and what buys the next one."""

    access: AccessToken
    refresh: str


class AuthService:
    """What can be done with tokens.

    It opens transactions of its own: that a stolen refresh token ended its session has to be kept although the
    request that brought it to light is refused.
    """

    def __init__(
        self, database: Database, clock: Clock, tokens: AccessTokens, users: UserService, sessions: SessionService
    ) -> None:
        self._database = database
        self._clock = clock
        self._tokens = tokens
        self._users = users
        self._sessions = sessions

    def jwks(self) -> list[dict[str, str]]:
        """The public keys of the access tokens, the newest first."""
        return self._tokens.jwks()

    async def sign_in(self, email: str, password: str, scope: str | None, user_agent: str | None) -> TokenPair:
        """Begin a session for an e-mail address and a password.

        Raises:
            InvalidGrant: they do not belong together, or the account is not active.
            InvalidScope: the account may not do all that was asked for.
            TooBusy: too many passwords wait to be hashed.
        """
        # Between verifying and admitting, the hash may be renewed by another sign-in: then once more.
        pair = await self._try_sign_in(email, password, scope, user_agent)
        if pair is None:
            pair = await self._try_sign_in(email, password, scope, user_agent)
        if pair is None:
            raise InvalidGrant(NOT_SIGNED_IN)
        return pair

    async def refresh(self, text: str, scope: str | None) -> TokenPair:
        """Exchange a refresh token for a new pair. One that was used before ends its session.

        Raises:
            InvalidGrant: it is none of ours, was used, has expired, or its session has ended.
            InvalidScope: the session may not do all that was asked for.
        """
        token = RefreshToken.parse(text)
        if token is None:
            raise InvalidGrant(NOT_REFRESHED)
        async with self._database.unit_of_work() as work:
            # What `_exchange` did to refuse (end the session) is committed, so the refusal is raised outside.
            pair = await self._exchange(work, token, scope)
        if pair is None:
            raise InvalidGrant(NOT_REFRESHED)
        return pair

    async def revoke(self, text: str) -> None:
        """End the session that an access or refresh token belongs to; of any other text there is nothing to do."""
        async with self._database.unit_of_work() as work:
            session_id = await self._session_of(work, text)
            if session_id is not None:
                await self._sessions.end(work, session_id)

    async def _try_sign_in(
        self, email: str, password: str, scope: str | None, user_agent: str | None
    ) -> TokenPair | None:
        verified = await self._users.verify_password(self._database.reader, email, password)
        if verified is None:
            raise InvalidGrant(NOT_SIGNED_IN)
        async with self._database.unit_of_work() as work:
            session = await work.begin()
            role = await self._users.admit(session, verified)
            if role is None:
                return None
            scopes = granted(role, scope)
            session_id, expires_at = await self._sessions.start(session, verified.user_id, scopes, user_agent)
            return await self._issue(session, Principal(verified.user_id, session_id, scopes), expires_at)

    async def _exchange(self, work: UnitOfWork, token: RefreshToken, scope: str | None) -> TokenPair | None:
        session = await work.begin()
        known = await self._known(session, token)
        if known is None or known.expires_at <= self._clock.now():
            return None
        # Holding the session first puts two exchanges of one token in order; only one of them can use it up.
        resumed = await self._sessions.resume(session, known.session_id)
        if resumed is None:
            return None
        continued, expires_at = resumed
        if not await repository.use(session, token.id, self._clock.now()):
            await self._sessions.end(work, known.session_id)
            return None
        role = await self._users.role_of(session, continued.user_id)
        if role is None:
            return None
        scopes = granted(role, scope, within=continued.scopes)
        return await self._issue(session, Principal(continued.user_id, continued.id, scopes), expires_at)

    async def _issue(self, session: WriteSession, principal: Principal, expires_at: datetime) -> TokenPair:
        token = RefreshToken.new()
        values = {
            "id": token.id,
            "session_id": principal.session_id,
            "secret_hash": token.hash,
            "issued_at": self._clock.now(),
            "expires_at": expires_at,
        }
        await repository.add(session, values)
        return TokenPair(self._tokens.issue(principal), str(token))

    async def _session_of(self, work: UnitOfWork, text: str) -> UUID | None:
        token = RefreshToken.parse(text)
        if token is None:
            try:
                return self._tokens.verify(text).session_id
            except InvalidToken:
                return None
        known = await self._known(await work.begin(), token)
        return None if known is None else known.session_id

    async def _known(self, session: WriteSession, token: RefreshToken) -> RefreshTokenRow | None:
        known = await repository.get(session, token.id)
        return known if known is not None and token.matches(known.secret_hash) else None
