"""Answers the operations tagged `auth`."""

from __future__ import annotations

from typing import Literal

from app.domain.auth.errors import IncompleteGrant, UnsupportedGrantType
from app.domain.auth.service import TokenPair
from app.domain.users.handlers import to_user
from app.domain.users.service import NewUser
from app.kit.principal import Principal, format_scopes
from app.server.dependencies import Auth, UserAgent, Users, Work
from generated import models
from generated.handlers import auth as contract
from generated.responses.auth import GetJwks200, IssueToken200, RegisterUser201

BEARER: Literal["Bearer"] = "Bearer"
# RFC 6749, section 5.1: nobody may keep an answer with tokens in it.
NO_STORE = "no-store"
# Shorter than any change of keys takes.
KEYS_CACHE = "public, max-age=300"


class AuthHandlers(contract.AuthHandlers[Principal]):
    """Translates between the contract and the services."""

    def __init__(self, auth: Auth, users: Users, work: Work, user_agent: UserAgent) -> None:
        self._auth = auth
        self._users = users
        self._work = work
        self._user_agent = user_agent

    async def issue_token(self, body: models.TokenRequest) -> IssueToken200:
        """A new pair of tokens, by one of the two grants."""
        if body.grant_type == "password":
            pair = await self._by_password(body)
        elif body.grant_type == "refresh_token":
            pair = await self._by_refresh_token(body)
        else:
            raise UnsupportedGrantType("Use the grant password or refresh_token.")
        return IssueToken200(body=_tokens(pair), cache_control=NO_STORE)

    async def revoke_token(self, body: models.RevokeRequest) -> None:
        """Nothing: the token is good for nothing any more, if it ever was."""
        await self._auth.revoke(body.token)

    async def register_user(self, body: models.Registration) -> RegisterUser201:
        """A new account."""
        row = await self._users.create(self._work, NewUser(body.email, body.password, body.display_name))
        return RegisterUser201(body=to_user(row), location=f"/api/v1/users/{row.id}")

    async def get_jwks(self) -> GetJwks200:
        """The public keys."""
        keys = [models.JsonWebKey.model_validate(key) for key in self._auth.jwks()]
        return GetJwks200(body=models.JsonWebKeySet(keys=keys), cache_control=KEYS_CACHE)

    async def _by_password(self, body: models.TokenRequest) -> TokenPair:
        if body.username is None or body.password is None:
            raise IncompleteGrant("password", _missing(body, "username", "password"))
        return await self._auth.sign_in(body.username, body.password, body.scope, self._user_agent)

    async def _by_refresh_token(self, body: models.TokenRequest) -> TokenPair:
        if body.refresh_token is None:
            raise IncompleteGrant("refresh_token", _missing(body, "refresh_token"))
        return await self._auth.refresh(body.refresh_token, body.scope)


def _missing(body: models.TokenRequest, *names: str) -> list[str]:
    return [f"/{name}" for name in names if getattr(body, name) is None]


def _tokens(pair: TokenPair) -> models.TokenResponse:
    return models.TokenResponse(
        access_token=pair.access.value,
        token_type=BEARER,
        expires_in=pair.access.expires_in,
        refresh_token=pair.refresh,
        scope=format_scopes(pair.access.scopes),
    )
