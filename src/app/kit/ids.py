"""Identifiers: UUID version 7 (RFC 9562, section 5.7), which sort by the time they were made."""

from __future__ import annotations

import secrets
import time
from uuid import UUID

NANOSECONDS_PER_MILLISECOND = 1_000_000
_VERSION = 0x7 << 76
_VARIANT = 0b10 << 62


def uuid7() -> UUID:
    """A new id; the 12 bits after the millisecond carry its fraction, so ids rarely step back."""
    milliseconds, rest = divmod(time.time_ns(), NANOSECONDS_PER_MILLISECOND)
    fraction = rest * 4096 // NANOSECONDS_PER_MILLISECOND
    timestamp = (milliseconds & 0xFFFF_FFFF_FFFF) << 80
    return UUID(int=timestamp | _VERSION | fraction << 64 | _VARIANT | secrets.randbits(62))
