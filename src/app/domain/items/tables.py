"""The table of items."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Computed, ForeignKey, Index, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.tables import Base, words


class Status(StrEnum):
    """Where an item stands."""

    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"


# Written as PostgreSQL prints it, so that migrations find no difference.
SEARCH = (
    "(setweight(to_tsvector('simple'::regconfig, title), 'A'::\"char\")"
    " || setweight(to_tsvector('simple'::regconfig, COALESCE(description, ''::text)), 'B'::\"char\"))"
)


class ItemTable(Base):
    """Things that users keep."""

    __tablename__ = "items"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    status: Mapped[Status] = mapped_column(words(Status, "status"), server_default=Status.DRAFT.value)
    priority: Mapped[int] = mapped_column(server_default=text("0"))
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    search: Mapped[str] = mapped_column(TSVECTOR, Computed(SEARCH, persisted=True))


# One index for each way to sort, for the lists of one owner and for the list of all.
for _key in (ItemTable.created_at, ItemTable.updated_at, ItemTable.priority):
    Index(f"ix_items_owner_id_{_key.key}_id", ItemTable.owner_id, _key, ItemTable.id)
    Index(f"ix_items_{_key.key}_id", _key, ItemTable.id)
Index("ix_items_search", ItemTable.search, postgresql_using="gin")
