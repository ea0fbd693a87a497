"""Security schemes: which port a verifier has to satisfy, and the expression that joins scheme and verifier."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tallystick.generator.ir import SchemeView
from tallystick.spec.errors import ContractError, Diagnostic
from tallystick.spec.model import SecurityScheme
from tallystick.spec.names import Named, attribute_name, collisions

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""The name of an HTTP authentication scheme (RFC 9110, section 11.1)."""


def build_schemes(schemes: Iterable[SecurityScheme]) -> tuple[SchemeView, ...]:
    """One view per scheme.

    Raises:
        ContractError: a scheme that the run time cannot carry out; two that would have one Python name.
    """
    found: list[SchemeView] = []
    named: list[Named] = []
    refused: list[Diagnostic] = []
    for scheme in schemes:
        parts = _parts(scheme)
        if parts is None:
            refused.append(_refusal(scheme))
        else:
            found.append(SchemeView(scheme.name, attribute_name(scheme.name), *parts, description=scheme.description))
            named.append(Named(scheme.name, attribute_name(scheme.name), scheme.position))
    refused += collisions("security scheme", named)
    if refused:
        raise ContractError(tuple(refused))
    return tuple(found)


def _parts(scheme: SecurityScheme) -> tuple[str, str] | None:
    field = f"self.{attribute_name(scheme.name)}"
    if scheme.type in ("oauth2", "openIdConnect") or (scheme.type == "http" and scheme.scheme == "bearer"):
        return "TokenVerifier", f"BearerScheme({field})"
    if scheme.type == "http" and scheme.scheme == "basic":
        return "BasicVerifier", f"BasicScheme({field})"
    if scheme.type == "apiKey":
        return "TokenVerifier", f"ApiKeyScheme({field}, {scheme.location!r}, {scheme.parameter!r})"
    if scheme.type == "mutualTLS":
        return "CertificateVerifier", f"CertificateScheme({field})"
    if scheme.type == "http" and _TOKEN.fullmatch(scheme.scheme):
        return "HttpVerifier", f"HttpScheme({field}, {scheme.scheme!r})"
    return None


def _refusal(scheme: SecurityScheme) -> Diagnostic:
    what = f"{scheme.type} {scheme.scheme!r}"
    return Diagnostic(
        rule="unsupported-security-scheme",
        message=f"the security scheme {scheme.name!r} ({what}) has no name that a client could send",
        position=scheme.position,
        hint="give `scheme` the name of an HTTP authentication scheme, such as bearer, basic or digest",
    )
