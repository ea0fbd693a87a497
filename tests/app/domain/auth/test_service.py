"""Tokens through their service, on a real database."""

from __future__ import annotations

import asyncio

import pytest

from app.domain.auth.errors import InvalidGrant, InvalidScope
from app.domain.auth.refresh_token import RefreshToken
from app.domain.auth.service import TokenPair
from app.domain.users.repository import UserRow, credentials
from app.domain.users.service import UserChange
from app.kit.clock import ManualClock
from app.kit.passwords import HashingCost, PasswordHasher, Verdict
from app.kit.principal import SCOPES_OF, Role
from app.server.services import Services, build_services
from app.settings import Settings
from tests.app.domain.conftest import PASSWORD, MakeUser


@pytest.fixture
async def ada(make_user: MakeUser) -> UserRow:
    return await make_user("ada@example.com")


async def sign_in(services: Services, scope: str | None = None) -> TokenPair:
    return await services.auth.sign_in("ada@example.com", PASSWORD, scope, "test/1")


async def is_admitted(services: Services, pair: TokenPair) -> bool:
    return await services.verifier.verify(pair.access.value) is not None


async def deactivate(services: Services, user: UserRow) -> None:
    async with services.database.unit_of_work() as work:
        await services.users.administrate(work, user.id, UserChange(is_active=False))


async def test_signing_in_begins_a_session(services: Services, ada: UserRow) -> None:
    pair = await services.auth.sign_in("ADA@example.com", PASSWORD, None, "test/1\x00\n")
    principal = await services.verifier.verify(pair.access.value)
    assert principal is not None
    assert principal.user_id == ada.id
    assert principal.scopes == SCOPES_OF[Role.USER] == pair.access.scopes
    (session,) = (await services.sessions.list(services.database.reader, ada.id, limit=10)).rows
    assert (session.id, session.user_agent) == (principal.session_id, "test/1")


async def test_roles_become_scopes(services: Services, make_user: MakeUser) -> None:
    for role in Role:
        await make_user(f"{role}@example.com", role=role)
        pair = await services.auth.sign_in(f"{role}@example.com", PASSWORD, None, None)
        assert pair.access.scopes == SCOPES_OF[role]


