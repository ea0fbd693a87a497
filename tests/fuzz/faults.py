"""Ten faults of different kinds, each as a change of the real application: of an answer at its edge, or inside."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain.auth.verifier import BearerVerifier
from app.domain.items import repository
from app.domain.items.errors import ItemNotFound
from app.domain.items.repository import ItemFilter, ItemRow, Sort
from app.domain.items.service import ItemChange, ItemService
from app.kit.db import ReadSession, UnitOfWork
from app.kit.etags import Expected
from app.kit.pagination import Page
from app.kit.principal import Principal
from app.server.services import Services

ITEMS = "/api/v1/items"
Headers = list[tuple[bytes, bytes]]


class Edge:
    """Stands between the server and the application and sees each request and each answer."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self.app = app
        self.services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope = {**scope, "headers": await self.headers(scope, list(scope["headers"]))}
            await self.app(scope, receive, self._sender(scope, send))
        else:
            await self.app(scope, receive, send)

    async def headers(self, scope: Scope, headers: Headers) -> Headers:
        """The request's headers as the application gets them."""
        return headers

    def answer(self, scope: Scope, status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
        """The answer as the client gets it."""
        return status, headers, body

    def _sender(self, scope: Scope, send: Send) -> Send:
        start: Message = {}
        chunks: list[bytes] = []

        async def collect(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            chunks.append(message.get("body", b""))
            if not message.get("more_body", False):
                status, headers, body = self.answer(scope, start["status"], list(start["headers"]), b"".join(chunks))
                await send({**start, "status": status, "headers": headers})
                await send({"type": "http.response.body", "body": body})

        return collect


class UndeclaredStatus(Edge):
    """A created item is answered with 202."""

    def answer(self, scope: Scope, status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
        created = scope["method"] == "POST" and scope["path"] == ITEMS and status == 201
        return (202 if created else status), headers, body


class MissingField(Edge):
    """The entries of the list of items have no tags."""

    def answer(self, scope: Scope, status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
        if scope["method"] != "GET" or scope["path"] != ITEMS or status != 200:
            return status, headers, body
        page = json.loads(body)
        for entry in page["data"]:
            del entry["tags"]
        body = json.dumps(page).encode()
        return status, [*_without(headers, b"content-length"), (b"content-length", b"%d" % len(body))], body


class WrongAllow(Edge):
    """`Allow` names one method, whatever the path has."""

    def answer(self, scope: Scope, status: int, headers: Headers, body: bytes) -> tuple[int, Headers, bytes]:
        if any(name.lower() == b"allow" for name, _ in headers):
            headers = [*_without(headers, b"allow"), (b"allow", b"GET")]
        return status, headers, body


class OptionalIfMatch(Edge):
    """Without If-Match a change of an item hits any version."""

    async def headers(self, scope: Scope, headers: Headers) -> Headers:
        guarded = scope["path"].startswith(f"{ITEMS}/") and scope["method"] in ("PUT", "PATCH", "DELETE")
        if guarded and not any(name == b"if-match" for name, _ in headers):
            headers.append((b"if-match", b"*"))
        return headers


class IdempotencyIgnored(Edge):
    """Idempotency-Key is thrown away."""

    async def headers(self, scope: Scope, headers: Headers) -> Headers:
        return _without(headers, b"idempotency-key")


class AuthIgnored(Edge):
    """Whoever has no valid token reads the list of sessions with the one that came before."""

    last: tuple[bytes, bytes] | None = None

    async def headers(self, scope: Scope, headers: Headers) -> Headers:
        if urlsplit(scope["path"]).path != "/api/v1/users/me/sessions":
            return headers
        verifier: BearerVerifier = self.services.verifier
        given = next((pair for pair in headers if pair[0] == b"authorization"), None)
        token = given[1].decode("latin-1").removeprefix("Bearer ") if given is not None else ""
        if await verifier.verify(token) is not None:
            self.last = given
        elif self.last is not None:
            return [*_without(headers, b"authorization"), self.last]
        return headers


class DeletedReadable(ItemService):
    """Deleting succeeds and deletes nothing."""

    async def delete(self, work: UnitOfWork, principal: Principal, item_id: UUID, expected: Expected) -> None:
        await _undone(work, lambda: super(DeletedReadable, self).delete(work, principal, item_id, expected))


class LostWrite(ItemService):
    """A change is answered as if it had been made."""

    async def change(
        self, work: UnitOfWork, principal: Principal, item_id: UUID, expected: Expected, change: ItemChange
    ) -> ItemRow:
        made = super().change
        row: ItemRow = await _undone(work, lambda: made(work, principal, item_id, expected, change))
        return row


class ForeignReadable(ItemService):
    """Anybody reads any item whose id they know."""

    async def get(self, read: ReadSession, principal: Principal, item_id: UUID) -> ItemRow:
        row = await repository.get(read, item_id, None)
        if row is None:
            raise ItemNotFound
        return row


class LimitExceeded(ItemService):
    """Pages are one longer than asked for."""

    async def list(
        self,
        read: ReadSession,
        principal: Principal,
        wanted: ItemFilter,
        *,
        sort: Sort = Sort.NEWEST,
        limit: int,
        cursor: str | None = None,
        include_total: bool = False,
    ) -> Page[ItemRow]:
        return await super().list(
            read, principal, wanted, sort=sort, limit=limit + 1, cursor=cursor, include_total=include_total
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to be wrong: at the edge, or in the service of items."""

    edge: type[Edge] | None = None
    items: type[ItemService] | None = None

    def plant(self, services: Services) -> Services:
        return services if self.items is None else replace(services, items=self.items(services.clock))


FAULTS: Mapping[str, Fault] = {
    "undeclared status": Fault(edge=UndeclaredStatus),
    "missing field": Fault(edge=MissingField),
    "auth ignored": Fault(edge=AuthIgnored),
    "deleted thing readable": Fault(items=DeletedReadable),
    "wrong Allow": Fault(edge=WrongAllow),
    "optional If-Match": Fault(edge=OptionalIfMatch),
    "limit exceeded": Fault(items=LimitExceeded),
    "Idempotency-Key ignored": Fault(edge=IdempotencyIgnored),
    "other user's item readable": Fault(items=ForeignReadable),
    "lost write": Fault(items=LostWrite),
}


class _Undo(Exception):
    """Rolls the savepoint back."""


async def _undone(work: UnitOfWork, action: Callable[[], Any]) -> Any:
    """What an action returns, after everything that it did was taken back."""
    session = await work.begin()
    result: list[Any] = []
    with suppress(_Undo):
        async with session.savepoint():
            result.append(await action())
            raise _Undo
    return result[0]


def _without(headers: Headers, name: bytes) -> Headers:
    return [pair for pair in headers if pair[0].lower() != name]
