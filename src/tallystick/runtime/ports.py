"""What the run time needs from the product, as protocols; the product supplies what satisfies them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from tallystick.runtime.operation import RateLimit
from tallystick.runtime.reply import Reply


class Principal(Protocol):
    """Who calls: a stable subject, and what it was granted."""

    @property
    def subject(self) -> str: ...

    @property
    def scopes(self) -> frozenset[str]: ...


PrincipalT = TypeVar("PrincipalT", bound=Principal)
PrincipalT_co = TypeVar("PrincipalT_co", bound=Principal, covariant=True)


class TokenVerifier(Protocol[PrincipalT_co]):
    """Admits the bearer of a token or key: http bearer, apiKey, oauth2, openIdConnect."""

    async def verify(self, token: str) -> PrincipalT_co | None:
        """The caller this credential stands for; None if it is not valid (any reason)."""
        ...


class BasicVerifier(Protocol[PrincipalT_co]):
    """Admits a user name and password (RFC 7617)."""

    async def verify(self, username: str, password: str) -> PrincipalT_co | None:
        """The caller these credentials stand for; None if they are not valid (any reason)."""
        ...


@dataclass(frozen=True, slots=True)
class HttpCredential:
    """What a request shows for an HTTP authentication scheme (RFC 9110, section 11.4), and what a proof may cover.

    Attributes:
        parameters: what follows the scheme's name in `Authorization`, as it was sent.
        method: the request's method.
        target: path and query, percent-encoded as they were sent.
        header: gives the value of a header field by its lower-case name.
    """

    parameters: str
    method: str
    target: str
    header: Callable[[str], str | None]


class HttpVerifier(Protocol[PrincipalT_co]):
    """Admits by an HTTP scheme other than basic and bearer: digest, HMAC signatures, negotiate and the like."""

    def challenge(self) -> str:
        """The parameters that follow the scheme's name in `WWW-Authenticate`, such as a nonce; may be empty."""
        ...

    async def verify(self, credential: HttpCredential) -> PrincipalT_co | None:
        """The caller this credential stands for; None if it is not valid (any reason)."""
        ...


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """The certificate of a client, and those it came with, in DER; `name` is its subject (RFC 4514) where known."""

    der: bytes
    chain: tuple[bytes, ...] = ()
    name: str | None = None


class CertificateVerifier(Protocol[PrincipalT_co]):
    """Admits by mutual TLS. The handshake is over: this decides who the holder of the certificate is."""

    @property
    def header(self) -> str | None:
        """The field in which a proxy that ends TLS passes the certificate on, such as `Client-Cert` (RFC 9440).

        None: the server ends TLS itself and tells by the ASGI TLS extension. Name a field only behind a proxy that
        removes it from what clients send: whoever can set it is believed.
        """
        ...

    async def verify(self, certificate: ClientCertificate) -> PrincipalT_co | None:
        """The caller this certificate stands for; None if it is not valid (any reason)."""
        ...


@dataclass(frozen=True, slots=True)
class RateDecision:
    """Whether a request fits its limit: calls left in this window, whole seconds until it resets."""

    allowed: bool
    remaining: int
    reset_seconds: int


class RateLimiter(Protocol):
    """Counts requests against `x-rate-limit`."""

    async def hit(self, limit: RateLimit, operation_id: str, client: str) -> RateDecision:
        """Count one request of `client` and say whether it fits."""
        ...


class IdempotencyMismatch(Exception):
    """The key was used before with another request."""


class IdempotencyStore(Protocol):
    """Remembers the reply given under an `Idempotency-Key`, in the business transaction."""

    async def begin(self, owner: str, operation_id: str, key: str, fingerprint: bytes) -> Reply | None:
        """Claim the key, or give the reply stored under it; a concurrent duplicate waits for the first.

        Raises:
            IdempotencyMismatch: the key is known with another fingerprint.
        """
        ...

    async def store(self, reply: Reply) -> None:
        """Keep the reply under the claimed key; it becomes visible when the transaction commits."""
        ...
