"""Refresh tokens as they are handed out: the id of their row, a dot, a secret of 256 bits."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from uuid import UUID

from app.kit.ids import uuid7

_TOKEN = re.compile(r"([0-9a-f]{32})\.([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """An opaque token. The secret is random, so that one fast hash keeps it safe at rest."""

    id: UUID
    secret: str = field(repr=False)

    @staticmethod
    def new() -> RefreshToken:
        """A token that nobody knows yet."""
        return RefreshToken(uuid7(), secrets.token_urlsafe(32))

    @staticmethod
    def parse(text: str) -> RefreshToken | None:
        """Read a token; None if it is none of ours."""
        match = _TOKEN.fullmatch(text)
        return None if match is None else RefreshToken(UUID(hex=match[1]), match[2])

    @property
    def hash(self) -> bytes:
        """What is stored of it."""
        return hashlib.sha256(self.secret.encode("ascii")).digest()

    def matches(self, stored: bytes) -> bool:
        """Compare with what was stored, in constant time."""
        return hmac.compare_digest(self.hash, stored)

    def __str__(self) -> str:
        return f"{self.id.hex}.{self.secret}"
