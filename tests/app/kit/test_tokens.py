"""Access tokens: whatever is not exactly ours is refused, for one reason each."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from app.kit.clock import ManualClock
from app.kit.keys import TokenKey
from app.kit.principal import Principal
from app.kit.tokens import AccessTokens, InvalidToken

KEY = TokenKey.generate()
OTHER_KEY = TokenKey.generate()
PRINCIPAL = Principal(uuid4(), uuid4(), frozenset({"items:read", "me:read"}))
LIFETIME = timedelta(minutes=15)

Claims = dict[str, Any]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def tokens_of(*keys: TokenKey, clock: ManualClock, **options: Any) -> AccessTokens:
    settings: dict[str, Any] = {"issuer": "us", "audience": "api", "lifetime": LIFETIME} | options
    return AccessTokens(keys, clock=clock, **settings)


@pytest.fixture
def tokens(clock: ManualClock) -> AccessTokens:
    return tokens_of(KEY, clock=clock)


def forge(
    tokens: AccessTokens, *, key: TokenKey = KEY, header: Claims | None = None, changes: Claims | None = None
) -> str:
    """A token of ours with claims or header members changed (None removes), signed anew."""
    value = tokens.issue(PRINCIPAL).value
    claims: Claims = jwt.decode(value, options={"verify_signature": False})
    claims |= changes or {}
    members: Claims = jwt.get_unverified_header(value) | (header or {})
    assert key.private is not None
    signing_input = f"{_part(members)}.{_part(claims)}"
    return f"{signing_input}.{_base64url(key.private.sign(signing_input.encode()))}"


def _part(members: Claims) -> str:
    return _base64url(json.dumps({k: v for k, v in members.items() if v is not None}).encode())


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_a_token_tells_who_it_was_issued_to(tokens: AccessTokens) -> None:
    issued = tokens.issue(PRINCIPAL)
    assert tokens.verify(issued.value) == PRINCIPAL
    assert (issued.expires_in, issued.scopes) == (900, PRINCIPAL.scopes)
    header = jwt.get_unverified_header(issued.value)
    assert header == {"alg": "EdDSA", "kid": KEY.kid, "typ": "at+jwt"}
    assert tokens.verify(forge(tokens)) == PRINCIPAL, "the forge below breaks nothing by itself"


@pytest.mark.parametrize("claim", ["exp", "iat", "nbf", "iss", "aud", "sub", "jti", "sid", "scope", "type"])
def test_every_claim_is_required(tokens: AccessTokens, claim: str) -> None:
    with pytest.raises(InvalidToken):
        tokens.verify(forge(tokens, changes={claim: None}))


NOW = int(ManualClock().now().timestamp())
WRONG_CLAIMS: dict[str, Claims] = {
    "another issuer": {"iss": "them"},
    "issuers as a list": {"iss": ["us"]},
    "another audience": {"aud": "other"},
    "ours among other audiences": {"aud": ["api", "other"]},
    "another type": {"type": "refresh"},
    "subject is no uuid": {"sub": "admin"},
    "subject in braces": {"sub": "{" + str(uuid4()) + "}"},
    "subject without dashes": {"sub": uuid4().hex},
    "subject is a number": {"sub": 7},
    "session is no uuid": {"sid": "x"},
    "session is a list": {"sid": [str(uuid4())]},
    "token id is no uuid": {"jti": "x"},
    "scope is a list": {"scope": ["items:read"]},
    "expiry is text": {"exp": str(NOW + 60)},
    "expiry is a fraction": {"exp": NOW + 60.5},
    "expiry is true": {"exp": True},
    "expiry is infinite": {"exp": float("inf")},
    "issued at is text": {"iat": "now"},
    "expired": {"exp": NOW - 60, "iat": NOW - 120, "nbf": NOW - 120},
    "not valid yet": {"nbf": NOW + 600},
    "issued in the future": {"iat": NOW + 600, "nbf": NOW + 600, "exp": NOW + 900},
    "lives longer than ours": {"exp": NOW + 10**6},
}


@pytest.mark.parametrize("changes", WRONG_CLAIMS.values(), ids=WRONG_CLAIMS.keys())
def test_wrong_claims_are_refused(tokens: AccessTokens, changes: Claims) -> None:
    with pytest.raises(InvalidToken):
        tokens.verify(forge(tokens, changes=changes))


WRONG_HEADERS: dict[str, Claims] = {
    "no kid": {"kid": None},
    "unknown kid": {"kid": OTHER_KEY.kid},
    "kid is a list": {"kid": [KEY.kid]},
    "no typ": {"typ": None},
    "typ of another token": {"typ": "JWT"},
    "no alg": {"alg": None},
    "alg none": {"alg": "none"},
    "alg None": {"alg": "None"},
    "alg HS256": {"alg": "HS256"},
    "alg by its other name": {"alg": "Ed448"},
    "an extension we must understand": {"crit": ["exp"]},
}


@pytest.mark.parametrize("header", WRONG_HEADERS.values(), ids=WRONG_HEADERS.keys())
def test_wrong_headers_are_refused(tokens: AccessTokens, header: Claims) -> None:
    with pytest.raises(InvalidToken):
        tokens.verify(forge(tokens, header=header))


def _tampered(value: str) -> str:
    head, claims, signature = value.split(".")
    other = json.loads(base64.urlsafe_b64decode(claims + "==")) | {"scope": "users:write"}
    return f"{head}.{_part(other)}.{signature}"


def _unsigned(value: str) -> str:
    _, claims, _ = value.split(".")
    return f"{_part({'alg': 'none', 'kid': KEY.kid, 'typ': 'at+jwt'})}.{claims}."


def _signed_with_the_public_key(value: str) -> str:
    claims = jwt.decode(value, options={"verify_signature": False})
    public = KEY.public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return jwt.encode(claims, public, "HS256", {"kid": KEY.kid, "typ": "at+jwt"})


TRICKS: dict[str, Callable[[str], str]] = {
    "tampered claims": _tampered,
    "unsigned": _unsigned,
    "public key as shared secret": _signed_with_the_public_key,
    "signature cut": lambda value: value[:-4],
    "signature missing": lambda value: value.rpartition(".")[0],
    "signature of zeros": lambda value: value.rpartition(".")[0] + "." + "A" * 86,
    "a part too many": lambda value: value + ".x",
    "space around": lambda value: f" {value} ",
    "empty": lambda _: "",
    "dots": lambda _: "..",
    "not ascii": lambda value: value + "é",
    "lone surrogate": lambda value: value + "\ud800",
    "nul": lambda value: value + "\x00",
    "huge": lambda value: value + "A" * 5000,
    "header is no object": lambda value: _base64url(b"[]") + value[value.index(".") :],
    "header is no JSON": lambda value: _base64url(b"{") + value[value.index(".") :],
    "header nested too deeply": lambda value: _base64url(b"[" * 2500) + value[value.index(".") :],
}


@pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS.keys())
def test_tricks_are_refused(tokens: AccessTokens, trick: Callable[[str], str]) -> None:
    with pytest.raises(InvalidToken):
        tokens.verify(trick(tokens.issue(PRINCIPAL).value))


def test_a_token_of_another_key_under_our_kid_is_refused(tokens: AccessTokens) -> None:
    with pytest.raises(InvalidToken):
        tokens.verify(forge(tokens, key=OTHER_KEY))


def test_tokens_end_also_when_they_are_remembered(tokens: AccessTokens, clock: ManualClock) -> None:
    seen, unseen = tokens.issue(PRINCIPAL).value, tokens.issue(PRINCIPAL).value
    assert tokens.verify(seen) == PRINCIPAL
    clock.advance(minutes=15, seconds=4)
    assert tokens.verify(seen) == PRINCIPAL, "within the leeway"
    clock.advance(seconds=2)
    for value in (seen, unseen, seen):
        with pytest.raises(InvalidToken, match="expired"):
            tokens.verify(value)


def test_what_is_remembered_is_bounded(clock: ManualClock) -> None:
    tokens = tokens_of(KEY, clock=clock, remembered=2)
    values = [tokens.issue(PRINCIPAL).value for _ in range(5)]
    for value in values * 2:
        assert tokens.verify(value) == PRINCIPAL
    assert len(tokens._verified) == 2


def test_keys_can_be_changed_without_signing_anybody_out(clock: ManualClock) -> None:
    before = tokens_of(KEY, clock=clock).issue(PRINCIPAL).value
    retired = TokenKey(KEY.kid, KEY.public)
    rotated = tokens_of(OTHER_KEY, retired, clock=clock)
    assert rotated.verify(before) == PRINCIPAL
    after = rotated.issue(PRINCIPAL).value
    assert jwt.get_unverified_header(after)["kid"] == OTHER_KEY.kid
    assert [key["kid"] for key in rotated.jwks()] == [OTHER_KEY.kid, KEY.kid]
    with pytest.raises(InvalidToken):
        tokens_of(OTHER_KEY, clock=clock).verify(before)
    with pytest.raises(ValueError, match="signs"):
        tokens_of(retired, clock=clock)


def test_published_keys_verify_by_themselves_and_hold_no_secret(tokens: AccessTokens) -> None:
    (key,) = tokens.jwks()
    assert set(key) == {"kty", "crv", "use", "alg", "kid", "x"}
    value = tokens.issue(PRINCIPAL).value
    claims = jwt.decode(value, jwt.PyJWK(key).key, algorithms=["EdDSA"], audience="api", issuer="us")
    assert claims["sub"] == PRINCIPAL.subject
    assert claims["scope"] == "items:read me:read"


def test_a_key_pair_is_an_ed25519_pair() -> None:
    assert isinstance(KEY.private, Ed25519PrivateKey)
