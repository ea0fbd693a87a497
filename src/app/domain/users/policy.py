"""What may not happen to accounts, whoever asks.

Who may ask at all is in the contract: the operations on one's own account take the id from the token, the others
need the scopes `users:read` and `users:write`.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from app.domain.users.errors import LastAdministrator
from app.domain.users.repository import UserRow
from app.kit.principal import Role


def keep_an_administrator(affected: UUID, locked: Sequence[UserRow]) -> None:
    """Refuse to take the office from the last active administrator.

    `locked` must hold every active administrator under lock, or two of them could remove each other at once.

    Raises:
        LastAdministrator: `affected` is the only one.
    """
    administrators = {row.id for row in locked if is_administrator(row)}
    if administrators == {affected}:
        raise LastAdministrator


def is_administrator(row: UserRow) -> bool:
    """Whether this account can administrate right now."""
    return row.is_active and row.role is Role.ADMIN
