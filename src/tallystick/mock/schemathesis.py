"""A configuration with which Schemathesis tests the mock as it stands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Set

from tallystick.mock.credentials import USERNAME, Credential

# What Schemathesis takes for the refusal of a missing header; RFC 6585 has 428 for If-Match.
_MISSING_HEADER = (400, 401, 403, 406, 415, 422)
_PRECONDITION_REQUIRED = 428


def schemathesis_config(base_url: str, credentials: Iterable[Credential], statuses: Set[int] = frozenset()) -> str:
    """The text of the TOML file: where the mock is, and what it admits. No hooks, every check is on.

    `statuses` are those that the contract declares: 428 counts as a refusal where it is one of them.
    """
    lines = [
        "# Written by `tally mock`. Use: schemathesis --config-file THIS run CONTRACT",
        f"base-url = {json.dumps(base_url)}",
        "",
        "[auth]",
        "auto-signup = false",
        "",
        "# The run time takes no U+0000 in paths, queries and headers, whatever a contract allows.",
        "[generation]",
        "allow-x00 = false",
    ]
    for one in credentials:
        lines += ["", f"[auth.openapi.{json.dumps(one.scheme)}]", *_secret(one)]
    if _PRECONDITION_REQUIRED in statuses:
        expected = [*_MISSING_HEADER, _PRECONDITION_REQUIRED]
        lines += ["", "[checks.missing_required_header]", f"expected-statuses = {expected}"]
    return "\n".join(lines) + "\n"


def _secret(credential: Credential) -> list[str]:
    secret = json.dumps(credential.secret)
    match credential.kind:
        case "apiKey":
            return [f"api_key = {secret}"]
        case "basic":
            return [f"username = {json.dumps(USERNAME)}", f"password = {secret}"]
    return [f"bearer = {secret}"]
