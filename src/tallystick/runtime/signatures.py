"""Signs what is sent, as Standard Webhooks 1.0 has it: https://www.standardwebhooks.com."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence

PREFIX = "whsec_"
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
# Older or newer than this is a replay, or a clock that is wrong.
TOLERANCE_SECONDS = 300
_VERSION = "v1"
_SHORTEST, _LONGEST = 24, 64


class SecretError(ValueError):
    """A secret cannot be used; the message says why, and not what it is."""


class SignatureRefused(Exception):
    """A message was not signed with any of these secrets, or not now."""


class Signer:
    """Signs with HMAC-SHA256 under each secret: while one is being exchanged for another, receivers know either.

    Args:
        secrets: `whsec_` and 24 to 64 random bytes in base64, the prefix may be missing.

    Raises:
        SecretError: there is none, or one has another form.
    """

    def __init__(self, *secrets: str) -> None:
        if not secrets:
            raise SecretError("a signer needs a secret")
        self._keys = tuple(map(_key, secrets))

    def headers(self, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
        """The three headers of a message. A repeated delivery has the same id, and a time of its own.

        Raises:
            ValueError: the id holds a dot, which is what separates the signed parts, or no printable text.
        """
        if not message_id or "." in message_id or not message_id.isascii() or not message_id.isprintable():
            raise ValueError(f"{message_id!r} is no id of a message: it must be printable ASCII without dots")
        signed = " ".join(self.sign(message_id, timestamp, body))
        return {ID: message_id, TIMESTAMP: str(timestamp), SIGNATURE: signed}

    def sign(self, message_id: str, timestamp: int, body: bytes) -> Sequence[str]:
        """One signature for each secret."""
        content = b".".join((message_id.encode("ascii"), b"%d" % timestamp, body))
        digests = (hmac.new(key, content, hashlib.sha256).digest() for key in self._keys)
        return [f"{_VERSION},{base64.b64encode(digest).decode('ascii')}" for digest in digests]

    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> None:
        """Whether a message that was received carries a signature under one of the secrets.

        Args:
            headers: by lower-case name.

        Raises:
            SignatureRefused: it does not, or its time is too far from `now`.
        """
        message_id, sent = headers.get(ID, ""), headers.get(TIMESTAMP, "")
        if not message_id.isascii() or not (sent.isascii() and sent.isdecimal() and len(sent) < 12):
            raise SignatureRefused("the message does not say when it was sent, or as what")
        if abs(now - int(sent)) > TOLERANCE_SECONDS:
            raise SignatureRefused("the message is too old or too new")
        known = self.sign(message_id, int(sent), body)
        given = headers.get(SIGNATURE, "").encode("utf-8", "replace").split(b" ")
        if not any(hmac.compare_digest(one.encode("ascii"), each) for one in known for each in given):
            raise SignatureRefused("no signature of the message is right")


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise SecretError("the secret of a signer is not base64") from None
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise SecretError(f"the secret of a signer has {len(key)} bytes; {_SHORTEST} to {_LONGEST} are allowed")
    return key
