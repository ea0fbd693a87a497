"""Which versions of OpenAPI can be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tallystick.spec.errors import Diagnostic
from tallystick.spec.nodes import Object, position_of

_SUPPORTED = re.compile(r"3\.[012]\.[0-9]+(?:-.+)?")


def supported_version(bundled: Object) -> str | None:
    """`3.0`, `3.1` or `3.2`."""
    version = bundled.get("openapi")
    return version[:3] if isinstance(version, str) and _SUPPORTED.fullmatch(version) else None


def check_version(bundled: Object) -> Iterator[Diagnostic]:
    if supported_version(bundled):
        return
    if "openapi" in bundled:
        message, hint = _wrong(bundled["openapi"])
        yield Diagnostic("openapi-version", message, position_of(bundled, "openapi"), "/openapi", hint)
    elif "swagger" in bundled:
        message = f"Swagger {bundled['swagger']} is not OpenAPI 3"
        hint = "convert the contract to OpenAPI 3.1 first"
        yield Diagnostic("openapi-version", message, position_of(bundled, "swagger"), "/swagger", hint)
    else:
        message = 'this is no OpenAPI contract: the field "openapi" is missing'
        yield Diagnostic("openapi-version", message, position_of(bundled), hint="add `openapi: 3.1.0` at the top")


def _wrong(version: Any) -> tuple[str, str]:
    if not isinstance(version, str):
        return "the version of OpenAPI must be text", 'write it in full and in quotes, like "3.1.0"'
    return (
        f'"{version}" is no supported version of OpenAPI',
        "supported are 3.0.x, 3.1.x and 3.2.x, written in full like 3.1.0",
    )
