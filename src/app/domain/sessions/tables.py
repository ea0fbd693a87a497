"""Sessions, and the short memory of those that were ended."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.tables import Base


class SessionTable(Base):
    """One sign-in on one device."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    user_agent: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_used_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class RevocationTable(Base):
    """A session whose access tokens are refused, kept until the last of them has ended by itself.

    No foreign key: it outlives the session when a user is deleted.
    """

    __tablename__ = "revocations"

    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    revoked_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)


Index("ix_sessions_user_id_created_at_id", SessionTable.user_id, SessionTable.created_at, SessionTable.id)
Index("ix_sessions_expires_at", SessionTable.expires_at)
