"""Until when something deprecated works: `x-sunset`, a date or time as RFC 3339 writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from tallystick.checks.diff.views import View

SUNSET = "x-sunset"


def moment(value: Any) -> datetime | None:
    """The moment after which it may be gone; None for what is no date."""
    if not isinstance(value, str):
        return None
    try:
        if len(value) == len("2026-01-01"):
            return datetime.combine(date.fromisoformat(value), datetime.min.time(), UTC)
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def is_past(value: Any) -> bool:
    found = moment(value)
    return found is not None and found <= datetime.now(UTC)


def has_passed(view: View) -> bool:
    """Whether a schema was deprecated, and its sunset lies behind us."""
    return view.note("deprecated") is True and is_past(view.note(SUNSET))
