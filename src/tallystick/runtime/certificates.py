"""The certificate of a client: from the server that ended TLS, or from a proxy in front of it."""

from __future__ import annotations

import base64
import binascii
import ssl
from typing import Any
from urllib.parse import unquote

from tallystick.runtime.call import Call
from tallystick.runtime.ports import ClientCertificate


class UnusableCertificate(Exception):
    """A certificate was sent that cannot be read, or that the TLS layer refused."""


def client_certificate(call: Call, header: str | None) -> ClientCertificate | None:
    """The client's certificate; None where it sent none.

    Raises:
        UnusableCertificate: what was sent is no certificate, or was refused.
    """
    return _from_tls(call.scope) if header is None else _from_header(call, header.lower())


def _from_tls(scope: Any) -> ClientCertificate | None:
    """By the TLS extension of ASGI: `client_cert_chain` holds PEM texts, the client's own first."""
    tls = (scope.get("extensions") or {}).get("tls") or {}
    if tls.get("client_cert_error"):
        raise UnusableCertificate
    chain = tuple(_from_pem(each) for each in tls.get("client_cert_chain") or ())
    return ClientCertificate(chain[0], chain[1:], tls.get("client_cert_name")) if chain else None


def _from_header(call: Call, header: str) -> ClientCertificate | None:
    """RFC 9440: `:base64 of DER:`, and the others in `-Chain`; or the percent-encoded PEM that nginx writes."""
    value = call.header(header)
    if value is None or not value.strip():
        return None
    others = call.header(f"{header}-chain") or ""
    chain = tuple(_from_text(each.strip()) for each in others.split(",") if each.strip())
    return ClientCertificate(_from_text(value.strip()), chain)


def _from_text(text: str) -> bytes:
    if not (len(text) > 2 and text[0] == text[-1] == ":"):
        return _from_pem(unquote(text))
    try:
        return base64.b64decode(text[1:-1], validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnusableCertificate from error


def _from_pem(text: str) -> bytes:
    try:
        return ssl.PEM_cert_to_DER_cert(text)
    except ValueError as error:
        raise UnusableCertificate from error
