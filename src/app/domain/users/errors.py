"""What can go wrong with accounts."""

from __future__ import annotations


class UserNotFound(Exception):
    """No account has this id."""


class AccountGone(Exception):
    """The caller's own account was deleted meanwhile: the token stands for nobody."""


class EmailTaken(Exception):
    """Another account has this e-mail address."""

    pointer = "/email"


class WrongPassword(Exception):
    """The current password is not the one given."""

    pointer = "/current_password"


class LastAdministrator(Exception):
    """The account is the last active administrator, and has to stay one."""
