"""One credential per security scheme, printed at start: whoever shows it may do everything."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tallystick.runtime.operation import Operation
from tallystick.runtime.ports import ClientCertificate, HttpCredential

USERNAME = "mock"
CERTIFICATE_HEADER = "Client-Cert"


@dataclass(frozen=True, slots=True)
class MockPrincipal:
    """Who shows a mock credential: with every scope that the contract names."""

    subject: str = "mock"
    scopes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Credential:
    """What has to be sent for one scheme; `text` says how, for people; `header` where it is one by name and value."""

    scheme: str
    kind: str
    secret: str
    text: str
    header: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class MockVerifier:
    """Admits who shows the secret, as a token or as the password of `mock`."""

    secret: str
    principal: MockPrincipal = field(default_factory=MockPrincipal)

    async def verify(self, *shown: str) -> MockPrincipal | None:
        """The caller; None for anything but the credential."""
        wanted = (self.secret,) if len(shown) == 1 else (USERNAME, self.secret)
        same = [_same(one.encode("utf-8", "replace"), two) for one, two in zip(shown, wanted, strict=True)]
        return self.principal if all(same) else None


@dataclass(frozen=True, slots=True)
class MockHttpVerifier:
    """Admits who shows the secret behind the name of an HTTP scheme, whatever that scheme would have computed."""

    secret: str
    principal: MockPrincipal = field(default_factory=MockPrincipal)

    def challenge(self) -> str:
        """What a client is told: nothing that it could compute with."""
        return 'realm="mock"'

    async def verify(self, credential: HttpCredential) -> MockPrincipal | None:
        """The caller; None for anything but the credential."""
        return self.principal if _same(credential.parameters.encode("utf-8", "replace"), self.secret) else None


@dataclass(frozen=True, slots=True)
class MockCertificateVerifier:
    """Admits who sends the secret where a proxy would pass a certificate on: the mock speaks no TLS."""

    secret: str
    principal: MockPrincipal = field(default_factory=MockPrincipal)
    header: str | None = CERTIFICATE_HEADER

    async def verify(self, certificate: ClientCertificate) -> MockPrincipal | None:
        """The caller; None for anything but the credential."""
        return self.principal if _same(certificate.der, self.secret) else None


def _same(shown: bytes, secret: str) -> bool:
    return hmac.compare_digest(shown, secret.encode())


def verifier(one: Credential, principal: MockPrincipal) -> MockVerifier | MockHttpVerifier | MockCertificateVerifier:
    """What admits a credential."""
    if one.kind == "http":
        return MockHttpVerifier(one.secret, principal)
    if one.kind == "mutualTLS":
        return MockCertificateVerifier(one.secret, principal)
    return MockVerifier(one.secret, principal)


def credentials(schemes: Mapping[str, Mapping[str, Any]], used: Iterable[str], seed: int) -> tuple[Credential, ...]:
    """The credentials of the schemes in use, the same for the same seed."""
    return tuple(_credential(name, schemes[name], seed) for name in used if name in schemes)


def _credential(name: str, scheme: Mapping[str, Any], seed: int) -> Credential:
    secret = "mock-" + hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()[:16]
    if scheme.get("type") == "apiKey":
        where = {"header": "header", "query": "query parameter", "cookie": "cookie"}[scheme["in"]]
        return Credential(name, "apiKey", secret, f"{where} {scheme['name']}: {secret}")
    if scheme.get("type") == "mutualTLS":
        shown = base64.b64encode(secret.encode()).decode()
        return Credential(
            name, "mutualTLS", secret, f"header {CERTIFICATE_HEADER}: :{shown}:", (CERTIFICATE_HEADER, f":{shown}:")
        )
    way = str(scheme.get("scheme", "")).lower()
    if scheme.get("type") == "http" and way == "basic":
        pair = base64.b64encode(f"{USERNAME}:{secret}".encode()).decode()
        text = f"user {USERNAME}, password {secret} (header Authorization: Basic {pair})"
        return Credential(name, "basic", secret, text)
    if scheme.get("type") == "http" and way != "bearer":
        return Credential(
            name, "http", secret, f"header Authorization: {way} {secret}", ("Authorization", f"{way} {secret}")
        )
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
