"""Who may do what: scopes, forged tokens, other people's things."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

from tallystick.checks.fuzz.contract import FuzzOperation
from tallystick.checks.fuzz.harness import DEFAULT_BUDGET, HARNESS, Budget, Success, SuccessCheck

BEARER = "Bearer "


class ScopeEnforcement(SuccessCheck):
    """A token that lacks one of the operation's scopes is refused with 403."""

    def __init__(self, per_operation: int = DEFAULT_BUDGET) -> None:
        self._budget = Budget(per_operation)

    def examine(self, success: Success) -> None:
        operation = success.operation
        for scope in sorted(operation.scopes):
            token = HARNESS.credentials.lacking(scope)
            if token is None or not self._budget.take(f"{operation.label} {scope}"):
                continue
            answer = success.send(headers={"Authorization": token})
            assert answer.status_code == 403, (
                f"{operation.label} answered {answer.status_code} to a token without the scope {scope}, expected 403"
            )


class ForgedToken(SuccessCheck):
    """A JSON web token that someone else made, or changed, is refused with 401."""

    def __init__(self, per_operation: int = 1) -> None:
        self._budget = Budget(per_operation)

    def examine(self, success: Success) -> None:
        operation = success.operation
        token = (success.authorization or "").removeprefix(BEARER)
        if not operation.secured or token.count(".") != 2 or not self._budget.take(operation.label):
            return
        for how, forged in forgeries(token):
            answer = success.send(headers={"Authorization": BEARER + forged})
            assert answer.status_code == 401, (
                f"{operation.label} answered {answer.status_code} to a token {how}, expected 401"
            )


def forgeries(token: str) -> Iterator[tuple[str, str]]:
    """Ways to cheat with a valid JSON web token, each with its name."""
    head, claims, signature = token.split(".")
    if len(signature) > 8:
        middle = len(signature) // 2
        other = "A" if signature[middle] != "A" else "B"
        yield "with a changed signature", f"{head}.{claims}.{signature[:middle]}{other}{signature[middle + 1 :]}"
    yield "without a signature", f"{head}.{claims}."
    try:
        header_data = json.loads(_decode(head))
        claim_data = json.loads(_decode(claims))
    except ValueError:
        return
    yield "with the algorithm none", f"{_encode({**header_data, 'alg': 'none'})}.{claims}."
    later = {**claim_data, "exp": int(claim_data.get("exp", 0)) + 3600}
    yield "with a later end", f"{head}.{_encode(later)}.{signature}"
    symmetric = f"{_encode({**header_data, 'alg': 'HS256'})}.{claims}"
    digest = hmac.new(b"secret", symmetric.encode("ascii"), hashlib.sha256).digest()
    yield "signed with a guessed secret", f"{symmetric}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def _decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encode(value: Any) -> str:
    raw = json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


class PeerWrite(SuccessCheck):
    """What one of two peers owns, the other can neither change nor delete: 403 or 404."""

    def __init__(self, per_operation: int = DEFAULT_BUDGET) -> None:
        self._budget = Budget(per_operation)

    def examine(self, success: Success) -> None:
        operation, target = success.operation, success.thing
        if target is None or success.authorization is None or success.identity is None:
            return
        peer = HARNESS.credentials.peer_of(success.authorization)
        if peer is None:
            return
        if operation.method in ("PUT", "PATCH"):
            self._try(success, operation, target, peer, keep_body=True)
        removal = success.contract.match("DELETE", target)
        if removal is not None and operation.method != "DELETE":
            self._try(success, removal, target, peer, keep_body=False)

    def _try(self, success: Success, operation: FuzzOperation, target: str, peer: str, *, keep_body: bool) -> None:
        if not self._budget.take(operation.label):
            return
        headers: dict[str, str | None] = {"Authorization": peer, "Idempotency-Key": None}
        if operation.parameter("header", "If-Match") is not None:
            headers["If-Match"] = success.header("ETag") or "*"
        answer = success.send(method=operation.method, url=target, headers=headers, keep_body=keep_body)
        assert answer.status_code in (403, 404), (
            f"{operation.label} answered {answer.status_code} to someone who does not own the thing,"
            " expected 403 or 404"
        )
