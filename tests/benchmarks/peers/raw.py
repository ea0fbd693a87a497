"""The practical limit: ASGI and asyncpg by hand, each operation written out, nothing general, nothing shared."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from urllib.parse import parse_qsl
from uuid import UUID, uuid4

import asyncpg
import jwt
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import to_json

from app.kit.ids import uuid7
from tests.benchmarks.peers.serving import POOL_SIZE, Surroundings, serve, surroundings

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

COLUMNS = "id, owner_id, title, description, status, priority, tags, version, created_at, updated_at"
GET_ANY = f"SELECT {COLUMNS} FROM items WHERE id = $1"
GET_OWN = f"SELECT {COLUMNS} FROM items WHERE id = $1 AND owner_id = $2"
LIST_ANY = f"SELECT {COLUMNS} FROM items ORDER BY created_at DESC, id DESC LIMIT $1"
LIST_OWN = f"SELECT {COLUMNS} FROM items WHERE owner_id = $2 ORDER BY created_at DESC, id DESC LIMIT $1"
CREATE = (
    "INSERT INTO items (title, description, status, priority, tags, id, owner_id, created_at, updated_at) "
    f"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING {COLUMNS}"
)
ITEM_PATH = re.compile(r"/api/v1/items/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
ENTITY_TAG = re.compile(r'(?:W/)?"([^"]*)"')
MAX_BODY = 65536
MAX_TARGET, MAX_HEADERS = 8192, 16384
JSON, PROBLEM = b"application/json", b"application/problem+json"
STANDING = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]

Tag = Annotated[str, Field(pattern="^[a-z0-9-]{1,32}$")]


class NewItem(BaseModel):
    """What a client sends."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
    description: Annotated[str, Field(max_length=4000)] | None = None
    status: Literal["draft", "active", "archived"] = "draft"
    priority: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    tags: Annotated[list[Tag], Field(max_length=20)] = Field(default_factory=list)


NEW_ITEM = TypeAdapter(NewItem)


