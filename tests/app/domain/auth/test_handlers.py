"""Registering and tokens over HTTP, each answer judged against the contract by the response guard."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from pydantic import SecretStr

from app.kit.passwords import PasswordHasher, TooBusy
from app.kit.principal import SCOPES_OF, Principal, Role
from app.main import create_app
from app.server.services import Services
from app.settings import DatabaseSettings, LimitsSettings, Settings
from tests.support.api import PASSWORD, Caller, problem, sign_in

TOKEN = "/api/v1/auth/token"
REVOKE = "/api/v1/auth/revoke"
REGISTER = "/api/v1/auth/register"
ME = "/api/v1/users/me"
ADA = {"email": "ada@example.com", "password": PASSWORD, "display_name": "Ada"}


async def refresh(client: httpx.AsyncClient, token: str, **form: str) -> httpx.Response:
    grant = {"grant_type": "refresh_token", "refresh_token": token} | form
    return await client.post(TOKEN, data=grant)


async def test_who_registers_can_sign_in(client: httpx.AsyncClient) -> None:
    registered = await client.post(REGISTER, json=ADA)
    assert registered.status_code == 201
    body = registered.json()
    assert (body["role"], body["is_active"], "password" in registered.text) == ("user", True, False)
    assert registered.headers["location"] == f"/api/v1/users/{body['id']}"
    again = await client.post(REGISTER, json=ADA | {"email": "ADA@example.com"})
    assert problem(again) == (409, "email-taken")
    answer = await sign_in(client, "Ada@Example.com")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    tokens = answer.json()
    assert tokens["token_type"] == "Bearer"
    assert tokens["scope"] == "items:read items:write me:read me:write"


async def test_tokens_verify_by_the_published_keys(client: httpx.AsyncClient, ada_calls: Caller) -> None:
    """Other services check our tokens by nothing but this document."""
    answer = await client.get("/.well-known/jwks.json")
    assert answer.headers["cache-control"] == "public, max-age=300"
    keys = jwt.PyJWKSet.from_dict(answer.json())
    kid = jwt.get_unverified_header(ada_calls.access_token)["kid"]
    claims = jwt.decode(
        ada_calls.access_token, keys[kid].key, algorithms=["EdDSA"], audience="tallystick-api", issuer="tallystick"
    )
    assert claims["sub"] == ada_calls.id
    assert claims["exp"] - claims["iat"] == 900


async def test_refusals_of_a_password_are_alike(client: httpx.AsyncClient, ada_calls: Caller) -> None:
    wrong = await sign_in(client, ada_calls.email, "wrong")
    unknown = await sign_in(client, "nobody@example.com")
    assert problem(wrong) == problem(unknown) == (400, "invalid-grant")
    assert wrong.headers["content-type"] == "application/json"
    assert wrong.json()["error"] == "invalid_grant"
    assert wrong.json()["error_description"] == unknown.json()["error_description"]


@pytest.mark.parametrize(
    ("form", "pointers"),
    [
        ({"grant_type": "password"}, ["/username", "/password"]),
        ({"grant_type": "password", "username": "ada@example.com"}, ["/password"]),
        ({"grant_type": "refresh_token"}, ["/refresh_token"]),
        ({}, ["/grant_type"]),
    ],
)
async def test_what_a_grant_needs_is_named(
    client: httpx.AsyncClient, form: dict[str, str], pointers: list[str]
) -> None:
    answer = await client.post(TOKEN, data=form)
    if form:
        assert problem(answer) == (400, "invalid-request")
        assert [error["pointer"] for error in answer.json()["errors"]] == pointers
    assert answer.json()["error"] in ("invalid_request", "unsupported_grant_type")


async def test_other_grants_are_refused(client: httpx.AsyncClient) -> None:
    answer = await client.post(TOKEN, data={"grant_type": "client_credentials"})
    assert problem(answer) == (400, "unsupported-grant-type")
    assert answer.json()["error"] == "unsupported_grant_type"


async def test_scopes_narrow_and_never_widen(client: httpx.AsyncClient, ada_calls: Caller) -> None:
    narrowed = (await sign_in(client, ada_calls.email, scope="items:read")).json()
    assert narrowed["scope"] == "items:read"
    headers = {"Authorization": f"Bearer {narrowed['access_token']}"}
    assert problem(await client.get(ME, headers=headers)) == (403, "forbidden")
    assert problem(await sign_in(client, ada_calls.email, scope="users:read")) == (400, "invalid-scope")
    assert problem(await refresh(client, narrowed["refresh_token"], scope="me:read")) == (400, "invalid-scope")
    assert (await refresh(client, narrowed["refresh_token"])).json()["scope"] == "items:read"


async def test_a_replayed_refresh_token_ends_the_session(client: httpx.AsyncClient, ada_calls: Caller) -> None:
    second = (await refresh(client, ada_calls.refresh_token)).json()
    headers = {"Authorization": f"Bearer {second['access_token']}"}
    assert (await client.get(ME, headers=headers)).status_code == 200
    assert problem(await refresh(client, ada_calls.refresh_token)) == (400, "invalid-grant")
    assert problem(await refresh(client, second["refresh_token"])) == (400, "invalid-grant")
    assert problem(await client.get(ME, headers=headers)) == (401, "unauthorized")


@pytest.mark.parametrize("which", ["access_token", "refresh_token"])
async def test_revoking_ends_the_session(client: httpx.AsyncClient, ada_calls: Caller, which: str) -> None:
    token = getattr(ada_calls, which)
    for _ in range(2):
        answer = await client.post(REVOKE, data={"token": token, "token_type_hint": which})
        assert (answer.status_code, answer.content) == (200, b"")
    assert problem(await ada_calls.get(ME)) == (401, "unauthorized")
    assert problem(await refresh(client, ada_calls.refresh_token)) == (400, "invalid-grant")


async def test_revoking_what_is_no_token_is_a_success(client: httpx.AsyncClient) -> None:
    assert (await client.post(REVOKE, data={"token": "nonsense"})).status_code == 200
    assert problem(await client.post(REVOKE, data={})) == (400, "invalid-request")


async def test_too_many_passwords_at_once_are_turned_away(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def busy(*_: Any, **__: Any) -> None:
        raise TooBusy

    monkeypatch.setattr(PasswordHasher, "_run", busy)
    answer = await sign_in(client, "ada@example.com")
    assert problem(answer) == (429, "too-many-requests")
    assert int(answer.headers["retry-after"]) >= 1


async def test_signing_in_is_rate_limited(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"limits": LimitsSettings(enabled=True)}))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, client=("192.0.2.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            answers = [await refresh(client, "nonsense") for _ in range(12)]
    statuses = [answer.status_code for answer in answers]
    assert statuses == [400] * 10 + [429] * 2
    assert int(answers[-1].headers["retry-after"]) >= 1


async def test_a_database_that_is_away_is_a_declared_problem(settings: Settings) -> None:
    """Nobody is admitted on stale knowledge of who was signed out, and nothing internal is told."""
    nowhere = DatabaseSettings(url=SecretStr("postgresql+asyncpg://nobody@/none?host=/nowhere"))
    app = create_app(settings.model_copy(update={"database": nowhere}))
    services: Services = app.state.services
    token = services.tokens.issue(Principal(uuid4(), uuid4(), SCOPES_OF[Role.USER])).value
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, client=("192.0.2.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            for answer in (
                await client.post(REGISTER, json=ADA),
                await sign_in(client, "ada@example.com"),
                await client.get(ME, headers={"Authorization": f"Bearer {token}"}),
            ):
                assert problem(answer) == (503, "service-unavailable")
                assert int(answer.headers["retry-after"]) >= 1
                assert "nowhere" not in answer.text
            ready = await client.get("/health/ready")
            assert problem(ready) == (503, "not-ready")
            assert ready.json()["dependencies"] == [{"name": "database", "status": "down"}]
            assert (await client.get("/health/live")).status_code == 200
