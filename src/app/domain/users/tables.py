"""The table of users."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.principal import Role
from app.kit.tables import Base, words


class UserTable(Base):
    """People who may log in."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(Text)
    display_name: Mapped[str] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    role: Mapped[Role] = mapped_column(words(Role, "role"), server_default=Role.USER.value)
    is_active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


# One address, one account, however it is written; the operator class lets a search by prefix use it too.
UNIQUE_EMAIL = Index(
    "uq_users_email_lower",
    func.lower(UserTable.email).label("email_lower"),
    unique=True,
    postgresql_ops={"email_lower": "text_pattern_ops"},
)
Index("ix_users_created_at_id", UserTable.created_at, UserTable.id)