class Line:
    """A connection and its three or four prepared statements."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self.connection = connection
        self.prepared: dict[str, Any] = {}

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        statement = self.prepared.get(sql)
        if statement is None:
            statement = self.prepared[sql] = await self.connection.prepare(sql)
        found: list[Any] = await statement.fetch(*arguments)
        return found


class Raw:
    """The whole server."""

    def __init__(self, found: Surroundings) -> None:
        self.found = found
        self.free: list[Line] = []
        self.slots = asyncio.Semaphore(POOL_SIZE)
        self.principals: dict[bytes, tuple[UUID, frozenset[str], int]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await lifespan(receive, send)
            return
        started = time.perf_counter()
        request_id, size = "", 0
        headers: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            size += len(name) + len(value)
            headers[name] = value
        sent = headers.get(b"x-request-id")
        request_id = sent.decode() if sent is not None and REQUEST_ID.fullmatch(sent) else str(uuid4())
        try:
            if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_TARGET or size > MAX_HEADERS:
                raise Refused(431, "too large")
            status, more, body = await self.answer(scope, headers, receive)
        except Refused as refusal:
            status, more, body = refusal.status, [(b"content-type", PROBLEM)], refusal.body(request_id)
        more += [
            (b"content-length", b"%d" % len(body)),
            (b"x-request-id", request_id.encode()),
            (b"server-timing", b"app;dur=%.1f" % ((time.perf_counter() - started) * 1000)),
            *STANDING,
        ]
        await send({"type": "http.response.start", "status": status, "headers": more})
        await send({"type": "http.response.body", "body": body})

    async def answer(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        path, method = scope["path"], scope["method"]
        if path == "/health/live" and method == "GET":
            return 200, [(b"content-type", JSON), (b"vary", b"Accept-Encoding")], b'{"status":"up"}'
        if path == "/api/v1/items":
            if method == "GET":
                return await self.page(scope, headers)
            if method == "POST":
                return await self.create(scope, headers, receive)
        if method == "GET" and (match := ITEM_PATH.fullmatch(path)):
            return await self.get(scope, headers, UUID(match[1]))
        raise Refused(404, "There is nothing at this path.")

    async def get(
        self, scope: Scope, headers: dict[bytes, bytes], item: UUID
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        owner, scopes = self.admit(headers, "items:read")
        if scope["query_string"]:
            raise Refused(422, "unknown query parameter")
        async with self.slots:
            line = await self.take()
            if "items:read:all" in scopes:
                rows = await line.fetch(GET_ANY, item)
            else:
                rows = await line.fetch(GET_OWN, item, owner)
            self.free.append(line)
        if not rows:
            raise Refused(404, "No item has this id.")
        tag = f'"{rows[0]["version"]:x}"'
        known = headers.get(b"if-none-match")
        if known is not None and (known == b"*" or tag[1:-1] in ENTITY_TAG.findall(known.decode("latin-1"))):
            return 304, [(b"etag", tag.encode())], b""
        return 200, [(b"content-type", JSON), (b"etag", tag.encode())], to_json(as_item(rows[0]))

    async def page(self, scope: Scope, headers: dict[bytes, bytes]) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        owner, scopes = self.admit(headers, "items:read")
        limit = 20
        for name, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True):
            if name != "limit" or not value.isdecimal() or not 1 <= int(value) <= 100:
                raise Refused(422, f"{name} is not valid")
            limit = int(value)
        async with self.slots:
            line = await self.take()
            if "items:read:all" in scopes:
                rows = await line.fetch(LIST_ANY, limit + 1)
            else:
                rows = await line.fetch(LIST_OWN, limit + 1, owner)
            self.free.append(line)
        cursor = None
        if len(rows) > limit:
            last = rows[limit - 1]
            micros = int(last["created_at"].timestamp() * 1_000_000)
            cursor = f"{micros & 0xFFFFFFFFFFFFFFFF:016x}{last['id'].hex}"
        page = {"data": [as_item(row) for row in rows[:limit]], "next_cursor": cursor}
        return 200, [(b"content-type", JSON), (b"vary", b"Accept-Encoding")], to_json(page)

    async def create(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        owner, _ = self.admit(headers, "items:write")
        if scope["query_string"]:
            raise Refused(422, "unknown query parameter")
        if headers.get(b"content-type") != JSON:
            raise Refused(415, "The body must be application/json.")
        try:
            new = NEW_ITEM.validate_json(await read(receive))
        except ValidationError as error:
            raise Refused(422, str(error)) from error
        now = datetime.now(UTC)
        values = (new.title, new.description, new.status, new.priority, new.tags, uuid7(), owner, now, now)
        async with self.slots:
            line = await self.take()
            await line.connection.execute("BEGIN")
            [row] = await line.fetch(CREATE, *values)
            body = to_json(as_item(row))
            await line.connection.execute("COMMIT")
            self.free.append(line)
        location = f"/api/v1/items/{row['id']}".encode()
        return 201, [(b"content-type", JSON), (b"location", location), (b"etag", b'"1"')], body

    async def take(self) -> Line:
        return self.free.pop() if self.free else Line(await asyncpg.connect(self.found.dsn))

    def admit(self, headers: dict[bytes, bytes], scope: str) -> tuple[UUID, frozenset[str]]:
        """The caller, by a token that is verified once."""
        value = headers.get(b"authorization", b"")
        if value[:7].lower() != b"bearer ":
            raise Refused(401, "This operation needs a credential.")
        digest = hashlib.sha256(value).digest()
        known = self.principals.get(digest)
        if known is None:
            try:
                claims = self.found.claims(value[7:].decode("latin-1"))
            except jwt.PyJWTError as error:
                raise Refused(401, "The credential is not valid.") from error
            known = UUID(claims["sub"]), frozenset(claims["scope"].split()), claims["exp"]
            if len(self.principals) >= 4096:
                self.principals.clear()
            self.principals[digest] = known
        owner, scopes, expires = known
        if expires <= time.time():
            raise Refused(401, "The credential is not valid.")
        if scope not in scopes:
            raise Refused(403, "The credential lacks a scope.")
        return owner, scopes


class Refused(Exception):
    """An answer that is a problem."""

    def __init__(self, status: int, detail: str) -> None:
        self.status = status
        self.detail = detail

    def body(self, request_id: str) -> bytes:
        return to_json({"type": "about:blank", "status": self.status, "detail": self.detail, "request_id": request_id})


def as_item(row: Any) -> dict[str, Any]:
    """An item as the contract writes it."""
    found = dict(row)
    del found["version"]
    found["created_at"] = found["created_at"].isoformat().replace("+00:00", "Z")
    found["updated_at"] = found["updated_at"].isoformat().replace("+00:00", "Z")
    return found


async def read(receive: Receive) -> bytes:
    """The body, within its limit."""
    chunks, size, more = [], 0, True
    while more:
        message = await receive()
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MAX_BODY:
            raise Refused(413, "The body is too large.")
        chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks)


async def lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


if __name__ == "__main__":
    around = surroundings()
    serve(Raw(around), around.port)
