"""Signatures of webhooks: one that is wrong locks every receiver out, one that is not checked lets everybody in."""

from __future__ import annotations

import base64

import pytest

from tallystick.runtime.signatures import SecretError, SignatureRefused, Signer

# The example of the Standard Webhooks specification; the signature was computed from it with openssl.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, TIME, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
OTHER = "whsec_" + base64.b64encode(b"o" * 24).decode()


def test_the_vector_of_the_specification() -> None:
    assert Signer(SECRET).headers(ID, TIME, BODY) == {
        "webhook-id": ID,
        "webhook-timestamp": "1614265330",
        "webhook-signature": SIGNATURE,
    }
    assert Signer(SECRET.removeprefix("whsec_")).sign(ID, TIME, BODY) == [SIGNATURE]


def test_receivers_of_either_secret_can_verify_while_one_is_exchanged() -> None:
    headers = Signer(OTHER, SECRET).headers(ID, TIME, BODY)
    for secret in (OTHER, SECRET):
        Signer(secret).verify(headers, BODY, TIME + 10)


@pytest.mark.parametrize(
    ("change", "body", "now"),
    [
        ({}, BODY + b" ", TIME),
        ({"webhook-id": "msg_2"}, BODY, TIME),
        ({"webhook-timestamp": str(TIME + 1)}, BODY, TIME),
        ({"webhook-timestamp": "now"}, BODY, TIME),
        ({"webhook-timestamp": "-1"}, BODY, TIME),
        ({"webhook-timestamp": "9" * 400}, BODY, TIME),
        ({"webhook-timestamp": "\uff11" * 10}, BODY, TIME),
        ({"webhook-signature": ""}, BODY, TIME),
        ({"webhook-signature": "v1," + "A" * 44}, BODY, TIME),
        ({"webhook-signature": SIGNATURE.removeprefix("v1,")}, BODY, TIME),
        ({"webhook-signature": "é"}, BODY, TIME),
        ({}, BODY, TIME + 301),
        ({}, BODY, TIME - 301),
    ],
)
def test_what_was_not_signed_so_is_refused(change: dict[str, str], body: bytes, now: float) -> None:
    headers = Signer(SECRET).headers(ID, TIME, BODY) | change
    with pytest.raises(SignatureRefused):
        Signer(SECRET).verify(headers, body, now)


def test_a_message_of_another_secret_is_refused() -> None:
    with pytest.raises(SignatureRefused):
        Signer(OTHER).verify(Signer(SECRET).headers(ID, TIME, BODY), BODY, TIME)
    with pytest.raises(SignatureRefused):
        Signer(OTHER).verify({}, BODY, TIME)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_short", "whsec_!!!!", base64.b64encode(b"x" * 65).decode()])
def test_a_secret_that_is_none(secret: str) -> None:
    with pytest.raises(SecretError) as found:
        Signer(secret)
    assert not secret or secret not in str(found.value), "a secret does not end in a log"
    with pytest.raises(SecretError):
        Signer()


@pytest.mark.parametrize("message_id", ["", "a.b", "a\nb", "é"])
def test_an_id_that_would_make_signatures_ambiguous(message_id: str) -> None:
    with pytest.raises(ValueError, match="no id of a message"):
        Signer(SECRET).headers(message_id, TIME, BODY)
