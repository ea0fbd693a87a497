"""Bearers are admitted from the token alone, unless their session has ended."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from app.domain.auth.verifier import BearerVerifier
from app.domain.sessions.revocations import Revocations
from app.kit.clock import ManualClock
from app.kit.db import Database
from app.kit.errors import DatabaseUnavailable
from app.kit.principal import Principal
from app.server.services import Services
from app.settings import Settings


async def test_bearers_of_good_tokens_are_admitted(services: Services) -> None:
    principal = Principal(uuid4(), uuid4(), frozenset({"me:read"}))
    token = services.tokens.issue(principal).value
    assert await services.verifier.verify(token) == principal
    services.revocations.add([principal.session_id])
    assert await services.verifier.verify(token) is None


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "\ud800", "é"])
async def test_others_are_not(services: Services, token: str) -> None:
    assert await services.verifier.verify(token) is None


async def test_nobody_is_admitted_when_revocations_cannot_be_known(
    services: Services, settings: Settings, clock: ManualClock
) -> None:
    away = Database("postgresql+asyncpg://postgres@127.0.0.1:1/none", settings.database)
    unknowing = Revocations(away.reader, clock, longest_token_life=timedelta(minutes=15))
    token = services.tokens.issue(Principal(uuid4(), uuid4(), frozenset())).value
    with pytest.raises(DatabaseUnavailable):
        await BearerVerifier(services.tokens, unknowing).verify(token)
    away.close()
