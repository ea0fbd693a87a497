"""Pages of every origin may call the mock, with cookies and other credentials too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import ALL_METHODS, CORSMiddleware

from tallystick.mock.document import MockDocument
from tallystick.runtime.operation import Operation

# What the run time may add to any answer.
_ALWAYS = (
    "Accept", "Allow", "Content-Disposition", "Content-Range", "Deprecation", "ETag", "Link", "Location",
    "Preference-Applied", "Retry-After", "Sunset", "WWW-Authenticate", "X-Request-Id",
)  # fmt: skip


def allow_every_origin(app: FastAPI, document: MockDocument, operations: Iterable[Operation]) -> None:
    """Answer preflights, and let scripts read every header that the contract declares.

    Origins are repeated and headers named: with credentials browsers take no `*` (Fetch, section 3.3.5).
    """
    methods: set[str] = {*ALL_METHODS}
    headers = {name.lower(): name for name in _ALWAYS}
    for operation in operations:
        methods.add(operation.method)
        for declared in document.responses(operation).values():
            named: dict[str, Any] = declared.node.get("headers") or {}
            headers |= {name.lower(): name for name in named}
    app.add_middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_credentials=True,
        allow_methods=sorted(methods),
        allow_headers=["*"],
        allow_private_network=True,
        expose_headers=sorted(headers.values()),
    )
