"""Callers that everybody knows, and verifiers that admit them."""

from __future__ import annotations

import hashlib
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field

from tallystick.runtime.ports import ClientCertificate, HttpCredential


@dataclass(frozen=True)
class Caller:
    subject: str
    scopes: frozenset[str] = field(default_factory=frozenset)


# By token, key or password.
CALLERS = {
    "reader": Caller("reader", frozenset({"read"})),
    "writer": Caller("writer", frozenset({"read", "write"})),
}


class SecretVerifier:
    """Admits who knows a token."""

    def __init__(self, callers: Mapping[str, Caller]) -> None:
        self._callers = callers

    async def verify(self, token: str) -> Caller | None:
        return self._callers.get(token)


class PasswordVerifier:
    """Admits who gives the same word as name and password."""

    def __init__(self, callers: Mapping[str, Caller]) -> None:
        self._callers = callers

    async def verify(self, username: str, password: str) -> Caller | None:
        return self._callers.get(username) if username == password else None


PEM = ssl.DER_cert_to_PEM_cert(b"writer")
"""The certificate of a caller: here it is nothing but the caller's name."""


class DigestVerifier:
    """Admits who proves to know a name, over the request's method and target."""

    def __init__(self, callers: Mapping[str, Caller]) -> None:
        self._callers = callers

    def challenge(self) -> str:
        return 'nonce="once"'

    async def verify(self, credential: HttpCredential) -> Caller | None:
        sent = dict(re.findall(r'(\w+)="([^"]*)"', credential.parameters))
        proof = f"{sent.get('username')}:once:{credential.method}:{credential.target}"
        is_proved = sent.get("response") == hashlib.sha256(proof.encode()).hexdigest()
        return self._callers.get(sent["username"]) if is_proved else None


class CertificateVerifier:
    """Admits whom a certificate names."""

    def __init__(self, callers: Mapping[str, Caller], header: str | None) -> None:
        self._callers = callers
        self.header = header

    async def verify(self, certificate: ClientCertificate) -> Caller | None:
        return self._callers.get(certificate.der.decode("latin-1"))
