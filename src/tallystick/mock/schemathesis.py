"""A configuration with which Schemathesis tests the mock as it stands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from tallystick.mock.credentials import USERNAME, Credential
from tallystick.runtime.operation import Operation

# What Schemathesis takes for the refusal of a missing header.
_MISSING_HEADER = (400, 401, 403, 406, 415, 422)


def schemathesis_config(base_url: str, credentials: Sequence[Credential], operations: Iterable[Operation] = ()) -> str:
    """The text of the TOML file: where the mock is, and what it admits. No hooks; every check is on.

    Of the checks only one is told anything: that a status which an operation declares for a missing header
    (`x-missing-status`, RFC 6585's 428) is a refusal there.
    """
    lines = [
        "# Written by `tally mock`. Use: schemathesis --config-file THIS run CONTRACT",
        f"base-url = {json.dumps(base_url)}",
    ]
    # Schemathesis knows no way to authenticate by these: their header goes with every request.
    headers = [one.header for one in credentials if one.header is not None]
    if headers:
        lines += ["", "[headers]", *(f"{json.dumps(name)} = {json.dumps(value)}" for name, value in headers)]
    for one in [each for each in credentials if each.header is None]:
        lines += ["", f"[auth.openapi.{json.dumps(one.scheme)}]", *_secret(one)]
    for operation, status in _own_refusals(operations):
        lines += ["", "[[operations]]", f"include-name = {json.dumps(f'{operation.method} {operation.path}')}",
                  f"checks.missing_required_header.expected-statuses = {[*_MISSING_HEADER, status]}"]  # fmt: skip
    return "\n".join(lines) + "\n"


def _own_refusals(operations: Iterable[Operation]) -> Iterator[tuple[Operation, int]]:
    """Operations that refuse a missing header with a status of its own."""
    for operation in operations:
        statuses = {operation.refusal(one).status for one in operation.required_headers.values()}
        yield from ((operation, status) for status in sorted(statuses.difference(_MISSING_HEADER)))


def _secret(credential: Credential) -> list[str]:
    secret = json.dumps(credential.secret)
    match credential.kind:
        case "apiKey":
            return [f"api_key = {secret}"]
        case "basic":
            return [f"username = {json.dumps(USERNAME)}", f"password = {secret}"]
    return [f"bearer = {secret}"]
