"""Accounts: one's own, and all of them for administrators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.domain.sessions.service import SessionService
from app.domain.users import policy, repository
from app.domain.users.errors import AccountGone, EmailTaken, UserNotFound, WrongPassword
from app.domain.users.repository import UserFilter, UserRow
from app.kit.clock import Clock
from app.kit.db import ReadSession, UnitOfWork, WriteSession
from app.kit.errors import ConstraintViolated
from app.kit.idempotency import forget_owner
from app.kit.ids import uuid7
from app.kit.pagination import Page, Position, cut_page, decode_cursor, to_microseconds
from app.kit.passwords import PasswordHasher
from app.kit.principal import Principal, Role


@dataclass(frozen=True, slots=True)
class NewUser:
    """What an account begins with."""

    email: str
    password: str
    display_name: str
    role: Role = Role.USER
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class UserChange:
    """What to change in an account; None stays as it is."""

    email: str | None = None
    display_name: str | None = None
    role: Role | None = None
    is_active: bool | None = None

    def columns(self) -> dict[str, Any]:
        """The new values by column."""
        values = {
            "email": self.email,
            "display_name": self.display_name,
            "role": self.role,
            "is_active": self.is_active,
        }
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class VerifiedPassword:
    """A password was right for this account while it had this hash; `renewed_hash` if that should be replaced."""

    user_id: UUID
    password_hash: str
    renewed_hash: str | None


class UserService:
    """What can be done with accounts."""

    def __init__(self, clock: Clock, passwords: PasswordHasher, sessions: SessionService) -> None:
        self._clock = clock
        self._passwords = passwords
        self._sessions = sessions

    async def get(self, read: ReadSession, user_id: UUID) -> UserRow:
        """One account.

        Raises:
            UserNotFound: no account has this id.
        """
        return _found(await repository.get(read, user_id))

    async def get_own(self, read: ReadSession, principal: Principal) -> UserRow:
        """The caller's account.

        Raises:
            AccountGone: it was deleted.
        """
        return _own(await repository.get(read, principal.user_id))

    async def list(
        self,
        read: ReadSession,
        wanted: UserFilter,
        *,
        limit: int,
        cursor: str | None = None,
        include_total: bool = False,
    ) -> Page[UserRow]:
        """Accounts, the newest first."""
        after = None if cursor is None else decode_cursor(cursor)
        rows = await repository.page(read, wanted, limit + 1, after)
        total = await repository.count(read, wanted) if include_total else None
        return cut_page(rows, limit, lambda row: Position(to_microseconds(row.created_at), row.id), total)

    async def create(self, work: UnitOfWork, new: NewUser, *, patient: bool = False) -> UserRow:
        """Open an account; `patient` waits for its turn even when many passwords wait to be hashed.

        Raises:
            EmailTaken: another account has this address.
            TooBusy: too many passwords wait to be hashed.
        """
        password_hash = await self._passwords.hash(new.password, patient=patient)
        now = self._clock.now()
        values = {
            "id": uuid7(),
            "email": new.email,
            "display_name": new.display_name,
            "password_hash": password_hash,
            "role": new.role,
            "is_active": new.is_active,
            "created_at": now,
            "updated_at": now,
        }
        row = await repository.create(await work.begin(), values)
        if row is None:
            raise EmailTaken
        return row

    async def rename_own(self, work: UnitOfWork, principal: Principal, display_name: str) -> UserRow:
        """Change what others call the caller.

        Raises:
            AccountGone: the account was deleted.
        """
        return _own(await self._write(await work.begin(), principal.user_id, {"display_name": display_name}))

    async def administrate(self, work: UnitOfWork, user_id: UUID, change: UserChange) -> UserRow:
        """Change an account as an administrator; its sessions end if its role changes or it is deactivated.

        Raises:
            UserNotFound: no account has this id.
            EmailTaken: another account has this address.
            LastAdministrator: no active administrator would be left.
        """
        session = await work.begin()
        locked = await repository.lock_with_administrators(session, user_id)
        before = _found(next((row for row in locked if row.id == user_id), None))
        after = _found(await self._write(session, user_id, change.columns()))
        if policy.is_administrator(before) and not policy.is_administrator(after):
            policy.keep_an_administrator(user_id, locked)
        if after.role is not before.role or (before.is_active and not after.is_active):
            await self._sessions.end_all(work, user_id)
        return after

    async def delete(self, work: UnitOfWork, user_id: UUID) -> None:
        """Delete an account with its items and sessions.

        Raises:
            UserNotFound: no account has this id.
            LastAdministrator: no active administrator would be left.
        """
        session = await work.begin()
        locked = await repository.lock_with_administrators(session, user_id)
        _found(next((row for row in locked if row.id == user_id), None))
        policy.keep_an_administrator(user_id, locked)
        await self._sessions.end_all(work, user_id)
        await forget_owner(session, str(user_id))
        await repository.remove(session, user_id)

    async def delete_own(self, work: UnitOfWork, principal: Principal) -> None:
        """Delete the caller's account with its items and sessions.

        Raises:
            AccountGone: it is deleted already.
            LastAdministrator: no active administrator would be left.
        """
        try:
            await self.delete(work, principal.user_id)
        except UserNotFound as error:
            raise AccountGone from error

    async def change_password(
        self, read: ReadSession, work: UnitOfWork, principal: Principal, current: str, new: str
    ) -> None:
        """Change one's password; every other session of the account ends.

        Raises:
            AccountGone: the account was deleted.
            WrongPassword: the current one is another.
            TooBusy: too many passwords wait to be hashed.
        """
        known = await repository.credentials(read, principal.user_id)
        if known is None:
            raise AccountGone
        if not (await self._passwords.verify(current, known.password_hash)).matches:
            raise WrongPassword
        password_hash = await self._passwords.hash(new)
        session = await work.begin()
        held = await repository.hold(session, principal.user_id, to_change=True)
        if held is None or held.password_hash != known.password_hash:
            # Somebody was faster: what was verified above is no longer the current password.
            raise WrongPassword
        await self._write(session, principal.user_id, {"password_hash": password_hash})
        await self._sessions.end_all(work, principal.user_id, but=principal.session_id)

    async def verify_password(self, read: ReadSession, email: str, password: str) -> VerifiedPassword | None:
        """The active account with this address and password, or None after the same time.

        Raises:
            TooBusy: too many passwords wait to be hashed.
        """
        known = await repository.credentials_by_email(read, email)
        verdict = await self._passwords.verify(password, None if known is None else known.password_hash)
        if known is None or not verdict.matches or not known.is_active:
            return None
        renewed = await self._passwords.hash(password) if verdict.outdated else None
        return VerifiedPassword(known.id, known.password_hash, renewed)

    async def admit(self, session: WriteSession, verified: VerifiedPassword) -> Role | None:
        """Hold the account until the transaction ends, and tell its role.

        None if it is not active, or is no longer the one whose password was verified. Holding it makes whoever
        deactivates it meanwhile wait, and then end the session that begins here too.
        """
        held = await repository.hold(session, verified.user_id, to_change=verified.renewed_hash is not None)
        if held is None or not held.is_active or held.password_hash != verified.password_hash:
            return None
        if verified.renewed_hash is not None:
            await repository.change(session, held.id, {"password_hash": verified.renewed_hash})
        return held.role

    async def role_of(self, session: WriteSession, user_id: UUID) -> Role | None:
        """The role of an active account; None if it is not active or not there."""
        known = await repository.credentials(session, user_id)
        return known.role if known is not None and known.is_active else None

    async def _write(self, session: WriteSession, user_id: UUID, columns: dict[str, Any]) -> UserRow | None:
        values = columns | {"updated_at": self._clock.now()}
        try:
            return await repository.change(session, user_id, values)
        except ConstraintViolated as error:
            if error.constraint == repository.EMAIL_CONSTRAINT:
                raise EmailTaken from error
            raise


def _found(row: UserRow | None) -> UserRow:
    if row is None:
        raise UserNotFound
    return row


def _own(row: UserRow | None) -> UserRow:
    if row is None:
        raise AccountGone
    return row
