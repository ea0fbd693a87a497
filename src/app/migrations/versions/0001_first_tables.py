"""Users, sessions, refresh tokens, revocations, items, idempotency keys.

Revision: 0001
After: nothing
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0001"
down_revision: str | None = None
branch_labels: None = None
depends_on: None = None

SEARCH = (
    "(setweight(to_tsvector('simple'::regconfig, title), 'A'::\"char\")"
    " || setweight(to_tsvector('simple'::regconfig, COALESCE(description, ''::text)), 'B'::\"char\"))"
)


def upgrade() -> None:
    create_users()
    create_sessions()
    create_items()
    create_idempotency_keys()


def downgrade() -> None:
    for table in ("idempotency_keys", "items", "revocations", "refresh_tokens", "sessions", "users"):
        op.drop_table(table)


def create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("role", words("user", "moderator", "admin", name="role"), server_default="user", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        moment("created_at", default=True),
        moment("updated_at", default=True),
    )
    op.create_index("ix_users_created_at_id", "users", ["created_at", "id"])
    op.create_index(
        "uq_users_email_lower",
        "users",
        [sa.text("lower(email) text_pattern_ops")],
        unique=True,
    )


def create_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("user_agent", sa.Text(), nullable=True),
        moment("created_at", default=True),
        moment("last_used_at", default=True),
        moment("expires_at"),
        moment("revoked_at", nullable=True),
    )
    op.create_index("ix_sessions_user_id_created_at_id", "sessions", ["user_id", "created_at", "id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_table(
        "refresh_tokens",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("session_id", sa.Uuid(), sa.ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        moment("issued_at", default=True),
        moment("expires_at"),
        moment("used_at", nullable=True),
    )
    op.create_index("ix_refresh_tokens_session_id", "refresh_tokens", ["session_id"])
    op.create_table(
        "revocations",
        sa.Column("session_id", sa.Uuid(), primary_key=True),
        moment("revoked_at", default=True),
    )
    op.create_index("ix_revocations_revoked_at", "revocations", ["revoked_at"])


def create_items() -> None:
    statuses = words("draft", "active", "archived", name="status")
    op.create_table(
        "items",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("owner_id", sa.Uuid(), sa.ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("status", statuses, server_default="draft", nullable=False),
        sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        moment("created_at", default=True),
        moment("updated_at", default=True),
        sa.Column("search", postgresql.TSVECTOR(), sa.Computed(SEARCH, persisted=True), nullable=False),
    )
    for key in ("created_at", "updated_at", "priority"):
        op.create_index(f"ix_items_owner_id_{key}_id", "items", ["owner_id", key, "id"])
        op.create_index(f"ix_items_{key}_id", "items", [key, "id"])
    op.create_index("ix_items_search", "items", ["search"], postgresql_using="gin")


def create_idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", postgresql.JSONB(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("resource_id", sa.Uuid(), nullable=True),
        moment("created_at", default=True),
        sa.UniqueConstraint("owner", "operation", "key"),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])
    op.create_index("ix_idempotency_keys_resource_id", "idempotency_keys", ["resource_id"])


def moment(name: str, *, default: bool = False, nullable: bool = False) -> sa.Column[datetime]:
    server_default = sa.text("now()") if default else None
    return sa.Column(name, postgresql.TIMESTAMP(timezone=True), server_default=server_default, nullable=nullable)


def words(*values: str, name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)
