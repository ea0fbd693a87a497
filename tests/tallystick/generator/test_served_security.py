"""Generated security, over HTTP: a fault here lets in the wrong caller, or shuts out the right one."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.support.contracts import Package

Made = Callable[[str], Package]
TOKEN = {"Authorization": "Bearer reader"}
ALL = ("inherited", "public", "optional", "basic", "either", "both", "scopes")


def basic(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(text.encode()).decode()}


@pytest.mark.parametrize(
    ("path", "headers", "status", "subject"),
    [
        ("/inherited", TOKEN, 204, "reader"),
        ("/inherited", {}, 401, None),
        ("/inherited", {"Authorization": "Bearer nobody"}, 401, None),
        ("/inherited", basic("reader:reader"), 401, None),
        ("/public", {}, 204, None),
        ("/public", {"Authorization": "Bearer nobody"}, 204, None),
        ("/optional", {}, 204, None),
        ("/optional", TOKEN, 204, "reader"),
        ("/optional", {"Authorization": "Bearer nobody"}, 401, None),
        ("/basic", basic("reader:reader"), 204, "reader"),
        ("/basic", basic("reader:wrong"), 401, None),
        ("/basic", {"Authorization": "Basic %%%"}, 401, None),
        ("/either", {"X-Key": "reader"}, 204, "reader"),
        ("/either?key=writer", {}, 204, "writer"),
        ("/either", {"Cookie": "key=reader"}, 204, "reader"),
        ("/either", {"X-Other": "reader"}, 401, None),
        ("/either?key=nobody", {}, 401, None),
        ("/both", {**TOKEN, "X-Key": "writer"}, 204, "reader"),
        ("/both", TOKEN, 401, None),
        ("/both", {"X-Key": "reader"}, 401, None),
        ("/both", {**TOKEN, "X-Key": "nobody"}, 401, None),
        ("/scopes", {"Authorization": "Bearer writer"}, 204, "writer"),
        ("/scopes", TOKEN, 403, None),
        ("/scopes", {}, 401, None),
    ],
)
async def test_who_may_enter(
    package: Made, path: str, headers: Mapping[str, str], status: int, subject: str | None
) -> None:
    served = package("security").serve(**dict.fromkeys(ALL))
    answer = await served.get(path, headers=dict(headers))
    assert answer.status_code == status, answer.text
    principal = served.given.get("principal")
    assert (principal.subject if principal else None) == subject
    assert ("www-authenticate" in answer.headers) == (status in (401, 403))


def test_the_principal_is_a_parameter_only_where_there_may_be_one(package: Made) -> None:
    source = package("security").source("handlers/default.py")
    assert "def inherited(self, principal: PrincipalT)" in source
    assert "def optional(self, principal: PrincipalT | None)" in source
    assert "def public(self)" in source


def test_a_scheme_nobody_uses_needs_no_verifier(package: Made) -> None:
    """`mutualTLS` cannot be verified here; as long as no operation asks for it, that is no obstacle."""
    verifiers: Any = package("security").module("security").Verifiers
    names = ["token", "password", "header_key", "query_key", "cookie_key", "oauth", "oidc"]
    assert list(verifiers.__annotations__) == names


async def test_a_closed_query_knows_the_key_that_admits(package: Made) -> None:
    served = package("security").serve(either=None)
    assert (await served.get("/either?key=reader&more=1")).status_code == 422