async def test_all_refusals_of_a_password_are_alike_and_cost_one_hash(
    services: Services, ada: UserRow, make_user: MakeUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unknown, inactive and wrong cannot be told apart, neither by words nor by work done."""
    await make_user("gone@example.com", is_active=False)
    verified: list[str] = []
    original = PasswordHasher._verify

    def counted(hasher: PasswordHasher, password: str, encoded: str) -> Verdict:
        verified.append(encoded)
        return original(hasher, password, encoded)

    monkeypatch.setattr(PasswordHasher, "_verify", counted)
    messages = set()
    for email, password in (
        ("nobody@example.com", PASSWORD),
        ("gone@example.com", PASSWORD),
        (ada.email, "wrong"),
    ):
        with pytest.raises(InvalidGrant) as refusal:
            await services.auth.sign_in(email, password, None, None)
        messages.add(str(refusal.value))
    assert len(messages) == 1
    assert len(verified) == 3
    parameters = {encoded.rpartition("$")[0].rpartition("$")[0] for encoded in verified}
    assert len(parameters) == 1, "unknown users are verified against a hash of the same cost"


async def test_a_token_can_be_narrowed_and_not_widened(services: Services, ada: UserRow) -> None:
    pair = await sign_in(services, "items:read")
    assert pair.access.scopes == {"items:read"}
    with pytest.raises(InvalidScope) as refusal:
        await sign_in(services, "items:read users:write nonsense")
    assert refusal.value.scopes == {"users:write", "nonsense"}
    with pytest.raises(InvalidScope):
        await services.auth.refresh(pair.refresh, "items:read me:read")
    refreshed = await services.auth.refresh(pair.refresh, None)
    assert refreshed.access.scopes == {"items:read"}, "a refused scope does not use the token up"


async def test_refreshing_rotates_and_keeps_the_session(services: Services, ada: UserRow, clock: ManualClock) -> None:
    first = await sign_in(services)
    clock.advance(days=29)
    second = await services.auth.refresh(first.refresh, None)
    clock.advance(days=29)
    third = await services.auth.refresh(second.refresh, None)
    assert len({first.refresh, second.refresh, third.refresh}) == 3
    principal = services.tokens.verify(third.access.value)
    (session,) = (await services.sessions.list(services.database.reader, ada.id, limit=10)).rows
    assert session.id == principal.session_id
    assert session.last_used_at == clock.now()
    clock.advance(days=31)
    with pytest.raises(InvalidGrant):
        await services.auth.refresh(third.refresh, None)


async def test_a_replayed_refresh_token_ends_the_session(services: Services, ada: UserRow) -> None:
    first = await sign_in(services)
    other = await sign_in(services)
    second = await services.auth.refresh(first.refresh, None)
    with pytest.raises(InvalidGrant):
        await services.auth.refresh(first.refresh, None)
    with pytest.raises(InvalidGrant):
        await services.auth.refresh(second.refresh, None)
    assert not await is_admitted(services, second)
    assert await is_admitted(services, other), "other sessions of the account live on"


async def test_two_exchanges_of_one_token_do_not_both_win(services: Services, ada: UserRow) -> None:
    """Whoever of the two is second holds a stolen copy, as far as we can know: the session ends."""
    pair = await sign_in(services)
    attempts = [services.auth.refresh(pair.refresh, None) for _ in range(4)]
    results = await asyncio.gather(*attempts, return_exceptions=True)
    winners = [result for result in results if isinstance(result, TokenPair)]
    assert len(winners) <= 1
    assert all(isinstance(result, InvalidGrant | TokenPair) for result in results)
    for winner in winners:
        assert not await is_admitted(services, winner)
        with pytest.raises(InvalidGrant):
            await services.auth.refresh(winner.refresh, None)


@pytest.mark.parametrize("text", ["", "x", "." * 76, "0" * 32 + "." + "A" * 43, "0" * 32 + "." + "é" * 43])
async def test_unknown_refresh_tokens_are_refused(services: Services, text: str) -> None:
    with pytest.raises(InvalidGrant):
        await services.auth.refresh(text, None)


async def test_a_known_id_with_a_wrong_secret_ends_nothing(services: Services, ada: UserRow) -> None:
    """Ids are no secret: whoever guesses one must not be able to sign others out."""
    pair = await sign_in(services)
    known = RefreshToken.parse(pair.refresh)
    assert known is not None
    forged = RefreshToken(known.id, RefreshToken.new().secret)
    with pytest.raises(InvalidGrant):
        await services.auth.refresh(str(forged), None)
    await services.auth.revoke(str(forged))
    await services.auth.refresh(pair.refresh, None)


@pytest.mark.parametrize("which", ["access", "refresh"])
async def test_revoking_either_token_ends_the_session_at_once(services: Services, ada: UserRow, which: str) -> None:
    pair = await sign_in(services)
    text = pair.access.value if which == "access" else pair.refresh
    await services.auth.revoke(text)
    assert not await is_admitted(services, pair)
    with pytest.raises(InvalidGrant):
        await services.auth.refresh(pair.refresh, None)
    await services.auth.revoke(text)


async def test_revoking_what_is_no_token_is_fine(services: Services) -> None:
    for text in ("x", "a.b.c", "0" * 32 + "." + "A" * 43):
        await services.auth.revoke(text)


async def test_a_deactivated_account_is_refused_everywhere_at_once(services: Services, ada: UserRow) -> None:
    pair = await sign_in(services)
    await deactivate(services, ada)
    assert not await is_admitted(services, pair)
    with pytest.raises(InvalidGrant):
        await services.auth.refresh(pair.refresh, None)
    with pytest.raises(InvalidGrant):
        await sign_in(services)


async def test_signing_in_while_being_deactivated_leaves_no_session(services: Services, ada: UserRow) -> None:
    outcome, _ = await asyncio.gather(sign_in(services), deactivate(services, ada), return_exceptions=True)
    assert isinstance(outcome, InvalidGrant | TokenPair)
    assert (await services.sessions.list(services.database.reader, ada.id, limit=10)).rows == []
    if isinstance(outcome, TokenPair):
        assert not await is_admitted(services, outcome)


async def test_an_old_hash_is_renewed_at_sign_in(services: Services, ada: UserRow, settings: Settings) -> None:
    auth = settings.auth.model_copy(update={"argon2_time_cost": 2})
    dearer = build_services(settings.model_copy(update={"auth": auth}), services.database, services.clock)
    before = await credentials(services.database.reader, ada.id)
    attempts = [dearer.auth.sign_in(ada.email, PASSWORD, None, None) for _ in range(2)]
    results = await asyncio.gather(*attempts, return_exceptions=True)
    assert all(isinstance(result, TokenPair) for result in results)
    after = await credentials(services.database.reader, ada.id)
    assert before is not None
    assert after is not None
    assert ",t=2," in after.password_hash
    assert before.password_hash != after.password_hash
    await dearer.auth.sign_in(ada.email, PASSWORD, None, None)
    dearer.passwords.close()


def test_secrets_do_not_show_in_logs() -> None:
    token = RefreshToken.new()
    assert token.secret not in repr(token)
    assert token.secret in str(token)


def test_the_cost_of_production_is_what_the_contract_of_security_says() -> None:
    """64 MiB and three passes; a cheaper default would be used by everybody."""
    assert HashingCost() == HashingCost(memory=65536, passes=3, lanes=1)
