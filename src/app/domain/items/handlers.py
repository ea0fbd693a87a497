"""Answers the operations tagged `items`."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from app.domain.items.repository import ItemFilter, ItemRow, Sort
from app.domain.items.service import ItemContent
from app.domain.items.tables import Status
from app.kit.etags import etag, parse_if_match, parse_if_none_match
from app.kit.principal import Principal
from app.server.dependencies import Items, Reader, Work
from generated import models
from generated.handlers import items as contract
from generated.responses.items import CreateItem201, GetItem200, GetItem304, ReplaceItem200, UpdateItem200


class ItemsHandlers(contract.ItemsHandlers[Principal]):
    """Translates between the contract and the service."""

    def __init__(self, items: Items, read: Reader, work: Work) -> None:
        self._items = items
        self._read = read
        self._work = work

    async def list_items(
        self,
        principal: Principal,
        *,
        limit: int = 20,
        cursor: str | None = None,
        sort: models.ItemSort | None = None,
        owner_id: UUID | None = None,
        status: models.ItemStatus | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        q: str | None = None,
        include_total: bool = False,
    ) -> models.ItemPage:
        """A page of the items that the caller can see."""
        wanted = ItemFilter(owner_id, None if status is None else Status(status), created_after, created_before, q)
        page = await self._items.list(
            self._read,
            principal,
            wanted,
            sort=Sort.NEWEST if sort is None else Sort(sort),
            limit=limit,
            cursor=cursor,
            include_total=include_total,
        )
        data = [_item(row) for row in page.rows]
        return models.ItemPage(data=data, next_cursor=page.next_cursor, total=page.total)

    async def create_item(
        self, principal: Principal, body: models.ItemCreate, *, idempotency_key: str | None = None
    ) -> CreateItem201:
        """A new item; the run time has looked after the key."""
        row = await self._items.create(self._work, principal, _content(body))
        return CreateItem201(body=_item(row), location=f"/api/v1/items/{row.id}", etag=etag(row.version))

    async def get_item(
        self, principal: Principal, item_id: UUID, *, if_none_match: str | None = None
    ) -> GetItem200 | GetItem304:
        """An item, unless the caller has its current version."""
        row = await self._items.get(self._read, principal, item_id)
        if if_none_match is not None and parse_if_none_match(if_none_match).admits(row.version):
            return GetItem304(etag=etag(row.version))
        return GetItem200(body=_item(row), etag=etag(row.version))

    async def replace_item(
        self, principal: Principal, item_id: UUID, body: models.ItemReplace, *, if_match: str
    ) -> ReplaceItem200:
        """The item with everything set anew."""
        expected = parse_if_match(if_match)
        row = await self._items.change(self._work, principal, item_id, expected, _content(body).columns())
        return ReplaceItem200(body=_item(row), etag=etag(row.version))

    async def update_item(
        self, principal: Principal, item_id: UUID, body: models.ItemPatch, *, if_match: str
    ) -> UpdateItem200:
        """The item with what was sent set anew."""
        row = await self._items.change(self._work, principal, item_id, parse_if_match(if_match), _change(body))
        return UpdateItem200(body=_item(row), etag=etag(row.version))

    async def delete_item(self, principal: Principal, item_id: UUID, *, if_match: str) -> None:
        """Nothing: the item is gone."""
        await self._items.delete(self._work, principal, item_id, parse_if_match(if_match))


def _item(row: ItemRow) -> models.Item:
    return models.Item(
        id=row.id,
        owner_id=row.owner_id,
        title=row.title,
        description=row.description,
        status=models.ItemStatus(row.status),
        priority=row.priority,
        tags=row.tags,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _content(body: models.ItemCreate | models.ItemReplace) -> ItemContent:
    return ItemContent(body.title, body.description, Status(body.status), body.priority, body.tags)


def _change(body: models.ItemPatch) -> dict[str, Any]:
    values = {name: getattr(body, name) for name in body.model_fields_set}
    if "status" in values:
        values["status"] = Status(values["status"])
    return values
