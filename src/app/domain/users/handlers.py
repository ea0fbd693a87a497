"""Answers the operations tagged `users`: one's own account and sessions, and administration."""

from __future__ import annotations

from uuid import UUID

from app.domain.sessions.service import SessionRow
from app.domain.users.repository import UserFilter, UserRow
from app.domain.users.service import NewUser, UserChange
from app.kit.principal import Principal, Role
from app.server.dependencies import Reader, Sessions, Users, Work
from generated import models
from generated.handlers import users as contract
from generated.responses.users import CreateUser201


class UsersHandlers(contract.UsersHandlers[Principal]):
    """Translates between the contract and the services."""

    def __init__(self, users: Users, sessions: Sessions, read: Reader, work: Work) -> None:
        self._users = users
        self._sessions = sessions
        self._read = read
        self._work = work

    async def get_me(self, principal: Principal) -> models.User:
        """The caller's account."""
        return to_user(await self._users.get_own(self._read, principal))

    async def update_me(self, principal: Principal, body: models.MePatch) -> models.User:
        """The caller's account under its new name; the contract lets nothing else be changed."""
        assert body.display_name is not None, "the only property, of which there must be one"
        return to_user(await self._users.rename_own(self._work, principal, body.display_name))

    async def delete_me(self, principal: Principal) -> None:
        """Nothing: the account is gone."""
        await self._users.delete_own(self._work, principal)

    async def change_password(self, principal: Principal, body: models.PasswordChange) -> None:
        """Nothing: the new password holds."""
        current, new = body.current_password, body.new_password
        await self._users.change_password(self._read, self._work, principal, current, new)

    async def list_my_sessions(
        self, principal: Principal, *, limit: int = 20, cursor: str | None = None, include_total: bool = False
    ) -> models.SessionPage:
        """A page of the caller's live sessions."""
        page = await self._sessions.list(
            self._read, principal.user_id, limit=limit, cursor=cursor, include_total=include_total
        )
        data = [_session(row, principal) for row in page.rows]
        return models.SessionPage(data=data, next_cursor=page.next_cursor, total=page.total)

    async def revoke_my_session(self, principal: Principal, session_id: UUID) -> None:
        """Nothing: the session has ended."""
        await self._sessions.end_own(self._work, principal.user_id, session_id)

    async def list_users(
        self,
        principal: Principal,
        *,
        limit: int = 20,
        cursor: str | None = None,
        role: models.Role | None = None,
        is_active: bool | None = None,
        q: str | None = None,
        include_total: bool = False,
    ) -> models.UserPage:
        """A page of all accounts."""
        wanted = UserFilter(None if role is None else Role(role), is_active, q)
        page = await self._users.list(self._read, wanted, limit=limit, cursor=cursor, include_total=include_total)
        data = [to_user(row) for row in page.rows]
        return models.UserPage(data=data, next_cursor=page.next_cursor, total=page.total)

    async def create_user(self, principal: Principal, body: models.UserCreate) -> CreateUser201:
        """A new account."""
        new = NewUser(body.email, body.password, body.display_name, Role(body.role), body.is_active)
        row = await self._users.create(self._work, new, patient=True)
        return CreateUser201(body=to_user(row), location=f"/api/v1/users/{row.id}")

    async def get_user(self, principal: Principal, user_id: UUID) -> models.User:
        """Any account."""
        return to_user(await self._users.get(self._read, user_id))

    async def update_user(self, principal: Principal, user_id: UUID, body: models.UserPatch) -> models.User:
        """The account as it is now."""
        role = None if body.role is None else Role(body.role)
        change = UserChange(body.email, body.display_name, role, body.is_active)
        return to_user(await self._users.administrate(self._work, user_id, change))

    async def delete_user(self, principal: Principal, user_id: UUID) -> None:
        """Nothing: the account is gone."""
        await self._users.delete(self._work, user_id)


def to_user(row: UserRow) -> models.User:
    """An account as the contract shows it."""
    return models.User(
        id=row.id,
        email=row.email,
        display_name=row.display_name,
        role=models.Role(row.role),
        is_active=row.is_active,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _session(row: SessionRow, principal: Principal) -> models.Session:
    return models.Session(
        id=row.id,
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        expires_at=row.expires_at,
        user_agent=row.user_agent,
        current=row.id == principal.session_id,
    )
