"""Who may enter an operation: the contract's OR of AND, scopes, and the challenges of HTTP."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, Literal, Protocol
from urllib.parse import quote

from tallystick.runtime.call import Call
from tallystick.runtime.certificates import UnusableCertificate, client_certificate
from tallystick.runtime.operation import Requirement
from tallystick.runtime.ports import (
    BasicVerifier,
    CertificateVerifier,
    HttpCredential,
    HttpVerifier,
    PrincipalT,
    PrincipalT_co,
    TokenVerifier,
)
from tallystick.runtime.problems import Kind, Refusal

Absent = Literal["absent"]
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_QUOTABLE = " !#$%&'()*+,/:;<=>?@[]^`{|}~"


class Scheme(Protocol[PrincipalT_co]):
    """One security scheme of the contract, with the verifier that the product gave for it."""

    def challenge(self, scopes: tuple[str, ...], error: str | None = None) -> str:
        """What `WWW-Authenticate` says of it (RFC 9110, section 11.6.1): the scopes that an operation needs, and what
        was wrong with the credential that was sent (RFC 6750, section 3)."""
        ...

    async def authenticate(self, call: Call) -> PrincipalT_co | Absent | None:
        """The caller; None for a credential that is not valid; "absent" when none was sent."""
        ...


@dataclass(frozen=True, slots=True)
class BearerScheme(Generic[PrincipalT]):
    """http bearer, oauth2 and openIdConnect: a token in `Authorization` (RFC 6750)."""

    verifier: TokenVerifier[PrincipalT]

    def challenge(self, scopes: tuple[str, ...], error: str | None = None) -> str:
        """See `Scheme`."""
        # A role of OpenAPI 3.1 may hold what no scope may: it is not named then.
        sayable = bool(scopes) and all(_SCOPE.fullmatch(scope) for scope in scopes)
        parameters = [f'error="{error}"'] if error else []
        parameters += [f'scope="{" ".join(scopes)}"'] if sayable else []
        return f"Bearer {', '.join(parameters)}".rstrip()

    async def authenticate(self, call: Call) -> PrincipalT | Absent | None:
        """See `Scheme`."""
        token = _authorization(call, "bearer")
        return "absent" if token is None else await self.verifier.verify(token)


@dataclass(frozen=True, slots=True)
class BasicScheme(Generic[PrincipalT]):
    """http basic: user name and password (RFC 7617)."""

    verifier: BasicVerifier[PrincipalT]

    def challenge(self, scopes: tuple[str, ...], error: str | None = None) -> str:
        """See `Scheme`."""
        return 'Basic realm="api", charset="UTF-8"'

    async def authenticate(self, call: Call) -> PrincipalT | Absent | None:
        """See `Scheme`."""
        credential = _authorization(call, "basic")
        if credential is None:
            return "absent"
        pair = _user_and_password(credential)
        return None if pair is None else await self.verifier.verify(*pair)


@dataclass(frozen=True, slots=True)
class HttpScheme(Generic[PrincipalT]):
    """Any other http scheme, by its lower-case name."""

    verifier: HttpVerifier[PrincipalT]
    name: str

    def challenge(self, scopes: tuple[str, ...], error: str | None = None) -> str:
        """See `Scheme`."""
        return f"{self.name} {self.verifier.challenge()}".rstrip()

    async def authenticate(self, call: Call) -> PrincipalT | Absent | None:
        """See `Scheme`."""
        parameters = _authorization(call, self.name)
        if parameters is None:
            return "absent"
        target, query = call.scope["raw_path"].decode("latin-1"), call.query_string.decode("latin-1")
        target = f"{target}?{query}" if query else target
        return await self.verifier.verify(HttpCredential(parameters, call.scope["method"], target, call.header))


@dataclass(frozen=True, slots=True)
class CertificateScheme(Generic[PrincipalT]):
    """mutualTLS: the certificate of the client."""

    verifier: CertificateVerifier[PrincipalT]

    def challenge(self, scopes: tuple[str, ...], error: str | None = None) -> str:
        """No registered scheme exists for certificates; this one says what is asked for."""
        return "ClientCertificate"

    async def authenticate(self, call: Call) -> PrincipalT | Absent | None:
        """See `Scheme`."""
        try:
            certificate = client_certificate(call, self.verifier.header)
        except UnusableCertificate:
            return None
        return "absent" if certificate is None else await self.verifier.verify(certificate)


@dataclass(frozen=True, slots=True)
class ApiKeyScheme(Generic[PrincipalT]):
    """apiKey: a secret in a header, query parameter or cookie of the given name."""

    verifier: TokenVerifier[PrincipalT]
    location: Literal["header", "query", "cookie"]
    name: str

    def challenge(self, scopes: tuple[str, ...], error: str | None = None) -> str:
        """No registered scheme exists for API keys; this one names the parameter."""
        return f'ApiKey name="{quote(self.name, safe=_QUOTABLE)}"'

    async def authenticate(self, call: Call) -> PrincipalT | Absent | None:
        """See `Scheme`."""
        key = self._key(call)
        return "absent" if key is None else await self.verifier.verify(key)

    def _key(self, call: Call) -> str | None:
        if self.location == "header":
            return call.header(self.name.lower())
        if self.location == "query":
            pairs = call.query.by_name.get(self.name, ())
            return next((pair.text for pair in pairs), None)
        return next(iter(call.cookies.get(self.name, ())), None)


@dataclass(slots=True)
class _Attempts:
    """What was tried in vain: requirements whose credential is not valid, and the latest that lacks a scope."""

    presented: bool = False
    invalid: list[Requirement] = field(default_factory=list)
    lacking: Requirement | None = None


class Authenticator(Generic[PrincipalT]):
    """Finds the caller of an operation by the alternatives its contract declares."""

    def __init__(self, schemes: Mapping[str, Scheme[PrincipalT]]) -> None:
        self._schemes = schemes

    async def admit(self, call: Call) -> PrincipalT | None:
        """The principal by the first alternative that holds; None where anonymous callers are welcome.

        Raises:
            Refusal: 401 without a valid credential, 403 when a valid one lacks a scope.
        """
        security = call.operation.security
        if not security:
            return None
        attempts = _Attempts()
        for alternative in security:
            principal = await self._try(call, alternative, attempts)
            if principal is not None:
                return principal
        if attempts.lacking is not None:
            raise self._forbidden(attempts.lacking)
        if () in security and not attempts.presented:
            return None
        raise self._unauthorized(security, attempts)

    async def _try(self, call: Call, alternative: tuple[Requirement, ...], attempts: _Attempts) -> PrincipalT | None:
        """The principal of the first requirement, if all of them hold."""
        first: PrincipalT | None = None
        lacking: Requirement | None = None
        for requirement in alternative:
            found = await self._schemes[requirement.scheme].authenticate(call)
            if found == "absent":
                return None
            attempts.presented = True
            if found is None:
                attempts.invalid.append(requirement)
                return None
            if not found.scopes.issuperset(requirement.scopes):
                lacking = lacking or requirement
            first = first if first is not None else found
        if lacking is None:
            return first
        # Only a set whose every credential is valid fails for want of a scope.
        attempts.lacking = lacking
        return None

    def _unauthorized(self, security: Iterable[Iterable[Requirement]], attempts: _Attempts) -> Refusal:
        needs = dict.fromkeys(need for alternative in security for need in alternative)
        challenges = dict.fromkeys(self._challenges(needs, attempts))
        detail = "The credential is not valid." if attempts.presented else "This operation needs a credential."
        return Refusal(Kind.UNAUTHORIZED, detail, headers={"WWW-Authenticate": ", ".join(challenges)})

    def _challenges(self, needs: Iterable[Requirement], attempts: _Attempts) -> Iterator[str]:
        invalid = {need.scheme for need in attempts.invalid}
        for need in needs:
            # Tells a client to refresh its token instead of asking for a login.
            error = "invalid_token" if need.scheme in invalid else None
            yield self._schemes[need.scheme].challenge(need.scopes, error)

    def _forbidden(self, lacking: Requirement) -> Refusal:
        challenge = self._schemes[lacking.scheme].challenge(lacking.scopes, "insufficient_scope")
        detail = f"The credential lacks a scope of: {' '.join(lacking.scopes)}."
        return Refusal(Kind.FORBIDDEN, detail, headers={"WWW-Authenticate": challenge})


def _authorization(call: Call, scheme: str) -> str | None:
    value = call.header("authorization")
    if value is None:
        return None
    name, _, credential = value.strip().partition(" ")
    # Another scheme is no credential of this one: the caller may satisfy another alternative.
    return credential.strip() if name.lower() == scheme else None


def _user_and_password(credential: str) -> tuple[str, str] | None:
    try:
        text = base64.b64decode(credential, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    username, colon, password = text.partition(":")
    return (username, password) if colon else None
