"""A mock refuses as the contract says: declared status, declared shape; and it asks for its credentials."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tallystick.mock.application import Generated, MockApplication, MockOptions, assemble
from tests.tallystick.mock.conftest import SHELF


async def test_a_refusal_takes_the_declared_sibling_and_shape(
    shelf: httpx.AsyncClient, application: MockApplication
) -> None:
    answer = await shelf.get("/books?limit=0")
    assert answer.status_code == 400, "422 is not declared, 400 is"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["code"] == 400
    assert "/limit" in answer.json()["errors"]["body"][0]


async def test_a_refusal_takes_the_range(shelf: httpx.AsyncClient) -> None:
    answer = await shelf.patch("/books/none", json={})
    assert answer.status_code == 422
    assert answer.json()["code"] == 422


async def test_a_refusal_takes_default(shelf: httpx.AsyncClient) -> None:
    answer = await shelf.delete("/books/none")
    assert answer.status_code == 422
    assert set(answer.json()) == {"code", "errors"}


async def test_a_path_that_cannot_be_is_not_found_where_only_that_is_declared(shelf: httpx.AsyncClient) -> None:
    assert (await shelf.get("/books/none")).status_code == 404


async def test_a_path_of_no_operation_is_a_problem(shelf: httpx.AsyncClient) -> None:
    answer = await shelf.get("/nothing")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("shown", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic wrong"}])
async def test_security_is_enforced(shelf: httpx.AsyncClient, shown: dict[str, str]) -> None:
    answer = await shelf.post("/books", json={"title": "Dune"}, headers=shown)
    assert answer.status_code == 401
    assert answer.json()["code"] == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


async def test_the_credential_opens_every_scope(shelf: httpx.AsyncClient, application: MockApplication) -> None:
    secret = {one.scheme: one.secret for one in application.credentials}["bearer"]
    answer = await shelf.post("/books", json={"title": "Dune"}, headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 201


async def test_each_scheme_has_its_credential(shelf: httpx.AsyncClient, application: MockApplication) -> None:
    secrets = {one.scheme: one.secret for one in application.credentials}
    assert (await shelf.get("/poster", headers={"X-Key": secrets["key"]})).status_code == 200
    basic = base64.b64encode(f"mock:{secrets['basic']}".encode()).decode()
    assert (await shelf.get("/poster", headers={"Authorization": f"Basic {basic}"})).status_code == 200
    wrong = base64.b64encode(f"other:{secrets['basic']}".encode()).decode()
    assert (await shelf.get("/poster", headers={"Authorization": f"Basic {wrong}"})).status_code == 401


def test_credentials_follow_from_the_seed(generated: Callable[[Path], Generated]) -> None:
    made = [assemble(generated(SHELF), MockOptions(seed=seed)).credentials for seed in (1, 1, 2)]
    assert made[0] == made[1] != made[2]
