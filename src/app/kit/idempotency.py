"""Replies remembered under an `Idempotency-Key`, in the transaction of what they report."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import LargeBinary, Text, UniqueConstraint, bindparam, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.clock import Clock
from app.kit.db import UnitOfWork, WriteSession
from app.kit.ids import uuid7
from app.kit.tables import Base, Moment
from tallystick.runtime.ports import IdempotencyMismatch
from tallystick.runtime.reply import Headers, Reply

LIFETIME = timedelta(hours=24)


class IdempotencyKeyTable(Base):
    """A key that a caller sent, what it stood for, and the reply it got; no status while the first is at work."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("owner", "operation", "key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(Text)
    operation: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None]
    headers: Mapped[list[list[str]] | None] = mapped_column(JSONB(none_as_null=True))
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    resource_id: Mapped[UUID | None] = mapped_column(index=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


_owned = (
    IdempotencyKeyTable.owner == bindparam("of_owner", type_=Text()),
    IdempotencyKeyTable.operation == bindparam("of_operation", type_=Text()),
    IdempotencyKeyTable.key == bindparam("of_key", type_=Text()),
)
_claim_new = insert(IdempotencyKeyTable)
# A concurrent duplicate waits here, on the unique index, until the first one's transaction has ended.
_claim = _claim_new.on_conflict_do_update(
    constraint="uq_idempotency_keys_owner_operation_key",
    set_={
        "id": _claim_new.excluded.id,
        "fingerprint": _claim_new.excluded.fingerprint,
        "created_at": _claim_new.excluded.created_at,
        "status": None,
        "headers": None,
        "body": None,
        "resource_id": None,
    },
    where=or_(
        IdempotencyKeyTable.created_at <= bindparam("expired", type_=Moment),
        IdempotencyKeyTable.status.is_(None),
    ),
).returning(IdempotencyKeyTable.id)
_known = select(
    IdempotencyKeyTable.fingerprint,
    IdempotencyKeyTable.status,
    IdempotencyKeyTable.headers,
    IdempotencyKeyTable.body,
).where(*_owned)
_kept = ("status", "headers", "body", "resource_id")
_keep = (
    update(IdempotencyKeyTable)
    .where(IdempotencyKeyTable.id == bindparam("claimed"))
    .values({name: bindparam(f"new_{name}", type_=IdempotencyKeyTable.__table__.c[name].type) for name in _kept})
)
_forget_resource = delete(IdempotencyKeyTable).where(IdempotencyKeyTable.resource_id == bindparam("resource"))
_forget_owner = delete(IdempotencyKeyTable).where(IdempotencyKeyTable.owner == bindparam("of_owner"))
_purge = delete(IdempotencyKeyTable).where(IdempotencyKeyTable.created_at <= bindparam("expired", type_=Moment))


class PostgresIdempotencyStore:
    """Remembers replies in the unit of work that they report on: both become durable, or neither.

    One store serves one request.
    """

    def __init__(self, work: UnitOfWork, clock: Clock) -> None:
        self._work = work
        self._clock = clock
        self._claimed: UUID | None = None

    async def begin(self, owner: str, operation_id: str, key: str, fingerprint: bytes) -> Reply | None:
        """Claim the key, or give the reply stored under it.

        Raises:
            IdempotencyMismatch: the key is known with another fingerprint.
        """
        session = await self._work.begin()
        now = self._clock.now()
        values = {
            "id": uuid7(),
            "owner": owner,
            "operation": operation_id,
            "key": key,
            "fingerprint": fingerprint,
            "created_at": now,
        }
        self._claimed = await session.scalar(_claim, values | {"expired": now - LIFETIME})
        if self._claimed is not None:
            return None
        names = {"of_owner": owner, "of_operation": operation_id, "of_key": key}
        known = await session.one_or_none(_known, names)
        if known is None:
            # Forgotten between the two statements, because its resource was deleted: the key is free again.
            return await self.begin(owner, operation_id, key, fingerprint)
        if known.fingerprint != fingerprint:
            raise IdempotencyMismatch
        return Reply(known.status, _to_headers(known.headers), known.body or b"")

    async def store(self, reply: Reply) -> None:
        """Keep the reply under the claimed key; it becomes visible when the transaction commits."""
        session = await self._work.begin()
        values = {
            "claimed": self._claimed,
            "new_status": reply.status,
            "new_headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in reply.headers],
            "new_body": reply.body,
            "new_resource_id": _resource(reply),
        }
        await session.execute(_keep, values)


async def forget_resource(session: WriteSession, resource_id: UUID) -> None:
    """Forget the replies that announce this resource: repeated, they would promise what is gone."""
    await session.execute(_forget_resource, {"resource": resource_id})


async def forget_owner(session: WriteSession, owner: str) -> None:
    """Forget everything that this caller's keys stand for."""
    await session.execute(_forget_owner, {"of_owner": owner})


async def forget_expired(session: WriteSession, now: datetime) -> int:
    """Forget the keys that are older than they are kept; how many."""
    return await session.execute(_purge, {"expired": now - LIFETIME})


def _to_headers(stored: list[list[str]] | None) -> Headers:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in stored or []]


def _resource(reply: Reply) -> UUID | None:
    """The id at the end of `Location`, if the reply announces a new resource."""
    location = reply.header(b"location") or b""
    try:
        return UUID(location.rpartition(b"/")[2].decode("ascii"))
    except ValueError:
        return None
