"""Who may enter an operation: the contract's OR of AND, scopes, rate limit, and the header rules of HTTP."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, Literal, Protocol

from tallystick.runtime.call import Call
from tallystick.runtime.operation import Requirement
from tallystick.runtime.ports import BasicVerifier, PrincipalT, PrincipalT_co, TokenVerifier
from tallystick.runtime.problems import Kind, Refusal

Absent = Literal["absent"]


class Scheme(Protocol[PrincipalT_co]):
    """One security scheme of the contract, with the verifier that the product gave for it."""

    @property
    def challenge(self) -> str:
        """What `WWW-Authenticate` names (RFC 9110, section 11.6.1)."""
        ...

    async def authenticate(self, call: Call) -> PrincipalT_co | Absent | None:
        """The caller; None for a credential that is not valid; "absent" when none was sent."""
        ...


@dataclass(frozen=True, slots=True)
class BearerScheme(Generic[PrincipalT]):
    """http bearer, oauth2 and openIdConnect: a token in `Authorization` (RFC 6750)."""

    verifier: TokenVerifier[PrincipalT]
    challenge: str = "Bearer"

    async def authenticate(self, call: Call) -> PrincipalT | Absent | None:
        """See `Scheme`."""
        token = _authorization(call, "bearer")
        return "absent" if token is None else await self.verifier.verify(token)


@dataclass(frozen=True, slots=True)
class BasicScheme(Generic[PrincipalT]):
    """http basic: user name and password (RFC 7617)."""

    verifier: BasicVerifier[PrincipalT]
    challenge: str = 'Basic realm="api", charset="UTF-8"'

    async def authenticate(self, call: Call) -> PrincipalT | Absent | None:
        """See `Scheme`."""
        credential = _authorization(call, "basic")
        if credential is None:
            return "absent"
        pair = _user_and_password(credential)
        return None if pair is None else await self.verifier.verify(*pair)


@dataclass(frozen=True, slots=True)
class ApiKeyScheme(Generic[PrincipalT]):
    """apiKey: a secret in a header, query parameter or cookie of the given name."""

    verifier: TokenVerifier[PrincipalT]
    location: Literal["header", "query", "cookie"]
    name: str

    @property
    def challenge(self) -> str:
        """No registered scheme exists for API keys; this one names the parameter."""
        return f'ApiKey name="{self.name}"'

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
        missing: tuple[str, ...] | None = None
        presented = False
        for alternative in security:
            principal, tried, lacking = await self._try(call, alternative)
            presented = presented or tried
            if lacking is not None:
                missing = lacking
            elif principal is not None:
                return principal
        if missing is not None:
            raise self._forbidden(missing)
        if () in security and not presented:
            return None
        raise self._unauthorized(call, presented)

    async def _try(
        self, call: Call, alternative: tuple[Requirement, ...]
    ) -> tuple[PrincipalT | None, bool, tuple[str, ...] | None]:
        """The principal if all requirements hold; whether a credential was sent; the scopes that lack."""
        first: PrincipalT | None = None
        presented = False
        for requirement in alternative:
            found = await self._schemes[requirement.scheme].authenticate(call)
            if found == "absent":
                return None, presented, None
            presented = True
            if found is None:
                return None, True, None
            lacking = tuple(scope for scope in requirement.scopes if scope not in found.scopes)
            if lacking:
                return None, True, lacking
            first = first if first is not None else found
        return first, presented, None

    def _unauthorized(self, call: Call, presented: bool) -> Refusal:
        names = dict.fromkeys(need.scheme for alternative in call.operation.security for need in alternative)
        challenges = dict.fromkeys(self._schemes[name].challenge for name in names)
        if presented:
            # RFC 6750, section 3.1: tells a client to refresh instead of asking for a login.
            challenges = {c + ' error="invalid_token"' if c == "Bearer" else c: None for c in challenges}
        detail = "The credential is not valid." if presented else "This operation needs a credential."
        return Refusal(Kind.UNAUTHORIZED, detail, headers={"WWW-Authenticate": ", ".join(challenges)})

    def _forbidden(self, missing: tuple[str, ...]) -> Refusal:
        scopes = " ".join(missing)
        challenge = f'Bearer error="insufficient_scope", scope="{scopes}"'
        return Refusal(Kind.FORBIDDEN, f"The credential lacks: {scopes}.", headers={"WWW-Authenticate": challenge})


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
