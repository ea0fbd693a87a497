"""What SQLAlchemy and asyncpg raise, as the few errors that mean something above."""

import asyncpg
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app.kit.errors import ConstraintViolated, DatabaseBusy, DatabaseUnavailable, DataRejected

# SQLSTATE classes and codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
_DATA_EXCEPTION = "22"
_CONSTRAINT = "23"
_UNAVAILABLE = ("08", "53", "57P", "58", "28", "3D000", "25006", "0A000")
_BUSY = ("40001", "40P01", "55P03", "57014", "25P03")

# What a statement, a connection attempt or a commit may raise.
DRIVER_ERRORS = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


def translate(error: Exception) -> Exception:
    """The error to raise in place of this one; the same one where it is a fault of the program."""
    if isinstance(error, PoolTimeout | TimeoutError):
        return DatabaseBusy("no free connection in time")
    if isinstance(error, OSError):
        return DatabaseUnavailable("cannot connect")
    if isinstance(error, DBAPIError):
        known = _meaning(error.orig.__cause__ if error.orig is not None else None)
        if known is None and isinstance(error, IntegrityError):
            return ConstraintViolated("", None)
        lost = DatabaseUnavailable("the connection was lost") if error.connection_invalidated else None
        return known or lost or error
    if isinstance(error, SQLAlchemyError):
        return error
    return _meaning(error) or error


def _meaning(cause: BaseException | None) -> Exception | None:
    """What an error of the driver means; None if nobody above can do anything about it."""
    state: str = getattr(cause, "sqlstate", None) or ""
    if state.startswith(_CONSTRAINT):
        return ConstraintViolated(state, getattr(cause, "constraint_name", None))
    # A value that the driver cannot even encode for the column's type never reached the server.
    if state.startswith(_DATA_EXCEPTION) or isinstance(cause, asyncpg.DataError):
        return DataRejected(state or "the value does not fit the column's type")
    if state.startswith(_BUSY):
        return DatabaseBusy(state)
    lost = isinstance(cause, OSError | asyncpg.InterfaceError | asyncpg.PostgresConnectionError)
    if lost or state.startswith(_UNAVAILABLE):
        return DatabaseUnavailable(state or "the connection was lost")
    return None
