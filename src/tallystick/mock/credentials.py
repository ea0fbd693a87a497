"""One credential per security scheme, printed at start: whoever shows it may do everything."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tallystick.runtime.operation import Operation

USERNAME = "mock"


@dataclass(frozen=True, slots=True)
class MockPrincipal:
    """Who shows a mock credential: with every scope that the contract names."""

    subject: str = "mock"
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Credential:
    """What has to be sent for one scheme; `text` says how, for people."""

    scheme: str
    kind: str
    secret: str
    text: str


@dataclass(frozen=True, slots=True)
class MockVerifier:
    """Admits who shows the secret, as a token or as the password of `mock`."""

    secret: str
    principal: MockPrincipal = field(default_factory=MockPrincipal)

    async def verify(self, *shown: str) -> MockPrincipal | None:
        """The caller; None for anything but the credential."""
        wanted = (self.secret,) if len(shown) == 1 else (USERNAME, self.secret)
        same = [
            hmac.compare_digest(one.encode("utf-8", "replace"), two.encode())
            for one, two in zip(shown, wanted, strict=True)
        ]
        return self.principal if all(same) else None


def credentials(schemes: Mapping[str, Mapping[str, Any]], used: Iterable[str], seed: int) -> tuple[Credential, ...]:
    """The credentials of the schemes in use, the same for the same seed."""
    return tuple(_credential(name, schemes[name], seed) for name in used if name in schemes)


def _credential(name: str, scheme: Mapping[str, Any], seed: int) -> Credential:
    secret = "mock-" + hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()[:16]
    if scheme.get("type") == "apiKey":
        where = {"header": "header", "query": "query parameter", "cookie": "cookie"}[scheme["in"]]
        return Credential(name, "apiKey", secret, f"{where} {scheme['name']}: {secret}")
    if scheme.get("type") == "http" and str(scheme.get("scheme", "")).lower() == "basic":
        return Credential(name, "basic", secret, f"user {USERNAME}, password {secret}")
    return Credential(name, "bearer", secret, f"header Authorization: Bearer {secret}")


def all_scopes(operations: Iterable[Operation]) -> frozenset[str]:
    """Every scope or role that the contract asks for."""
    return frozenset(
        scope
        for operation in operations
        for alternative in operation.security
        for need in alternative
        for scope in need.scopes
    )
