"""People and things of theirs on a running application, made through HTTP as clients make them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

import httpx
from fastapi import FastAPI

from app.domain.users.service import NewUser
from app.kit.principal import SCOPES_OF, Principal, Role, format_scopes
from app.main import create_app
from app.server.services import Services
from app.settings import Settings
from tests.support.statuses import Recording

PASSWORD = "forty notches on hazel"
API = "/api/v1"
TOKEN = f"{API}/auth/token"
ME = f"{API}/users/me"
USERS = f"{API}/users"
ITEMS = f"{API}/items"
ALL_SCOPES = frozenset(SCOPES_OF[Role.ADMIN])
# Names in one process; each process has a database of its own.
_numbers = count(1)


@dataclass(frozen=True)
class Person:
    """Somebody with an account and a session."""

    id: str
    email: str
    access: str
    refresh: str
    role: Role = Role.USER

    @property
    def auth(self) -> dict[str, str]:
        """The headers that sign a request."""
        return bearer(self.access)


@dataclass(frozen=True)
class Thing:
    """An item and the version in which it was made."""

    id: str
    etag: str
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"{ITEMS}/{self.id}"


def bearer(token: str) -> dict[str, str]:
    """The header that carries an access token."""
    return {"Authorization": f"Bearer {token}"}


def new_email() -> str:
    """An address that nobody has yet."""
    return f"person{next(_numbers)}@example.com"


class World:
    """An application, and a client that talks to it."""

    def __init__(self, app: FastAPI, client: httpx.AsyncClient) -> None:
        self.app = app
        self.client = client

    @property
    def services(self) -> Services:
        """What the application works with: for what no client can do, such as making the first administrator."""
        found: Services = self.app.state.services
        return found

    async def person(self, role: Role = Role.USER, *, scope: str | None = None) -> Person:
        """Somebody new, signed in; `scope` narrows their token."""
        email = new_email()
        async with self.services.database.unit_of_work() as work:
            row = await self.services.users.create(work, NewUser(email, PASSWORD, "Ada", role))
        tokens = await self.sign_in(email, scope=scope)
        return Person(str(row.id), email, tokens["access_token"], tokens["refresh_token"], role)

    async def sign_in(self, email: str, password: str = PASSWORD, *, scope: str | None = None) -> dict[str, Any]:
        """A new session's tokens."""
        form = {"grant_type": "password", "username": email, "password": password}
        answer = await self.client.post(TOKEN, data=form | ({} if scope is None else {"scope": scope}))
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    async def item(self, owner: Person, **content: Any) -> Thing:
        """A new item of somebody's."""
        answer = await self.client.post(ITEMS, json={"title": "Hazel stick"} | content, headers=owner.auth)
        assert answer.status_code == 201, answer.text
        return Thing(answer.json()["id"], answer.headers["ETag"], answer.json())

    async def session_of(self, person: Person) -> str:
        """The id of a further session of somebody's."""
        tokens = await self.sign_in(person.email)
        path = f"{ME}/sessions"
        answer = await self.client.get(path, params={"limit": 1}, headers=bearer(tokens["access_token"]))
        assert answer.status_code == 200, answer.text
        session_id: str = answer.json()["data"][0]["id"]
        return session_id

    def stranger(self, scopes: frozenset[str] = ALL_SCOPES) -> dict[str, str]:
        """Headers with a good token of an account that was never there."""
        principal = Principal(uuid4(), uuid4(), frozenset(format_scopes(scopes).split()))
        return bearer(self.services.tokens.issue(principal).value)


@asynccontextmanager
async def world_on(settings: Settings, address: str = "192.0.2.1") -> AsyncIterator[World]:
    """The application with its lifespan, and a client that comes from this address."""
    app = create_app(settings)
    transport = httpx.ASGITransport(Recording(app), client=(address, 50000))
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://testserver") as client,
    ):
        yield World(app, client)
