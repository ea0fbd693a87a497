"""How long an operation lives: `Deprecation` (RFC 9745) and `Sunset` (RFC 8594) on its answers.

The dates are those of `x-deprecated-since` and `x-sunset`, else the values that declared response headers of these
names have by `const` or `default`, on deprecated operations also by their first example.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from tallystick.generator.kinds import Schemas, resolve
from tallystick.spec.model import Operation

SINCE, SUNSET = "x-deprecated-since", "x-sunset"
_HEADERS = ("deprecation", "sunset")


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """Headers of every answer, and a sentence for people; both empty where nothing is said."""

    headers: tuple[tuple[str, str], ...]
    note: str


def lifecycle(operation: Operation, schemas: Schemas) -> Lifecycle:
    """What the contract says of an operation's end; its extensions are known to be dates."""
    since, sunset = moment(operation.extensions.get(SINCE)), moment(operation.extensions.get(SUNSET))
    found = dict(_declared(operation, schemas))
    if since is not None and operation.deprecated:
        found["deprecation"] = f"@{int(since.timestamp())}"
    if sunset is not None:
        found["sunset"] = format_datetime(sunset, usegmt=True)
    note = "Deprecated" if operation.deprecated else ""
    note += f" since {since.date()}" if since and operation.deprecated else ""
    if sunset is not None:
        note = f"{note}{', a' if note else 'A'}nswered until {sunset.date()}"
    return Lifecycle(tuple((name, found[name]) for name in _HEADERS if name in found), f"{note}." if note else "")


def moment(value: Any) -> datetime | None:
    """A date (its midnight, UTC) or a date-time of RFC 3339; None if it is neither."""
    if not isinstance(value, str) or len(value) < 10:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return None
    if len(value) == 10:
        return found.replace(tzinfo=UTC)
    return found.astimezone(UTC) if found.tzinfo is not None else None


def _declared(operation: Operation, schemas: Schemas) -> Iterator[tuple[str, str]]:
    """Values of declared headers; of a success's before those of errors, which say the same as a rule."""
    for response in sorted(operation.responses, key=lambda one: one.success):
        node = operation.node["responses"][response.status]
        for name, header in (node.get("headers") or {}).items():
            if name.lower() in _HEADERS:
                value = _value(header, schemas, example=operation.deprecated)
                if isinstance(value, str | int) and str(value).isascii() and str(value).isprintable():
                    yield name.lower(), str(value)


def _value(header: Mapping[str, Any], schemas: Schemas, *, example: bool) -> Any:
    own = header.get("schema")
    schema = {**resolve(own, schemas), **(own if isinstance(own, Mapping) else {})}
    for keyword in ("const", "default"):
        if keyword in schema:
            return schema[keyword]
    if not example:
        return None
    named: Mapping[str, Any] = next(iter((header.get("examples") or {}).values()), {})
    listed = schema.get("examples") or [None]
    return header.get("example", named.get("value", schema.get("example", listed[0])))
