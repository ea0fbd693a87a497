"""Writes that hold: repeated once, guarded by versions, readable afterwards, gone when deleted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tallystick.checks.fuzz.contract import FuzzOperation
from tallystick.checks.fuzz.harness import DEFAULT_BUDGET, Budget, Success, SuccessCheck, json_of, json_sent


class Idempotency(SuccessCheck):
    """With `x-idempotency`, a repetition gets the first answer, and the same key with another body is refused."""

    def __init__(
        self,
        key: str = "Idempotency-Key",
        refusals: Sequence[int] = (409, 422),
        per_operation: int = DEFAULT_BUDGET,
    ) -> None:
        self._key = key
        self._refusals = tuple(refusals)
        self._budget = Budget(per_operation)

    def examine(self, success: Success) -> None:
        operation = success.operation
        if not operation.idempotent or self._key not in success.request.headers:
            return
        if not self._budget.take(operation.label):
            return
        again, first = success.send(), success.response
        assert (again.status_code, json_of(again)) == (first.status_code, json_of(first)), (
            f"{operation.label} repeated with the same {self._key} and body did not give the first answer again"
        )
        sent = json_sent(success.request)
        other = next((example for example in operation.body_examples if example != sent), None)
        if other is not None:
            answer = success.send(body=json.dumps(other))
            assert answer.status_code in self._refusals, (
                f"{operation.label} answered {answer.status_code} to a used {self._key} with another body,"
                f" expected {' or '.join(map(str, self._refusals))}"
            )


class StaleEtag(SuccessCheck):
    """A write with the version that it has just replaced is refused with 412."""

    def __init__(self, per_operation: int = DEFAULT_BUDGET) -> None:
        self._budget = Budget(per_operation)

    def examine(self, success: Success) -> None:
        operation = success.operation
        if operation.method == "DELETE" or operation.parameter("header", "If-Match") is None:
            return
        sent, now = str(success.request.headers.get("If-Match", "")), success.header("ETag")
        # A write that changes nothing may keep its version.
        if not sent or sent == "*" or not now or now in sent or not self._budget.take(operation.label):
            return
        answer = success.send()
        assert answer.status_code == 412, (
            f"{operation.label} answered {answer.status_code} to an outdated If-Match, expected 412"
        )


class ReadYourWrites(SuccessCheck):
    """What a write answers, and what it was asked to write, is what the next read finds.

    `unlike` names properties that the server may return in another form than it got them.
    """

    def __init__(self, unlike: Sequence[str] = (), per_operation: int = 25) -> None:
        self._unlike = frozenset(unlike)
        self._budget = Budget(per_operation)

    def examine(self, success: Success) -> None:
        operation, written = success.operation, json_of(success.response)
        # Who needs no credentials to write has none to read with.
        if not isinstance(written, dict) or not operation.is_write or not operation.secured:
            return
        path = success.header("Location") if operation.method == "POST" else success.path
        reading = success.contract.match("GET", path) if path is not None else None
        if path is None or reading is None or not self._budget.take(operation.label):
            return
        answer = success.read(path)
        assert answer.status_code == 200, (
            f"{reading.label} answered {answer.status_code} right after {operation.label} had answered"
            f" {success.response.status_code}, expected 200"
        )
        self._compare(operation, reading, json_of(answer), written, json_sent(success.request))

    def _compare(
        self, operation: FuzzOperation, reading: FuzzOperation, read: Any, written: Mapping[str, Any], asked: Any
    ) -> None:
        assert isinstance(read, dict), f"{reading.label} returned no object"
        for name in sorted(written.keys() & read.keys()):
            assert read[name] == written[name], (
                f"{operation.label} answered another {name!r} than {reading.label} reads afterwards"
            )
        for name, value in asked.items() if isinstance(asked, dict) else ():
            if name in read and name not in self._unlike:
                assert read[name] == value, (
                    f"{reading.label} does not read the {name!r} that {operation.label} was asked to write"
                )


class GoneAfterDelete(SuccessCheck):
    """What was deleted cannot be read any more."""

    positive = False

    def __init__(self, per_operation: int = 10) -> None:
        self._budget = Budget(per_operation)

    def examine(self, success: Success) -> None:
        operation = success.operation
        if operation.method != "DELETE":
            return
        reading = success.contract.match("GET", success.path)
        if reading is None or not self._budget.take(operation.label):
            return
        answer = success.read(success.path)
        # Who deletes the account they are signed in with has nobody left to read as.
        expected = (404, 410) if reading.names_one_thing else (401, 404, 410)
        assert answer.status_code in expected, (
            f"{reading.label} answered {answer.status_code} after {operation.label} had succeeded,"
            f" expected {' or '.join(map(str, expected))}"
        )
