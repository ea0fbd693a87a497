"""A configuration with which Schemathesis tests the mock as it stands."""

from __future__ import annotations

import json
from collections.abc import Iterable

from tallystick.mock.credentials import USERNAME, Credential


def schemathesis_config(base_url: str, credentials: Iterable[Credential]) -> str:
    """The text of the TOML file: where the mock is, and what it admits. No hooks, every check as it is."""
    lines = [
        "# Written by `tally mock`. Use: schemathesis --config-file THIS run CONTRACT",
        f"base-url = {json.dumps(base_url)}",
        "",
        "[auth]",
        "auto-signup = false",
    ]
    for one in credentials:
        lines += ["", f"[auth.openapi.{json.dumps(one.scheme)}]", *_secret(one)]
    return "\n".join(lines) + "\n"


def _secret(credential: Credential) -> list[str]:
    secret = json.dumps(credential.secret)
    match credential.kind:
        case "apiKey":
            return [f"api_key = {secret}"]
        case "basic":
            return [f"username = {json.dumps(USERNAME)}", f"password = {secret}"]
    return [f"bearer = {secret}"]
