"""The checks of this package, and their registration with Schemathesis."""

from __future__ import annotations

import schemathesis

from tallystick.checks.fuzz.bounds import BodyLimit, ClosedQuery, Negotiation
from tallystick.checks.fuzz.pages import PageContract
from tallystick.checks.fuzz.security import ForgedToken, PeerWrite, ScopeEnforcement
from tallystick.checks.fuzz.writes import GoneAfterDelete, Idempotency, ReadYourWrites, StaleEtag

CHECKS = (
    ScopeEnforcement,
    ForgedToken,
    Negotiation,
    BodyLimit,
    ClosedQuery,
    PeerWrite,
    PageContract,
    # Repetitions come before what changes the thing once more.
    Idempotency,
    StaleEtag,
    ReadYourWrites,
    GoneAfterDelete,
)


def register() -> None:
    """Make the checks known; each is configured by `[checks.<class name>]`."""
    for check in CHECKS:
        schemathesis.check(check)
