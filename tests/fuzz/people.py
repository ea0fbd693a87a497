"""The identities of a fuzz run, and the little of the API that is needed to make and to use them."""

from __future__ import annotations

import base64
import itertools
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import requests

HERE = Path(__file__).parent
USERS = HERE / "users.json"
# Tokens live 15 minutes; a long run signs in again in time.
FRESH_SECONDS = 600.0
PASSWORD = "good for one day only"


@dataclass(frozen=True, slots=True)
class Login:
    email: str
    password: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """What signing in gives."""

    access: str
    refresh: str
    scopes: frozenset[str]

    @property
    def claims(self) -> Mapping[str, Any]:
        return claims_of(self.access)

    @property
    def authorization(self) -> str:
        return f"Bearer {self.access}"


class SeedError(Exception):
    """The server under test did not do what the preparation needs."""


def logins() -> dict[str, Login]:
    """The lasting identities by name: those that Schemathesis signs in with too."""
    found: dict[str, Login] = {}
    for entry in json.loads(USERS.read_text(encoding="utf-8"))["auth"]:
        form = parse_qs(entry["loginEndpointAuth"]["payloadRaw"])
        found[entry["name"]] = Login(form["username"][0], form["password"][0])
    return found


def claims_of(token: str) -> Mapping[str, Any]:
    """The claims of a JSON web token, unverified; empty if it is none."""
    try:
        part = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return {}
    return claims if isinstance(claims, dict) else {}


class Api:
    """The server under test."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self._numbers = itertools.count(1)

    def call(self, method: str, path: str, authorization: str | None = None, **more: Any) -> Any:
        """One request; the response. Which 2xx it is does not matter here: a fault of that kind is to be found later.

        Raises:
            SeedError: the server refused.
        """
        headers = dict(more.pop("headers", {}))
        if authorization is not None:
            headers["Authorization"] = authorization
        answer = self._session.request(method, self._url + path, headers=headers, timeout=20, **more)
        if not 200 <= answer.status_code < 300:
            raise SeedError(f"{method} {path} answered {answer.status_code}: {answer.text[:500]}")
        return answer

    def sign_in(self, login: Login, scopes: frozenset[str] | None = None) -> Tokens:
        form = {"grant_type": "password", "username": login.email, "password": login.password}
        if scopes is not None:
            form["scope"] = " ".join(sorted(scopes))
        body = self.call("POST", "/api/v1/auth/token", data=form).json()
        return Tokens(body["access_token"], body["refresh_token"], frozenset(body["scope"].split()))

    def register(self, login: Login, name: str) -> str:
        """A new account; its id."""
        body = {"email": login.email, "password": login.password, "display_name": name}
        return str(self.call("POST", "/api/v1/auth/register", json=body).json()["id"])

    def somebody(self) -> tuple[Login, str]:
        """A new account that nothing depends on, and its id."""
        login = Login(f"day-{next(self._numbers)}-{os.getpid()}-{uuid4().hex[:8]}@example.net", PASSWORD)
        return login, self.register(login, "Here for a day")

    def create_item(self, authorization: str, **values: Any) -> tuple[str, str]:
        """A new item; its id and its version."""
        answer = self.call("POST", "/api/v1/items", authorization, json={"title": "Hazel stick"} | values)
        return str(answer.json()["id"]), str(answer.headers["ETag"])


class People:
    """The lasting identities, signed in and kept so; they are the credentials of our own checks."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._logins = logins()
        self._tokens: dict[tuple[str, str | None], tuple[float, Tokens]] = {}
        self._names: dict[str, str] = {}

    @property
    def ids(self) -> set[str]:
        """The accounts that a run must not lose."""
        return {self.id_of(name) for name in self._logins}

    def id_of(self, name: str) -> str:
        return str(self.tokens(name).claims["sub"])

    def tokens(self, name: str, without: str | None = None) -> Tokens:
        """Fresh tokens; with all the account's scopes, or all but one."""
        made, tokens = self._tokens.get((name, without), (0.0, None))
        if tokens is None or time.monotonic() - made > FRESH_SECONDS:
            scopes = self.tokens(name).scopes - {without} if without is not None else None
            tokens = self._api.sign_in(self._logins[name], scopes)
            self._tokens[name, without] = (time.monotonic(), tokens)
            self._names[str(tokens.claims["sub"])] = name
        return tokens

    def lacking(self, scope: str, /) -> str | None:
        """The administrator without this one scope: whatever else may be needed is there."""
        if scope not in self.tokens("admin").scopes:
            return None
        return self.tokens("admin", without=scope).authorization

    def peer_of(self, authorization: str, /) -> str | None:
        """Alice for Bob, and the other way round."""
        subject = claims_of(authorization.removeprefix("Bearer ")).get("sub")
        for name, peer in (("alice", "bob"), ("bob", "alice")):
            if subject == self.id_of(name):
                return self.tokens(peer).authorization
        return None
