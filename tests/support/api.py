"""Calling the API as somebody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

PASSWORD = "forty notches on hazel"
MERGE_PATCH = "application/merge-patch+json"


@dataclass(frozen=True)
class Caller:
    """Somebody signed in; `patch` sends merge patches."""

    client: httpx.AsyncClient
    id: str
    email: str
    access_token: str
    refresh_token: str

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send a request with this caller's token."""
        headers = {"Authorization": f"Bearer {self.access_token}"} | options.pop("headers", {})
        return await self.client.request(method, path, headers=headers, **options)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.call("GET", path, **options)

    async def post(self, path: str, **options: Any) -> httpx.Response:
        return await self.call("POST", path, **options)

    async def put(self, path: str, **options: Any) -> httpx.Response:
        return await self.call("PUT", path, **options)

    async def patch(self, path: str, **options: Any) -> httpx.Response:
        headers = {"Content-Type": MERGE_PATCH} | options.pop("headers", {})
        return await self.call("PATCH", path, headers=headers, **options)

    async def delete(self, path: str, **options: Any) -> httpx.Response:
        return await self.call("DELETE", path, **options)


async def sign_in(client: httpx.AsyncClient, email: str, password: str = PASSWORD, **form: str) -> httpx.Response:
    """Ask for tokens by password."""
    grant = {"grant_type": "password", "username": email, "password": password} | form
    return await client.post("/api/v1/auth/token", data=grant)


async def caller(client: httpx.AsyncClient, user_id: str, email: str) -> Caller:
    """Sign somebody in who has an account."""
    answer = await sign_in(client, email)
    assert answer.status_code == 200, answer.text
    tokens = answer.json()
    return Caller(client, user_id, email, tokens["access_token"], tokens["refresh_token"])


def problem(answer: httpx.Response) -> tuple[int, str]:
    """The status and the last part of the type of an error answer."""
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["instance"]
    assert body["request_id"] == answer.headers["x-request-id"]
    return answer.status_code, body["type"].removeprefix("/problems/")
