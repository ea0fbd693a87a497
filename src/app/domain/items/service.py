"""Items: each with one owner, changed only by who has seen its current version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, NoReturn
from uuid import UUID

from app.domain.items import policy, repository
from app.domain.items.errors import ItemNotFound, OwnerGone, VersionMismatch
from app.domain.items.repository import ItemFilter, ItemRow, Sort
from app.domain.items.tables import Status
from app.kit.clock import Clock
from app.kit.db import ReadSession, UnitOfWork, WriteSession
from app.kit.errors import ConstraintViolated
from app.kit.etags import Expected
from app.kit.idempotency import forget_resource
from app.kit.ids import uuid7
from app.kit.pagination import Page, cut_page, decode_cursor
from app.kit.principal import Principal


@dataclass(frozen=True, slots=True)
class ItemContent:
    """All of an item that its owner can set."""

    title: str
    description: str | None = None
    status: Status = Status.DRAFT
    priority: int = 0
    tags: Sequence[str] = ()

    def columns(self) -> dict[str, Any]:
        """The values by column."""
        return asdict(self) | {"tags": list(self.tags)}


# The same columns, some of them: what is absent stays as it is.
ItemChange = Mapping[str, Any]


class ItemService:
    """What can be done with items."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def get(self, read: ReadSession, principal: Principal, item_id: UUID) -> ItemRow:
        """One item.

        Raises:
            ItemNotFound: the caller can see none with this id.
        """
        row = await repository.get(read, item_id, policy.readable_owner(principal))
        if row is None:
            raise ItemNotFound
        return row

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
        """The items that the caller can see."""
        owner = policy.readable_owner(principal)
        if owner is not None and wanted.owner_id not in (None, owner):
            return Page([], None, 0 if include_total else None)
        seen = replace(wanted, owner_id=wanted.owner_id or owner)
        after = None if cursor is None else decode_cursor(cursor)
        rows = await repository.page(read, seen, sort, limit + 1, after)
        total = await repository.count(read, seen) if include_total else None
        return cut_page(rows, limit, lambda row: row.position(sort), total)

    async def create(self, work: UnitOfWork, principal: Principal, content: ItemContent) -> ItemRow:
        """Create an item of the caller's.

        Raises:
            OwnerGone: the caller's account was deleted meanwhile.
        """
        now = self._clock.now()
        fixed = {"id": uuid7(), "owner_id": principal.user_id, "created_at": now, "updated_at": now}
        try:
            return await repository.create(await work.begin(), content.columns() | fixed)
        except ConstraintViolated as error:
            if error.constraint == repository.OWNER_CONSTRAINT:
                raise OwnerGone from error
            raise

    async def change(
        self, work: UnitOfWork, principal: Principal, item_id: UUID, expected: Expected, change: ItemChange
    ) -> ItemRow:
        """Set what is given of an item in one of the expected versions.

        Raises:
            ItemNotFound: the caller can change none with this id.
            VersionMismatch: it has another version now.
        """
        session = await work.begin()
        owner = policy.writable_owner(principal)
        values = dict(change) | {"updated_at": self._clock.now()}
        row = await repository.change(session, item_id, owner, expected, values)
        if row is None:
            await self._explain(session, item_id, owner)
        return row

    async def delete(self, work: UnitOfWork, principal: Principal, item_id: UUID, expected: Expected) -> None:
        """Delete an item in one of the expected versions.

        Raises:
            ItemNotFound: the caller can delete none with this id.
            VersionMismatch: it has another version now.
        """
        session = await work.begin()
        owner = policy.writable_owner(principal)
        if not await repository.remove(session, item_id, owner, expected):
            await self._explain(session, item_id, owner)
        await forget_resource(session, item_id)

    async def _explain(self, session: WriteSession, item_id: UUID, owner: UUID | None) -> NoReturn:
        """Nothing was changed: because the item is not there, or because it is there in another version."""
        if await repository.get(session, item_id, owner) is None:
            raise ItemNotFound
        raise VersionMismatch
