"""What every error answer has to be, whatever it is about."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import httpx

from tests.support.requests import BY_ID

OAUTH = ("issueToken", "revokeToken")


def assert_problem(
    answer: httpx.Response,
    status: int,
    slug: str,
    *pointers: tuple[str, str],
    operation: str | None = None,
    error: str | None = None,
) -> dict[str, Any]:
    """The body of an error answer, after a look at everything that all of them share.

    `pointers` are the location and JSON pointer of each violation, exactly; `error` is what OAuth calls it.
    """
    assert answer.status_code == status, (answer.status_code, answer.text)
    oauth = operation in OAUTH
    assert answer.headers["Content-Type"] == ("application/json" if oauth else "application/problem+json")
    problem: dict[str, Any] = answer.json()
    assert problem["type"] == f"/problems/{slug}", problem
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == answer.request.url.raw_path.partition(b"?")[0].decode()
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    assert _pointers(problem.get("errors", ())) == sorted(pointers)
    assert all(one["code"] and one["message"] for one in problem.get("errors", ()))
    if oauth:
        assert problem["error_description"]
        assert error in (None, problem["error"])
    if operation is not None:
        assert status in BY_ID[operation].statuses
    if status in (429, 503):
        assert int(answer.headers["Retry-After"]) >= 1
    return problem


def _pointers(errors: Iterable[dict[str, str]]) -> list[tuple[str, str]]:
    return sorted((one["location"], one["pointer"]) for one in errors)
