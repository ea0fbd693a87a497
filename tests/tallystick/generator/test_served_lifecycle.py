"""Deprecation and sunset: a fault here and clients hear of an end when it has come, or of one that does not come."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.support.contracts import Contracts, Package, refused

Made = Callable[[str], Package]
END_OF_ALL = "Tue, 01 Jan 2030 00:00:00 GMT"


def ends(answer: httpx.Response) -> tuple[str | None, str | None]:
    """What an answer says of the operation's end."""
    return answer.headers.get("deprecation"), answer.headers.get("sunset")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/inherited", (None, END_OF_ALL)),
        ("/declared", ("@1688169599", "Fri, 01 Jan 2027 00:00:00 GMT")),
        ("/example", ("@1700000000", END_OF_ALL)),
        ("/current", (None, END_OF_ALL)),
        ("/bare", (None, END_OF_ALL)),
    ],
)
async def test_answers_say_when_an_operation_ends(package: Made, path: str, expected: tuple[str, str]) -> None:
    typed = {name: package("lifecycle").answer("default", f"{name.title()}204")() for name in ("current", "declared")}
    served = package("lifecycle").serve(inherited=None, example=None, bare=None, **typed)
    answer = await served.get(path)
    assert answer.status_code == 204
    assert ends(answer) == expected


async def test_refusals_say_it_too_and_handlers_need_not(package: Made) -> None:
    made = package("lifecycle")
    dated = made.answer("default", "Dated200")
    served = made.serve(dated=dated(body=made.models.Old(a=1), x_a="x"))
    expected = ("@1738281600", "Thu, 31 Dec 2026 10:00:00 GMT")
    answer = await served.get("/dated?old=1")
    assert (answer.status_code, ends(answer), answer.headers["x-a"]) == (200, expected, "x")
    answer = await served.get("/dated?old=x")
    assert (answer.status_code, ends(answer)) == (422, expected)
    assert answer.headers.get_list("sunset") == [expected[1]]


def test_what_is_written_says_what_is_old(package: Made) -> None:
    made = package("lifecycle")
    handlers = made.module("handlers.default").DefaultHandlers
    assert "Deprecated since 2025-01-31, answered until 2026-12-31." in handlers.dated.__doc__
    assert "Deprecated parameters: old." in handlers.dated.__doc__
    assert "Answered until 2030-01-01." in handlers.inherited.__doc__
    assert "Deprecated" not in handlers.inherited.__doc__
    source = made.source("models.py")
    assert '"""Deprecated. The first."""' in source
    assert '"""Deprecated."""' in source


@pytest.mark.parametrize(
    ("extensions", "places"),
    [
        ("deprecated: true, x-deprecated-since: soon", ["1:58"]),
        ("x-deprecated-since: '2026-01-01'", ["1:40"]),
        ("deprecated: true, x-deprecated-since: '2026-02-01', x-sunset: '2026-01-01'", ["1:58"]),
        ("x-sunset: '2026-02-30'", ["1:30"]),
        ("x-sunset: '2026-02-20T10:00:00'", ["1:30"]),
        ("x-sunset: 2026", ["1:30"]),
        ("x-transaction: maybe", ["1:35"]),
    ],
)
def test_what_is_no_date_is_refused(tmp_path: Path, extensions: str, places: list[str]) -> None:
    text = f"paths: {{/a: {{get: {{{extensions}, operationId: a, responses: {{'204': {{description: ok}}}}}}}}}}\n"
    assert refused(tmp_path, text) == [f"{place} invalid-extension" for place in places]


@pytest.mark.parametrize(
    ("operation", "writes"),
    [
        ("get: {operationId: a, ", False),
        ("post: {operationId: a, ", True),
        ("get: {operationId: a, x-transaction: write, ", True),
        ("post: {operationId: a, x-transaction: read, ", False),
    ],
)
def test_the_table_says_what_writes(contracts: Contracts, operation: str, writes: bool) -> None:
    made = contracts.text(f"paths: {{/a: {{{operation}responses: {{'204': {{description: ok}}}}}}}}}}\n")
    assert made.operations.A.writes is writes
