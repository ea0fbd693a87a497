"""OR of AND, scopes and the exact refusals: a fault here lets the wrong caller in."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

import pytest

from tallystick.runtime.call import Call
from tallystick.runtime.operation import Operation, Requirement, Security
from tallystick.runtime.problems import Kind, Refusal
from tallystick.runtime.security import ApiKeyScheme, Authenticator, BasicScheme, BearerScheme, Scheme


@dataclass(frozen=True)
class Caller:
    subject: str
    scopes: frozenset[str] = field(default_factory=frozenset)


class Tokens:
    async def verify(self, token: str) -> Caller | None:
        known = {"good": Caller("ann", frozenset({"read"})), "key": Caller("machine")}
        return known.get(token)


class Passwords:
    async def verify(self, username: str, password: str) -> Caller | None:
        return Caller(username) if password == "pass:word" else None


SCHEMES: dict[str, Scheme[Caller]] = {
    "bearer": BearerScheme(Tokens()),
    "basic": BasicScheme(Passwords()),
    "header": ApiKeyScheme(Tokens(), "header", "X-Key"),
    "query": ApiKeyScheme(Tokens(), "query", "key"),
    "cookie": ApiKeyScheme(Tokens(), "cookie", "sid"),
}


def call(security: Security, headers: dict[str, str] | None = None, query: bytes = b"") -> Call:
    async def receive() -> dict[str, object]:
        return {}

    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in (headers or {}).items()]
    scope = {"type": "http", "headers": raw, "query_string": query}
    return Call(scope, receive, Operation("op", "GET", "/", "t", (200,), security), {})


async def admit(security: Security, headers: dict[str, str] | None = None, query: bytes = b"") -> str | None:
    principal = await Authenticator(SCHEMES).admit(call(security, headers, query))
    return principal.subject if principal else None


def need(name: str, *scopes: str) -> Requirement:
    return Requirement(name, scopes)


BASIC = "Basic " + base64.b64encode(b"bob:pass:word").decode()
BOTH = {"Authorization": "Bearer good", "X-Key": "key"}


@pytest.mark.parametrize(
    ("security", "headers", "query", "subject"),
    [
        ((), {}, b"", None),
        (((need("bearer"),),), {"Authorization": "Bearer good"}, b"", "ann"),
        (((need("bearer"),),), {"Authorization": "bearer  good"}, b"", "ann"),
        (((need("bearer", "read"),),), {"Authorization": "Bearer good"}, b"", "ann"),
        (((need("basic"),),), {"Authorization": BASIC}, b"", "bob"),
        (((need("header"),),), {"X-Key": "key"}, b"", "machine"),
        (((need("query"),),), {}, b"key=key", "machine"),
        (((need("cookie"),),), {"Cookie": "a=b; sid=key"}, b"", "machine"),
        (((need("bearer"),), (need("header"),)), {"X-Key": "key"}, b"", "machine"),
        (((need("bearer"), need("header")),), BOTH, b"", "ann"),
        (((need("bearer"),), ()), {}, b"", None),
    ],
)
async def test_admits(security: Security, headers: dict[str, str], query: bytes, subject: str | None) -> None:
    assert await admit(security, headers, query) == subject


@pytest.mark.parametrize(
    ("security", "headers", "kind"),
    [
        (((need("bearer"),),), {}, Kind.UNAUTHORIZED),
        (((need("bearer"),),), {"Authorization": ""}, Kind.UNAUTHORIZED),
        (((need("bearer"),),), {"Authorization": "Bearer"}, Kind.UNAUTHORIZED),
        (((need("bearer"),),), {"Authorization": "Bearer bad"}, Kind.UNAUTHORIZED),
        (((need("bearer"),),), {"Authorization": "Bearer \xff"}, Kind.UNAUTHORIZED),
        (((need("bearer"),),), {"Authorization": BASIC}, Kind.UNAUTHORIZED),
        (((need("basic"),),), {"Authorization": "Basic !!!"}, Kind.UNAUTHORIZED),
        (((need("basic"),),), {"Authorization": "Basic Ym9i"}, Kind.UNAUTHORIZED),
        (((need("bearer"), need("header")),), {"Authorization": "Bearer good"}, Kind.UNAUTHORIZED),
        (((need("bearer"), need("header")),), {**BOTH, "X-Key": "no"}, Kind.UNAUTHORIZED),
        (((need("bearer", "write"),),), {"Authorization": "Bearer good"}, Kind.FORBIDDEN),
        (((need("bearer"),), ()), {"Authorization": "Bearer bad"}, Kind.UNAUTHORIZED),
    ],
)
async def test_refuses(security: Security, headers: dict[str, str], kind: Kind) -> None:
    with pytest.raises(Refusal) as refused:
        await admit(security, headers)
    assert refused.value.kind is kind
    assert "WWW-Authenticate" in refused.value.headers


async def test_a_scope_that_one_alternative_lacks_may_come_by_another() -> None:
    security = ((need("bearer", "write"),), (need("header"),))
    assert await admit(security, BOTH) == "machine"


async def test_the_challenge_names_every_scheme_and_an_invalid_token() -> None:
    with pytest.raises(Refusal) as refused:
        await admit(((need("bearer"),), (need("header"),)), {"Authorization": "Bearer bad"})
    assert refused.value.headers["WWW-Authenticate"] == 'Bearer error="invalid_token", ApiKey name="X-Key"'
