"""Signing keys: every form the setting takes, and a reason for every one it refuses."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from app.kit.keys import KeyFormatError, TokenKey, read_keys, thumbprint

KEY, OTHER = TokenKey.generate(), TokenKey.generate("next-")
assert KEY.private is not None
PKCS8 = PrivateFormat.PKCS8
PEM = KEY.private.private_bytes(Encoding.PEM, PKCS8, NoEncryption()).decode()
ENCRYPTED = KEY.private.private_bytes(Encoding.PEM, PKCS8, BestAvailableEncryption(b"x")).decode()
PUBLIC_PEM = KEY.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
RSA = rsa.generate_private_key(65537, 2048)
RSA_PEM = RSA.private_bytes(Encoding.PEM, PKCS8, NoEncryption()).decode()
RSA_PUBLIC_PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def test_a_set_one_key_and_a_pem_are_read() -> None:
    both = read_keys(json.dumps({"keys": [OTHER.private_jwk(), KEY.jwk()]}))
    assert [(key.kid, key.private is not None) for key in both] == [(OTHER.kid, True), (KEY.kid, False)]
    assert read_keys(json.dumps(KEY.private_jwk()))[0].public == KEY.public
    assert read_keys("\n" + PEM)[0].kid == KEY.kid == thumbprint(KEY.public)


def test_a_key_without_id_is_named_by_its_thumbprint() -> None:
    unnamed = {name: value for name, value in KEY.private_jwk().items() if name not in ("kid", "x")}
    assert read_keys(json.dumps(unnamed))[0].kid == KEY.kid


def test_the_thumbprint_is_that_of_the_standard() -> None:
    """The example of RFC 8037, appendix A.3."""
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    private = jwk | {"d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}
    assert read_keys(json.dumps(private))[0].kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


REFUSED = {
    "nothing": "",
    "text": "secret",
    "a number": "7",
    "an empty set": '{"keys": []}',
    "a set of text": '{"keys": ["x"]}',
    "no private half": json.dumps(KEY.jwk()),
    "a public PEM": PUBLIC_PEM,
    "an encrypted PEM": ENCRYPTED,
    "a broken PEM": PEM.replace("MC4", "XXX"),
    "an RSA PEM": RSA_PEM,
    "a public RSA PEM": RSA_PUBLIC_PEM,
    "another kind": json.dumps({"kty": "RSA", "n": "x", "e": "AQAB"}),
    "another curve": json.dumps(KEY.private_jwk() | {"crv": "Ed448"}),
    "neither half": json.dumps({"kty": "OKP", "crv": "Ed25519"}),
    "too short": json.dumps(KEY.private_jwk() | {"d": "AAAA"}),
    "not base64": json.dumps(KEY.private_jwk() | {"d": "?"}),
    "a number as half": json.dumps(KEY.private_jwk() | {"d": 7}),
    "a number as id": json.dumps(KEY.private_jwk() | {"kid": 7}),
    "an id that cannot be published": json.dumps(KEY.private_jwk() | {"kid": "2026.03"}),
    "an id too long": json.dumps(KEY.private_jwk() | {"kid": "x" * 65}),
    "too many": json.dumps({"keys": [TokenKey.generate().private_jwk() for _ in range(11)]}),
    "halves of two keys": json.dumps(KEY.private_jwk() | {"x": OTHER.jwk()["x"]}),
    "the same id twice": json.dumps({"keys": [KEY.private_jwk(), KEY.private_jwk()]}),
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_used_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(KeyFormatError) as refusal:
        read_keys(text)
    assert KEY.private_jwk()["d"] not in str(refusal.value)


def test_a_public_key_has_no_private_form() -> None:
    with pytest.raises(ValueError, match="no private half"):
        TokenKey(KEY.kid, KEY.public).private_jwk()
