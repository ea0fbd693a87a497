"""One good request for every operation of the contract; tests spoil it in the way they are about."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx

from app.kit.principal import Role
from generated.operations import OPERATIONS
from tallystick.runtime.operation import Operation
from tests.support.world import API, ITEMS, ME, PASSWORD, TOKEN, USERS, Person, Thing, World, new_email

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
FORM = "application/x-www-form-urlencoded"
BY_ID: Mapping[str, Operation] = {operation.id: operation for operation in OPERATIONS}
SECURED = [operation.id for operation in OPERATIONS if operation.security]


@dataclass(frozen=True)
class Request:
    """A request before it is sent."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def but(self, **changes: Any) -> Request:
        """The same with other parts; `headers` are added, those that are None taken away."""
        headers = dict(self.headers) | changes.pop("headers", {})
        kept = {name: value for name, value in headers.items() if value is not None}
        return replace(self, headers=kept, **changes)

    async def send(self, client: httpx.AsyncClient) -> httpx.Response:
        """The answer to it."""
        target = f"{self.path}?{self.query}" if self.query else self.path
        return await client.request(self.method, target, headers=dict(self.headers), content=self.body)


_NOWHERE = "01a1f927-9131-7f91-a9a7-2baa179fd0a2"
_NO_ITEM = Thing(_NOWHERE, '"1"')


@dataclass(frozen=True)
class Places:
    """What requests point at; the default is nowhere, for requests that get no answer from there."""

    item: Thing = _NO_ITEM
    user_id: str = _NOWHERE
    session_id: str = _NOWHERE
    email: str = "ada@example.com"
    refresh: str = f"{uuid4().hex}.{'a' * 43}"


_ANYWHERE = Places()


def success_of(operation_id: str) -> int:
    """The status of a good request."""
    return min(status for status in BY_ID[operation_id].statuses if status < 300)


def good_request(operation_id: str, places: Places = _ANYWHERE) -> Request:
    """A request without credential that the contract takes."""
    return _GOOD[operation_id](places)


async def places_for(operation_id: str, world: World, owner: Person) -> Places:
    """What a good request of this operation needs to find: things of `owner`, and fresh accounts."""
    make = _NEEDS.get(operation_id)
    return Places() if make is None else await make(world, owner)


def _json(method: str, path: str, content: Mapping[str, Any], media_type: str = JSON, **headers: str) -> Request:
    return Request(method, path, "", {"Content-Type": media_type} | headers, json.dumps(content).encode())


def _form(path: str, **fields: str) -> Request:
    return Request("POST", path, "", {"Content-Type": FORM}, urlencode(fields).encode())


def _account(email: str) -> dict[str, str]:
    return {"email": email, "password": PASSWORD, "display_name": "Ada"}


_CHANGE = {"current_password": PASSWORD, "new_password": "fifty notches on willow"}
_WHOLE_ITEM = {"title": "Willow", "description": None, "status": "active", "priority": 1, "tags": ["willow"]}

_GOOD: Mapping[str, Callable[[Places], Request]] = {
    "issueToken": lambda at: _form(TOKEN, grant_type="password", username=at.email, password=PASSWORD),
    "revokeToken": lambda at: _form(f"{API}/auth/revoke", token=at.refresh),
    "registerUser": lambda _: _json("POST", f"{API}/auth/register", _account(new_email())),
    "getJwks": lambda _: Request("GET", "/.well-known/jwks.json"),
    "getMe": lambda _: Request("GET", ME),
    "updateMe": lambda _: _json("PATCH", ME, {"display_name": "Ada L."}, MERGE_PATCH),
    "deleteMe": lambda _: Request("DELETE", ME),
    "changePassword": lambda _: _json("POST", f"{ME}/password", _CHANGE),
    "listMySessions": lambda _: Request("GET", f"{ME}/sessions"),
    "revokeMySession": lambda at: Request("DELETE", f"{ME}/sessions/{at.session_id}"),
    "listUsers": lambda _: Request("GET", USERS),
    "createUser": lambda _: _json("POST", USERS, _account(new_email())),
    "getUser": lambda at: Request("GET", f"{USERS}/{at.user_id}"),
    "updateUser": lambda at: _json("PATCH", f"{USERS}/{at.user_id}", {"display_name": "Eve"}, MERGE_PATCH),
    "deleteUser": lambda at: Request("DELETE", f"{USERS}/{at.user_id}"),
    "listItems": lambda _: Request("GET", ITEMS),
    "createItem": lambda _: _json("POST", ITEMS, {"title": "Willow"}),
    "getItem": lambda at: Request("GET", at.item.path),
    "replaceItem": lambda at: _json("PUT", at.item.path, _WHOLE_ITEM, **{"If-Match": at.item.etag}),
    "updateItem": lambda at: _json("PATCH", at.item.path, {"priority": 2}, MERGE_PATCH, **{"If-Match": at.item.etag}),
    "deleteItem": lambda at: Request("DELETE", at.item.path, "", {"If-Match": at.item.etag}),
    "getHealth": lambda _: Request("GET", "/health"),
    "getLiveness": lambda _: Request("GET", "/health/live"),
    "getReadiness": lambda _: Request("GET", "/health/ready"),
}
assert set(_GOOD) == set(BY_ID), "every operation needs a good request here"


async def _an_item(world: World, owner: Person) -> Places:
    return Places(item=await world.item(owner))


async def _an_account(world: World, _: Person) -> Places:
    somebody = await world.person(Role.USER)
    return Places(user_id=somebody.id, email=somebody.email, refresh=somebody.refresh)


async def _a_session(world: World, owner: Person) -> Places:
    return Places(session_id=await world.session_of(owner))


_NEEDS: Mapping[str, Callable[[World, Person], Awaitable[Places]]] = {
    "issueToken": _an_account,
    "revokeToken": _an_account,
    "revokeMySession": _a_session,
    "getUser": _an_account,
    "updateUser": _an_account,
    "deleteUser": _an_account,
    "getItem": _an_item,
    "replaceItem": _an_item,
    "updateItem": _an_item,
    "deleteItem": _an_item,
}
