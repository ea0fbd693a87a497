"""Every kind of security scheme over HTTP: a fault here lets in the wrong caller, or misleads clients."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.contracts import Package, Served, refused
from tests.support.verifiers import PEM

Made = Callable[[str], Package]
ALL = (
    "digest",
    "signed",
    "tls",
    "tls_and_token",
    "inherited",
    "public",
    "anyone",
    "roles",
    "odd_role",
    "sets",
    "maybe",
)
TOKEN = {"Authorization": "Bearer reader"}
DER = {"Client-Cert": f":{b64encode(b'writer').decode()}:"}


@pytest.fixture
def served(package: Made) -> Served:
    return package("security_schemes").serve(**dict.fromkeys((*ALL, "each")))


def digest(method: str, target: str, nonce: str = "once") -> dict[str, str]:
    """As the verifier of these tests computes it: RFC 7616 without its many options."""
    proof = hashlib.sha256(f"reader:{nonce}:{method}:{target}".encode()).hexdigest()
    return {"Authorization": f'Digest username="reader", nonce="{nonce}", response="{proof}"'}


@pytest.mark.parametrize(
    ("path", "headers", "status", "subject"),
    [
        ("/digest?a=%C3%A4", digest("GET", "/digest?a=%C3%A4"), 204, "reader"),
        ("/digest", digest("POST", "/digest"), 401, None),
        ("/digest", digest("GET", "/other"), 401, None),
        ("/digest", {"Authorization": "Digest"}, 401, None),
        ("/digest", TOKEN, 401, None),
        ("/digest", {}, 401, None),
        ("/tls", DER, 204, "writer"),
        ("/tls", {"Client-Cert": PEM.replace("\n", "%0A").replace(" ", "%20")}, 204, "writer"),
        ("/tls", {"Client-Cert": f":{b64encode(b'nobody').decode()}:"}, 401, None),
        ("/tls", {"Client-Cert": ":###:"}, 401, None),
        ("/tls", {"Client-Cert": "nonsense"}, 401, None),
        ("/tls", {"Client-Cert": ""}, 401, None),
        ("/tls", {}, 401, None),
        ("/tls-and-token", {**DER, **TOKEN}, 204, "writer"),
        ("/tls-and-token", DER, 401, None),
        ("/tls-and-token", TOKEN, 401, None),
        ("/inherited", TOKEN, 204, "reader"),
        ("/inherited", {}, 401, None),
        ("/public", {}, 204, None),
        ("/anyone", {}, 204, None),
        ("/anyone", {"Authorization": "Bearer nobody"}, 204, None),
        ("/roles", {"X-Key": "writer"}, 204, "writer"),
        ("/roles", {"X-Key": "reader"}, 403, None),
        ("/odd-role", TOKEN, 403, None),
        ("/sets", {"Authorization": "Bearer writer", "X-Key": "reader"}, 204, "writer"),
        ("/sets", {"Authorization": "Bearer reader", "X-Key": "reader"}, 403, None),
        ("/sets", {"Authorization": "Bearer reader", "X-Key": "nobody"}, 403, None),
        ("/sets", {"X-Key": "reader"}, 401, None),
        ("/maybe", {}, 204, None),
        ("/maybe", {"Authorization": "Bearer writer"}, 204, "writer"),
        ("/maybe", {"Authorization": "Bearer nobody"}, 401, None),
        ("/maybe", TOKEN, 403, None),
        ("/each", TOKEN, 204, "reader"),
    ],
)
async def test_who_may_enter(
    served: Served, path: str, headers: Mapping[str, str], status: int, subject: str | None
) -> None:
    answer = await served.get(path, headers=dict(headers))
    assert answer.status_code == status, answer.text
    principal = served.given.get("principal")
    assert (principal.subject if principal else None) == subject
    assert ("www-authenticate" in answer.headers) == (status in (401, 403))


@pytest.mark.parametrize(
    ("path", "headers", "challenge"),
    [
        ("/digest", {}, 'digest nonce="once"'),
        ("/signed", {}, 'hmac-sha256 nonce="once"'),
        ("/tls", {}, "ClientCertificate"),
        ("/inherited", {}, "Bearer"),
        ("/inherited", {"Authorization": "Bearer nobody"}, 'Bearer error="invalid_token"'),
        ("/roles", {"X-Key": "reader"}, 'ApiKey name="X-Key"'),
        ("/odd-role", TOKEN, 'Bearer error="insufficient_scope"'),
        ("/maybe", TOKEN, 'Bearer error="insufficient_scope", scope="write"'),
        ("/maybe", {"Authorization": "Bearer nobody"}, 'Bearer error="invalid_token", scope="write"'),
        ("/sets", {}, 'Bearer scope="write", ApiKey name="X-Key", Bearer scope="read admin"'),
        ("/sets", {"X-Key": "nobody"}, 'Bearer scope="write", ApiKey name="X-Key", Bearer scope="read admin"'),
        (
            "/each",
            {},
            (
                'Bearer scope="read", Bearer scope="write", Basic realm="api", charset="UTF-8",'
                ' ApiKey name="sch%C3%BC%22ssel%E3%82%AD"'
            ),
        ),
    ],
)
async def test_what_a_client_is_told(served: Served, path: str, headers: Mapping[str, str], challenge: str) -> None:
    """RFC 9110, 11.6.1 and RFC 6750, 3: one challenge per scheme, with what would have been enough. No text of the
    contract can end the header field."""
    answer = await served.request("POST" if path == "/signed" else "GET", path, headers=dict(headers))
    assert answer.headers["www-authenticate"] == challenge


async def test_a_key_in_the_query_may_have_any_name(served: Served) -> None:
    answer = await served.get("/each", params={'schü"sselキ': "writer"})
    assert (answer.status_code, served.given["principal"].subject) == (204, "writer")


@pytest.mark.parametrize(
    ("tls", "status"),
    [
        ({"client_cert_chain": [PEM], "client_cert_name": "CN=writer", "client_cert_error": None}, 204),
        ({"client_cert_chain": [PEM], "client_cert_name": "CN=writer", "client_cert_error": "expired"}, 401),
        ({"client_cert_chain": ["garbage"]}, 401),
        ({"client_cert_chain": []}, 401),
        (None, 401),
    ],
)
async def test_a_server_that_ends_tls_tells_by_the_asgi_extension(
    package: Made, tls: dict[str, Any] | None, status: int
) -> None:
    """Without a header named, none is believed."""
    served = package("security_schemes").serve(tls=None)
    served.certificate_header = None
    app: Any = served.app

    async def with_tls(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "extensions": {"tls": tls} if tls is not None else {}}, receive, send)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(with_tls), base_url="http://test") as client:
        assert (await client.get("/tls", headers=DER)).status_code == status


def test_each_kind_has_a_port_of_its_own(package: Made) -> None:
    verifiers: Any = package("security_schemes").module("security").Verifiers
    assert {name: str(hint).partition("[")[0] for name, hint in verifiers.__annotations__.items()} == {
        "token": "TokenVerifier",
        "password": "BasicVerifier",
        "digest": "HttpVerifier",
        "signature": "HttpVerifier",
        "certificate": "CertificateVerifier",
        "key": "TokenVerifier",
        "odd_key": "TokenVerifier",
        "oauth": "TokenVerifier",
        "oidc": "TokenVerifier",
    }


@pytest.mark.parametrize(
    ("scheme", "problem"),
    [
        ("{type: http, scheme: 'two words'}", "1:35 unsupported-security-scheme"),
        ("{type: http, scheme: ''}", "1:35 unsupported-security-scheme"),
        ("{type: http}", "1:35 structure"),
        ("{type: apiKey, in: body, name: a}", "1:54 structure"),
        ("{type: telepathy}", "1:42 structure"),
    ],
)
def test_what_no_client_could_send_is_refused(tmp_path: Path, scheme: str, problem: str) -> None:
    paths = "paths: {/a: {get: {operationId: a, security: [{s: []}], responses: {'204': {description: ok}}}}}\n"
    assert problem in refused(tmp_path, f"components: {{securitySchemes: {{s: {scheme}}}}}\n{paths}")


def test_a_scheme_that_nobody_declared_is_refused(tmp_path: Path) -> None:
    paths = "paths: {/a: {get: {operationId: a, security: [{s: []}], responses: {'204': {description: ok}}}}}\n"
    assert refused(tmp_path, paths) == ["1:48 security-scheme"]
