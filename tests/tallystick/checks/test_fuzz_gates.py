"""The gates: a run that tried too little, or was turned away, is red although no check found anything."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tallystick.checks.fuzz.contract import FuzzContract
from tallystick.checks.fuzz.events import SeenCase, read_events, read_ledger
from tallystick.checks.fuzz.gates import GateConfigurationError, Gates, Limits, findings, tally
from tallystick.checks.fuzz.summary import Invocation, SeedResult
from tests.tallystick.checks.notes_server import CONTRACT

NOTES = FuzzContract(CONTRACT)
LIST = "GET /notes"


def seen(count: int, status: int = 200, *, positive: bool = True, **more: Any) -> list[SeenCase]:
    return [SeenCase(LIST, more.pop("phase", "coverage"), status, positive, **more)] * count


def found(cases: Iterable[SeenCase], limits: Limits | None = None) -> list[str]:
    """What the gates say of the one operation that has cases."""
    tallies = {LIST: tally(NOTES, cases)[LIST]}
    return findings(tallies, Gates(limits or Limits()), ["coverage"])


def test_a_run_that_gets_through_passes() -> None:
    assert found(seen(10) + seen(30, 401, positive=False, anonymous=True)) == []


def test_a_server_that_answers_401_to_everything_is_red() -> None:
    """It passes every check of the tool."""
    lines = found(seen(20, 401))
    assert any("0 of 20 positive cases were accepted" in line for line in lines)
    assert any("20 of 20 cases got 401 or 429" in line for line in lines)


def test_a_phase_that_was_cut_short_is_red() -> None:
    """A time budget shrinks phases, and the tool says nothing of it."""
    assert found(seen(3), Limits(minimum={"coverage": 4})) == [
        "GET /notes: 3 cases in the phase coverage, at least 4 are needed; a phase that time bounds may need more of it"
    ]


def test_an_undeclared_status_is_red_even_if_a_check_met_it() -> None:
    assert found(seen(5) + seen(1, 418, derived=True)) == [
        "GET /notes: answered 418, which the contract does not declare"
    ]


def test_wrong_methods_and_requests_of_checks_count_for_nothing_else() -> None:
    """They would dilute the shares."""
    cases = seen(5) + seen(50, 405, wrong_method=True) + seen(50, 401, derived=True)
    assert found(cases) == []


def test_exceptions_are_by_operation_and_need_a_reason(tmp_path: Path) -> None:
    file = tmp_path / "gates.toml"
    file.write_text('accepted = 0.5\n[minimum]\ncoverage = 3\n[[exception]]\noperation = "open"\naccepted = 0.0\n')
    with pytest.raises(GateConfigurationError, match="reason"):
        Gates.load(file)
    file.write_text(file.read_text() + 'reason = "it is never there"\n[exception.minimum]\nfuzzing = 2\n')
    gates = Gates.load(file)
    operation = NOTES.find("GET", "/open")
    assert operation is not None
    assert gates.of(operation) == Limits(accepted=0.0, minimum={"coverage": 3, "fuzzing": 2})
    assert gates.unknown(NOTES) == []
    file.write_text("limit = 3\n")
    with pytest.raises(GateConfigurationError, match="limit"):
        Gates.load(file)


def test_an_exception_for_nothing_is_named() -> None:
    """It outlives the operation that it was for otherwise."""
    assert Gates(Limits(), {"renamed": Limits()}).unknown(NOTES) == ["renamed"]


def event(identifier: str, *, status: int, **more: Any) -> dict[str, Any]:
    """A scenario with one case, as Schemathesis writes it."""
    meta = {"generation": {"mode": more.get("mode", "positive")}, "phase": {"data": more.get("data", {})}}
    node: dict[str, Any] = {"value": {"method": "get", "path": "/notes", "meta": meta}, **more.get("node", {})}
    recorder = {
        "cases": {identifier: node},
        "interactions": {
            identifier: {"request": {"headers": more.get("headers", {})}, "response": {"status_code": status}}
        },
        "checks": {identifier: more.get("checks", [])},
    }
    return {"ScenarioFinished": {"phase": "coverage", "recorder": recorder}}


def test_events_are_read_as_what_they_were(tmp_path: Path) -> None:
    """The gates stand on this reading; the shape is that of the pinned version of the tool."""
    failure = {"name": "a_check", "status": "failure", "failure_info": {"failure": {"title": "t", "message": "m\n n"}}}
    key = {"Authorization": ["[Filtered]"]}
    events = [
        {"Initialize": {}},
        event("a", status=200, headers=key, checks=[failure, {"name": "b", "status": "success"}]),
        event("a", status=200),
        event("b", status=401, mode="negative", data={"parameter": "Authorization"}, headers=key),
        event("c", status=405, data={"scenario": "unspecified_http_method"}),
        event("d", status=401, node={"parent_id": "a"}),
        event("e", status=200, node={"parent_id": "a", "transition": {}}),
    ]
    file = tmp_path / "events.ndjson"
    file.write_text("\n".join(map(json.dumps, events)))
    first, second, third, fourth, fifth = read_events(file)
    assert (first.operation, first.phase, first.status, first.positive) == (LIST, "coverage", 200, True)
    assert [(each.check, each.message) for each in first.failed] == [("a_check", "m n")]
    assert not first.anonymous
    assert (second.anonymous, second.positive) == (True, False)
    assert (third.wrong_method, third.anonymous) == (True, True)
    assert (fourth.derived, fifth.derived) == (True, False)


def test_the_ledger_counts_as_requests_of_checks(tmp_path: Path) -> None:
    assert list(read_ledger(tmp_path / "none")) == []
    file = tmp_path / "ledger.ndjson"
    file.write_text('{"check": "PeerWrite", "operation": "GET /notes", "status": 404}\n')
    (case,) = read_ledger(file)
    assert (case.operation, case.status, case.derived, case.positive) == (LIST, 404, True, False)


def result(exit_code: int = 0, gates: list[str] | None = None, report: dict[str, Any] | None = None) -> SeedResult:
    invocation = Invocation(("coverage",), exit_code, 2.0, {"errors": []} if report is None else report)
    return SeedResult(7, (invocation,), tally(NOTES, seen(10)), gates or [])


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (result(), 0),
        (result(exit_code=1), 1),
        (result(gates=["too few"]), 1),
        (result(report={"warnings": {"missing_auth": [LIST]}}), 1),
        (result(exit_code=2), 2),
        (result(report={}), 2),
    ],
)
def test_the_exit_code_tells_findings_from_a_run_that_did_not_happen(given: SeedResult, code: int) -> None:
    assert given.exit_code == code


def test_the_summary_says_what_was_tried() -> None:
    data = result(gates=["too few"]).as_json()
    assert data["cases"] == 10
    assert data["cases_per_second"] == 5.0
    assert data["operations"][LIST]["statuses"] == {"200": 10}
    assert (data["pairs_seen"], data["pairs_declared"]) == (1, 8)
    text = "\n".join(result(gates=["too few"]).as_text())
    assert "GATE   too few" in text
    assert "10 cases in 2 s (5 per second)" in text


def test_the_summary_names_each_finding_once() -> None:
    """Thousands of cases fail for one reason."""
    errors = {"errors": [{"title": "Hook Error", "count": 4}], "warnings": {"rate_limited": [LIST]}}
    given = result(exit_code=1, report=errors)
    given.failed.update({("PageContract", LIST, "too long"): 3})
    assert given.failures == [
        f"PageContract on {LIST}, 3 times: too long",
        "error: Hook Error (4 times)",
        f"warning rate_limited: {LIST}",
    ]
    assert given.caught_by == ["PageContract"]
    text = "\n".join(given.as_text())
    assert "FAILED PageContract" in text
    assert "clean" not in text
    assert "clean" in "\n".join(result().as_text())


def test_scopes_are_those_that_every_caller_needs() -> None:
    document = {
        "paths": {
            "/a": {"get": {"security": [{"x": ["one", "two"]}, {"y": ["two"]}], "responses": {}}},
            "/a/{id}": {"parameters": [{"name": "id", "in": "path", "required": True}], "get": {"responses": {}}},
            "/a/b": {"get": {"security": [{}, {"x": ["one"]}], "responses": {"default": {}}}},
        },
        "security": [{"x": []}],
    }
    contract = FuzzContract(document)
    first, second, third = contract.operations.values()
    assert (first.scopes, first.secured) == (frozenset({"two"}), True)
    assert (second.secured, second.parameter("path", "id") is not None) == (True, True)
    assert (third.secured, third.statuses) == (False, frozenset())
    assert contract.match("get", "/a/b") is third
    assert contract.match("get", "/a/c") is second
    assert contract.match("get", "/a/") is None
