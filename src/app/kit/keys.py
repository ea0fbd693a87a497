"""The Ed25519 keys of access tokens: read from settings as JSON Web Keys or PEM, published as a JWK set."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

ALGORITHM = "EdDSA"
CURVE = "Ed25519"
# What the published document promises of itself.
MAX_KEYS = 10
_KID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class KeyFormatError(Exception):
    """The text holds no key that tokens can be signed or verified with; the message says why, without the text."""


@dataclass(frozen=True)
class TokenKey:
    """A key under its id; without the private half it can only verify."""

    kid: str
    public: Ed25519PublicKey
    private: Ed25519PrivateKey | None = None

    @staticmethod
    def generate(kid_prefix: str = "") -> TokenKey:
        """A new pair, named by its thumbprint (RFC 7638) behind the prefix."""
        private = Ed25519PrivateKey.generate()
        public = private.public_key()
        return TokenKey(kid_prefix + thumbprint(public), public, private)

    def jwk(self) -> dict[str, str]:
        """The public half, as it is published."""
        return _members(self.public) | {"kid": self.kid, "alg": ALGORITHM, "use": "sig"}

    def private_jwk(self) -> dict[str, str]:
        """Both halves, as they are kept.

        Raises:
            ValueError: there is no private half.
        """
        if self.private is None:
            raise ValueError(f"key {self.kid} has no private half")
        raw = self.private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        return self.jwk() | {"d": _base64url(raw)}


def read_keys(text: str) -> tuple[TokenKey, ...]:
    """Read a JWK set, one JWK, or one PEM; the first key must have its private half: it signs.

    Raises:
        KeyFormatError: the text is none of them, or holds another kind of key, or the same id twice.
    """
    keys = _read_pem(text) if text.lstrip().startswith("-----BEGIN") else _read_json(text)
    if not keys or keys[0].private is None:
        raise KeyFormatError("the first key must be a private key: it signs")
    if len(keys) > MAX_KEYS:
        raise KeyFormatError(f"more than {MAX_KEYS} keys")
    if len({key.kid for key in keys}) != len(keys):
        raise KeyFormatError("two keys have the same kid")
    return keys


def thumbprint(public: Ed25519PublicKey) -> str:
    """The id that follows from the key itself (RFC 7638)."""
    canonical = json.dumps(_members(public), sort_keys=True, separators=(",", ":"))
    return _base64url(hashlib.sha256(canonical.encode("ascii")).digest())


def _read_pem(text: str) -> tuple[TokenKey, ...]:
    private: object = None
    try:
        if "PRIVATE KEY-----" in text:
            private = load_pem_private_key(text.encode(), password=None)
            public: object = private.public_key() if isinstance(private, Ed25519PrivateKey) else None
        else:
            public = load_pem_public_key(text.encode())
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFormatError("the PEM cannot be read, or is encrypted") from error
    if not isinstance(public, Ed25519PublicKey):
        raise KeyFormatError("the PEM holds no Ed25519 key")
    return (TokenKey(thumbprint(public), public, private if isinstance(private, Ed25519PrivateKey) else None),)


def _read_json(text: str) -> tuple[TokenKey, ...]:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise KeyFormatError("neither JSON nor PEM") from error
    if isinstance(document, dict) and isinstance(document.get("keys"), list):
        return tuple(_read_jwk(jwk) for jwk in document["keys"])
    return (_read_jwk(document),)


def _read_jwk(jwk: Any) -> TokenKey:
    if not isinstance(jwk, dict) or jwk.get("kty") != "OKP" or jwk.get("crv") != CURVE:
        raise KeyFormatError("a JWK is not an Ed25519 key (kty OKP, crv Ed25519)")
    try:
        private = Ed25519PrivateKey.from_private_bytes(_raw(jwk["d"])) if "d" in jwk else None
        public = Ed25519PublicKey.from_public_bytes(_raw(jwk["x"])) if "x" in jwk else None
    except (ValueError, binascii.Error) as error:
        raise KeyFormatError("a JWK has a member that is not 32 bytes in base64url") from error
    if private is not None:
        derived = private.public_key()
        if public is not None and public != derived:
            raise KeyFormatError("the halves of a JWK do not belong together")
        public = derived
    if public is None:
        raise KeyFormatError("a JWK has neither d nor x")
    kid = jwk.get("kid") or thumbprint(public)
    if not isinstance(kid, str) or not _KID.fullmatch(kid):
        raise KeyFormatError("the kid of a JWK is not 1 to 64 letters, digits, hyphens or underscores")
    return TokenKey(kid, public, private)


def _members(public: Ed25519PublicKey) -> dict[str, str]:
    return {"crv": CURVE, "kty": "OKP", "x": _base64url(public.public_bytes(Encoding.Raw, PublicFormat.Raw))}


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _raw(text: Any) -> bytes:
    if not isinstance(text, str):
        raise ValueError("not a string")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
