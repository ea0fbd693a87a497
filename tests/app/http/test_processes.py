"""Two server processes on one database: what one does holds for the other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from pydantic import SecretStr

from tests.app.conftest import server_settings
from tests.support import databases
from tests.support.server import running
from tests.support.world import ITEMS, ME, PASSWORD, TOKEN, USERS, bearer, new_email

PROMISED_SECONDS = 1.0
PATIENCE_SECONDS = 10.0


@pytest.fixture(scope="module")
def clients(
    postgres: databases.TestServer, worker_id: str, private_keys: SecretStr, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[httpx.Client, httpx.Client]]:
    """A client of each process."""
    with ExitStack() as stack:
        url = stack.enter_context(postgres.fresh(f"processes_{worker_id}"))
        settings = server_settings(url, private_keys)
        folder = tmp_path_factory.mktemp("processes")
        servers = [stack.enter_context(running(folder, settings)) for _ in range(2)]
        first, second = (stack.enter_context(httpx.Client(base_url=server.url)) for server in servers)
        yield first, second


def account(client: httpx.Client) -> str:
    """The address of a new account."""
    email = new_email()
    body = {"email": email, "password": PASSWORD, "display_name": "Ada"}
    client.post("/api/v1/auth/register", json=body).raise_for_status()
    return email


def sign_in(client: httpx.Client, email: str, password: str = PASSWORD) -> dict[str, str]:
    form = {"grant_type": "password", "username": email, "password": password}
    tokens: dict[str, str] = client.post(TOKEN, data=form).raise_for_status().json()
    return tokens


def last_admitted(client: httpx.Client, path: str, headers: dict[str, str]) -> float:
    """After how many seconds the last request was sent that was still admitted, however slow this machine is."""
    began = time.monotonic()
    last = 0.0
    while True:
        sent = time.monotonic() - began
        if client.get(path, headers=headers).status_code == 401:
            return last
        last = sent
        assert last < PATIENCE_SECONDS
        time.sleep(0.02)


def test_an_item_made_by_one_process_is_read_and_changed_by_the_other(
    clients: tuple[httpx.Client, httpx.Client],
) -> None:
    first, second = clients
    headers = bearer(sign_in(first, account(second))["access_token"])
    created = first.post(ITEMS, json={"title": "Hazel"}, headers=headers)
    assert created.status_code == 201
    read = second.get(created.headers["Location"], headers=headers)
    assert (read.status_code, read.headers["ETag"]) == (200, created.headers["ETag"])
    headers["If-Match"] = read.headers["ETag"]
    assert second.delete(created.headers["Location"], headers=headers).status_code == 204
    assert first.get(created.headers["Location"], headers=headers).status_code == 404


def test_a_repeated_key_is_known_to_the_other_process(clients: tuple[httpx.Client, httpx.Client]) -> None:
    first, second = clients
    headers = bearer(sign_in(first, account(first))["access_token"]) | {"Idempotency-Key": "the-same-key"}
    answers = [client.post(ITEMS, json={"title": "Hazel"}, headers=headers) for client in (first, second)]
    assert answers[0].content == answers[1].content


@pytest.mark.parametrize("how", ["revoked", "reused", "account deleted"])
def test_a_session_that_ended_here_is_refused_there_within_a_second(
    clients: tuple[httpx.Client, httpx.Client], how: str
) -> None:
    first, second = clients
    tokens = sign_in(first, account(first))
    headers = bearer(tokens["access_token"])
    assert second.get(ME, headers=headers).status_code == 200
    if how == "revoked":
        first.post("/api/v1/auth/revoke", data={"token": tokens["refresh_token"]}).raise_for_status()
    elif how == "reused":
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        assert [first.post(TOKEN, data=form).status_code for _ in range(2)] == [200, 400]
    else:
        first.delete(ME, headers=headers).raise_for_status()
    assert first.get(ITEMS, headers=headers).status_code == 401, "here it is refused at once"
    assert last_admitted(second, ITEMS, headers) <= PROMISED_SECONDS


def test_a_deactivated_user_is_refused_there_too(clients: tuple[httpx.Client, httpx.Client]) -> None:
    first, second = clients
    admin = bearer(sign_in(first, "admin@example.com", "development-only-password")["access_token"])
    headers = bearer(sign_in(second, account(second))["access_token"])
    user_id = second.get(ME, headers=headers).json()["id"]
    kind = {"Content-Type": "application/merge-patch+json"}
    answer = first.patch(f"{USERS}/{user_id}", json={"is_active": False}, headers=admin | kind)
    assert answer.status_code == 200
    assert last_admitted(second, ME, headers) <= PROMISED_SECONDS
