"""What a request may be at all: no larger, in no other media type and with no other query than the contract says."""

from __future__ import annotations

from tallystick.checks.fuzz.harness import Budget, Success, SuccessCheck

NOBODY_HAS_THIS = "application/x-nobody-has-this"


class Negotiation(SuccessCheck):
    """Where 406 is declared, who accepts only what there is not gets it."""

    def __init__(self, per_operation: int = 1) -> None:
        self._budget = Budget(per_operation)

    def examine(self, success: Success) -> None:
        operation = success.operation
        if 406 not in operation.statuses or not self._budget.take(operation.label):
            return
        answer = success.send(headers={"Accept": NOBODY_HAS_THIS})
        assert answer.status_code == 406, (
            f"{operation.label} answered {answer.status_code} to Accept: {NOBODY_HAS_THIS}, expected 406"
        )


class BodyLimit(SuccessCheck):
    """A body of one byte more than `x-max-body-bytes` gets 413."""

    def __init__(self, per_operation: int = 1) -> None:
        self._budget = Budget(per_operation)

    def examine(self, success: Success) -> None:
        operation = success.operation
        limit = operation.max_body_bytes
        if limit is None or not operation.takes_body or not self._budget.take(operation.label):
            return
        answer = success.send(body=b" " * (limit + 1))
        assert answer.status_code == 413, (
            f"{operation.label} answered {answer.status_code} to a body of {limit + 1} bytes, expected 413"
        )


class ClosedQuery(SuccessCheck):
    """With `x-closed-query`, an unknown parameter gets 422, and one that is no UTF-8 gets 400 (or both 400)."""

    def __init__(self, per_operation: int = 1) -> None:
        self._budget = Budget(per_operation)

    def examine(self, success: Success) -> None:
        operation = success.operation
        # Who has just deleted themselves is refused for that first.
        is_last_act = operation.method == "DELETE" and not operation.names_one_thing
        if not operation.closed_query or is_last_act or not self._budget.take(operation.label):
            return
        unknown = 422 if 422 in operation.statuses else 400
        for query, expected in (("nobody-asked=1", unknown), ("%ff=1", 400)):
            url = success.request.url or ""
            answer = success.send(url=f"{url}{'&' if '?' in url else '?'}{query}")
            assert answer.status_code == expected, (
                f"{operation.label} answered {answer.status_code} to the query {query}, expected {expected}"
            )
