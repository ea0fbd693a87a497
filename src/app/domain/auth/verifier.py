"""Admits bearers of access tokens, for the contract's scheme `bearerAuth`."""

from __future__ import annotations

import structlog

from app.domain.sessions.revocations import Revocations
from app.kit.principal import Principal
from app.kit.tokens import AccessTokens, InvalidToken

log = structlog.get_logger(__name__)


class BearerVerifier:
    """Knows the caller from the token alone, unless its session was ended."""

    def __init__(self, tokens: AccessTokens, revocations: Revocations) -> None:
        self._tokens = tokens
        self._revocations = revocations

    async def verify(self, token: str) -> Principal | None:
        """The caller, or None if the token is not valid, for whatever reason.

        Raises:
            DatabaseUnavailable: it cannot be told whether the session was ended.
        """
        try:
            principal = self._tokens.verify(token)
        except InvalidToken as error:
            log.info("token_refused", reason=error.reason)
            return None
        if await self._revocations.includes(principal.session_id):
            log.info("token_refused", reason="session ended")
            return None
        return principal
