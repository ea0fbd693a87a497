"""Commit before answering: no success leaves for what the database has not kept."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from starlette.types import Message

from app.kit.principal import Role
from app.settings import Settings
from tests.support.problems import assert_problem
from tests.support.requests import good_request, places_for, success_of
from tests.support.world import ITEMS, PASSWORD, USERS, Person, World, new_email

pytestmark = pytest.mark.asyncio(loop_scope="module")

# What goes wrong in COMMIT itself, after every statement has succeeded.
FAILURES: Mapping[str, tuple[str, int, str]] = {
    "the transaction has to be repeated": ("RAISE EXCEPTION 'no' USING ERRCODE = '40001'", 503, "service-unavailable"),
    "the connection is lost": ("PERFORM pg_terminate_backend(pg_backend_pid())", 503, "service-unavailable"),
    "the disk is full": ("RAISE EXCEPTION 'no' USING ERRCODE = '53100'", 503, "service-unavailable"),
    "nobody foresaw it": ("RAISE EXCEPTION 'no' USING ERRCODE = 'P0001'", 500, "internal-error"),
}
WRITES = [
    "registerUser",
    "createUser",
    "createItem",
    "replaceItem",
    "updateItem",
    "deleteItem",
    "updateMe",
    "updateUser",
]


@asynccontextmanager
async def commits_fail(settings: Settings, how: str) -> AsyncIterator[None]:
    """While this lasts, every commit that changed an account or an item fails."""
    assert settings.database.url is not None
    engine = create_async_engine(
        settings.database.url.get_secret_value(), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    body = f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {how}; RETURN NULL; END $$"
    trigger = (
        "CREATE CONSTRAINT TRIGGER refuse AFTER INSERT OR UPDATE OR DELETE ON {}"
        " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse()"
    )
    async with engine.connect() as connection:
        await connection.execute(text(body))
        for table in ("users", "items"):
            await connection.execute(text(trigger.format(table)))
        try:
            yield
        finally:
            await connection.execute(text("DROP FUNCTION refuse CASCADE"))
    await engine.dispose()


async def raw_answers(world: World, path: str, headers: Mapping[str, str], content: object) -> list[Message]:
    """Everything that the application sends for a POST, message by message."""
    body = json.dumps(content).encode()
    fields = {"host": "testserver", "content-type": "application/json", "content-length": str(len(body))} | dict(
        headers
    )
    received = iter([{"type": "http.request", "body": body, "more_body": False}])
    sent: list[Message] = []

    async def receive() -> Message:
        return next(received, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode()) for name, value in fields.items()],
        "client": ("192.0.2.1", 1),
        "server": ("testserver", 80),
    }
    await world.app(scope, receive, send)
    return sent


async def titles(world: World, owner: Person) -> list[str]:
    page = await world.client.get(ITEMS, headers=owner.auth)
    return [item["title"] for item in page.json()["data"]]


@pytest.mark.parametrize("failure", FAILURES)
async def test_nothing_of_a_201_leaves_when_its_commit_fails(
    shared: World, shared_settings: Settings, failure: str
) -> None:
    how, status, slug = FAILURES[failure]
    owner = await shared.person()
    async with commits_fail(shared_settings, how):
        sent = await raw_answers(shared, ITEMS, owner.auth, {"title": "lost"})
    starts = [message for message in sent if message["type"] == "http.response.start"]
    assert [message["status"] for message in starts] == [status]
    assert not {b"location", b"etag"} & {name for name, _ in starts[0]["headers"]}
    body = b"".join(message.get("body", b"") for message in sent)
    assert json.loads(body)["type"] == f"/problems/{slug}"
    assert await titles(shared, owner) == []


@pytest.mark.parametrize("operation", WRITES)
async def test_every_write_tells_that_its_commit_failed(
    shared: World, shared_settings: Settings, operation: str
) -> None:
    admin = await shared.person(Role.ADMIN)
    request = good_request(operation, await places_for(operation, shared, admin)).but(headers=admin.auth)
    how, status, slug = FAILURES["the transaction has to be repeated"]
    async with commits_fail(shared_settings, how):
        answer = await request.send(shared.client)
    assert_problem(answer, status, slug, operation=operation)
    again = await request.send(shared.client)
    assert again.status_code == success_of(operation), "nothing was changed, so that the same request succeeds now"


async def test_an_idempotency_key_is_not_used_up_by_a_commit_that_failed(
    shared: World, shared_settings: Settings
) -> None:
    owner = await shared.person()
    headers = owner.auth | {"Idempotency-Key": str(uuid4())}
    async with commits_fail(shared_settings, FAILURES["nobody foresaw it"][0]):
        failed = await shared.client.post(ITEMS, json={"title": "a"}, headers=headers)
    assert_problem(failed, 500, "internal-error")
    assert (await shared.client.post(ITEMS, json={"title": "a"}, headers=headers)).status_code == 201
    assert await titles(shared, owner) == ["a"]


async def test_sessions_are_not_ended_by_a_deactivation_that_failed(shared: World, shared_settings: Settings) -> None:
    """What is remembered in the process follows the commit too."""
    admin, person = await shared.person(Role.ADMIN), await shared.person()
    headers = admin.auth | {"Content-Type": "application/merge-patch+json"}
    async with commits_fail(shared_settings, FAILURES["the transaction has to be repeated"][0]):
        answer = await shared.client.patch(f"{USERS}/{person.id}", json={"is_active": False}, headers=headers)
    assert answer.status_code == 503
    assert (await shared.client.get(f"{USERS}/me", headers=person.auth)).status_code == 200


async def test_internal_errors_tell_the_request_id_and_nothing_else(shared: World, shared_settings: Settings) -> None:
    account = {"email": new_email(), "password": PASSWORD, "display_name": "Ada"}
    async with commits_fail(shared_settings, "RAISE EXCEPTION 'the secret of the database'"):
        answer = await shared.client.post("/api/v1/auth/register", json=account)
    problem = assert_problem(answer, 500, "internal-error")
    assert set(problem) == {"type", "title", "status", "detail", "instance", "request_id"}
    assert "secret" not in answer.text


async def test_what_is_answered_can_be_read_at_once_by_others(shared: World, shared_settings: Settings) -> None:
    owner = await shared.person()
    assert shared_settings.database.url is not None
    engine = create_async_engine(shared_settings.database.url.get_secret_value(), poolclass=NullPool)
    query = text("SELECT count(*) FROM items WHERE owner_id = :owner")
    async with engine.connect() as connection:
        for number in range(1, 6):
            await shared.item(owner)
            assert await connection.scalar(query, {"owner": owner.id}) == number
            await connection.rollback()
    await engine.dispose()
