"""The one table from the errors of domains and stores to the problems that the contract declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.domain.auth.errors import IncompleteGrant, InvalidGrant, InvalidScope, UnsupportedGrantType
from app.domain.items.errors import ItemNotFound, OwnerGone, VersionMismatch
from app.domain.ops.errors import NotReady
from app.domain.ops.handlers import to_dependencies
from app.domain.sessions.errors import SessionNotFound
from app.domain.users.errors import AccountGone, EmailTaken, LastAdministrator, UserNotFound, WrongPassword
from app.kit.errors import DatabaseUnavailable, DataRejected
from app.kit.passwords import TooBusy
from generated import problems
from tallystick.runtime.problems import Kind, Location, Problem, Refusal, Violation

Make = Callable[[Any], Problem | Refusal]


def _body(error: EmailTaken | WrongPassword, code: str, message: str) -> list[Violation]:
    location: Location = "body"
    return [Violation(location, error.pointer, code, message)]


def _account_gone(_: AccountGone) -> Refusal:
    headers = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
    return Refusal(Kind.UNAUTHORIZED, "The account of this token was deleted.", headers=headers)


def _email_taken(error: EmailTaken) -> Problem:
    detail = "Another account has this e-mail address."
    return problems.EmailTaken(detail, errors=_body(error, "taken", detail))


def _wrong_password(error: WrongPassword) -> Problem:
    detail = "The current password is not the one given."
    return problems.WrongPassword(detail, errors=_body(error, "wrong", detail))


def _incomplete_grant(error: IncompleteGrant) -> Problem:
    message = "This grant needs this field."
    errors = [Violation("body", pointer, "missing", message) for pointer in error.pointers]
    return problems.InvalidRequest(str(error), errors=errors)


def _not_ready(error: NotReady) -> Problem:
    dependencies = to_dependencies(error.dependencies)
    return problems.NotReady(error.detail, dependencies=dependencies, headers={"Retry-After": "1"})


def _too_busy(_: TooBusy) -> Refusal:
    detail = "Too many sign-ins at once; try again in a moment."
    return Refusal(Kind.TOO_MANY_REQUESTS, detail, headers={"Retry-After": "1"})


def _unavailable(error: DatabaseUnavailable) -> Refusal:
    detail = "The database does not answer; try again later."
    return Refusal(Kind.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": str(error.retry_after)})


def _rejected(_: DataRejected) -> Refusal:
    """The second net: what got past the contract, but not into the database."""
    return Refusal(
        Kind.VALIDATION_FAILED,
        "The database cannot hold a value of this request.",
        errors=[Violation("body", "", "not_storable", "A value cannot be stored.")],
    )


PROBLEM_OF: Mapping[type[Exception], Make] = {
    AccountGone: _account_gone,
    DatabaseUnavailable: _unavailable,
    DataRejected: _rejected,
    EmailTaken: _email_taken,
    IncompleteGrant: _incomplete_grant,
    InvalidGrant: lambda error: problems.InvalidGrant(str(error)),
    InvalidScope: lambda error: problems.InvalidScope(f"Not to be had: {error}."),
    ItemNotFound: lambda _: problems.ItemNotFound("You have no item with this id."),
    LastAdministrator: lambda _: problems.LastAdministrator("The last active administrator has to stay one."),
    NotReady: _not_ready,
    OwnerGone: lambda _: problems.OwnerGone("Your account was deleted meanwhile."),
    SessionNotFound: lambda _: problems.SessionNotFound("You have no live session with this id."),
    TooBusy: _too_busy,
    UnsupportedGrantType: lambda error: problems.UnsupportedGrantType(str(error)),
    UserNotFound: lambda _: problems.UserNotFound("No account has this id."),
    VersionMismatch: lambda _: problems.PreconditionFailed(
        "If-Match names no current version of the item: read it again."
    ),
    WrongPassword: _wrong_password,
}


def translate(error: Exception) -> Problem | Refusal | None:
    """The problem that answers an error, by its class or the nearest base; None for one nobody foresaw."""
    for kind in type(error).__mro__:
        make = PROBLEM_OF.get(kind)
        if make is not None:
            return make(error)
    return None
