"""Access tokens: JWTs signed with Ed25519 (RFC 8037, RFC 9068), verified without exception for any claim."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
from jwt.types import Options

from app.kit.clock import Clock
from app.kit.keys import ALGORITHM, TokenKey
from app.kit.principal import Principal, format_scopes

HEADER_TYPE = "at+jwt"
ACCESS = "access"
# Whoever sends more than this did not get it from us.
MAX_TOKEN_LENGTH = 4096
_OPTIONS: Options = {
    "require": ["exp", "iat", "nbf", "iss", "aud", "sub", "jti", "sid", "scope", "type"],
    "strict_aud": True,
    # Times are compared here, by our clock and as integers only.
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
}


class InvalidToken(Exception):
    """A token is refused. The reason is for the log; the caller is told nothing of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token as it is handed out."""

    value: str
    expires_in: int
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Verified:
    principal: Principal
    expires_at: int


class AccessTokens:
    """Issues and verifies access tokens.

    The first key signs, all of them verify: keys are changed by adding a new one in front and removing
    the old one when its last token has ended. The newest `remembered` verified tokens are not computed again.
    """

    def __init__(
        self,
        keys: Sequence[TokenKey],
        *,
        issuer: str,
        audience: str,
        lifetime: timedelta,
        clock: Clock,
        leeway: timedelta = timedelta(seconds=5),
        remembered: int = 4096,
    ) -> None:
        if not keys or keys[0].private is None:
            raise ValueError("the first token key must be a private key: it signs")
        self._signer, self._private = keys[0], keys[0].private
        self._keys = {key.kid: key for key in keys}
        self._issuer, self._audience = issuer, audience
        self._lifetime = int(lifetime.total_seconds())
        self._leeway = int(leeway.total_seconds())
        self._clock = clock
        self._remembered = remembered
        self._verified: dict[bytes, _Verified] = {}

    @property
    def longest_life(self) -> timedelta:
        """How long a token may be accepted after it was issued."""
        return timedelta(seconds=self._lifetime + self._leeway)

    def jwks(self) -> list[dict[str, str]]:
        """The public keys, the signing one first."""
        return [key.jwk() for key in self._keys.values()]

    def issue(self, principal: Principal) -> AccessToken:
        """Sign a token for this caller."""
        now = _seconds(self._clock.now())
        claims = {
            "type": ACCESS,
            "iss": self._issuer,
            "aud": self._audience,
            "sub": str(principal.user_id),
            "sid": str(principal.session_id),
            "jti": str(uuid4()),
            "scope": format_scopes(principal.scopes),
            "iat": now,
            "nbf": now,
            "exp": now + self._lifetime,
        }
        headers = {"kid": self._signer.kid, "typ": HEADER_TYPE}
        value = jwt.encode(claims, self._private, ALGORITHM, headers)
        return AccessToken(value, self._lifetime, principal.scopes)

    def verify(self, token: str) -> Principal:
        """The caller a token stands for.

        Raises:
            InvalidToken: for whatever reason.
        """
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        verified = self._verified.get(digest)
        if verified is None:
            verified = self._check(token)
            self._remember(digest, verified)
        elif verified.expires_at + self._leeway <= self._clock.now().timestamp():
            del self._verified[digest]
            raise InvalidToken("expired")
        return verified.principal

    def _remember(self, digest: bytes, verified: _Verified) -> None:
        if len(self._verified) >= self._remembered:
            del self._verified[next(iter(self._verified))]
        self._verified[digest] = verified

    def _check(self, token: str) -> _Verified:
        if len(token) > MAX_TOKEN_LENGTH or not token.isascii():
            raise InvalidToken("not a token of ours")
        try:
            claims = jwt.decode(
                token,
                self._key_of(token).public,
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                audience=self._audience,
                options=_OPTIONS,
            )
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise InvalidToken(str(error) or type(error).__name__) from error
        self._check_times(claims)
        return _Verified(_principal(claims), claims["exp"])

    def _key_of(self, token: str) -> TokenKey:
        header = jwt.get_unverified_header(token)
        if header.get("typ") != HEADER_TYPE:
            raise InvalidToken("header typ is another")
        kid = header.get("kid")
        key = self._keys.get(kid) if isinstance(kid, str) else None
        if key is None:
            raise InvalidToken("unknown key")
        return key

    def _check_times(self, claims: dict[str, Any]) -> None:
        if not all(type(claims[name]) is int for name in ("exp", "nbf", "iat")):
            raise InvalidToken("a time is not an integer")
        now = self._clock.now().timestamp()
        if claims["exp"] + self._leeway <= now:
            raise InvalidToken("expired")
        if max(claims["nbf"], claims["iat"]) > now + self._leeway:
            raise InvalidToken("not valid yet")
        if claims["exp"] - claims["iat"] > self._lifetime:
            raise InvalidToken("lives longer than ours do")


def _principal(claims: dict[str, Any]) -> Principal:
    if claims["type"] != ACCESS:
        raise InvalidToken("type is another")
    texts = [claims[name] for name in ("sub", "sid", "jti", "scope")]
    if not all(isinstance(text, str) for text in texts):
        raise InvalidToken("a claim is not a string")
    subject, session, token_id, scope = texts
    _uuid(token_id)
    return Principal(_uuid(subject), _uuid(session), frozenset(scope.split()))


def _uuid(text: str) -> UUID:
    try:
        value = UUID(text)
    except ValueError as error:
        raise InvalidToken("a claim is not a UUID") from error
    if str(value) != text:
        raise InvalidToken("a claim is not a UUID as we write it")
    return value


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
