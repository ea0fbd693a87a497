"""What can go wrong below the domains.

StoreError
├── DatabaseUnavailable      it cannot be asked now; later it may
│   └── DatabaseBusy         it gave up waiting: for a lock, a connection, the statement's end
└── DataRejected             it cannot hold this value (range, encoding, syntax)
    └── ConstraintViolated   a constraint says no; `constraint` names it
"""


class StoreError(Exception):
    """Base of what the database reports."""


class DatabaseUnavailable(StoreError):
    """The database cannot be asked now; asking again after `retry_after` seconds may work."""

    retry_after = 5


class DatabaseBusy(DatabaseUnavailable):
    """The database or the pool gave up waiting; the transaction was not carried out."""

    retry_after = 1


class DataRejected(StoreError):
    """The database cannot hold this value."""


class ConstraintViolated(DataRejected):
    """A unique, foreign key, check or not-null constraint says no."""

    def __init__(self, message: str, constraint: str | None) -> None:
        super().__init__(message)
        self.constraint = constraint
