"""Each check is silent on a server that is right, and finds the fault that it is there for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from schemathesis import Case

from tallystick.checks.fuzz.bounds import BodyLimit, ClosedQuery, Negotiation
from tallystick.checks.fuzz.harness import HARNESS, Nobody, SuccessCheck
from tallystick.checks.fuzz.pages import PageContract
from tallystick.checks.fuzz.registry import CHECKS, register
from tallystick.checks.fuzz.security import ForgedToken, PeerWrite, ScopeEnforcement
from tallystick.checks.fuzz.writes import GoneAfterDelete, Idempotency, ReadYourWrites, StaleEtag
from tests.tallystick.checks.notes_server import ALICE, BOB, CONTRACT, READER, WRITER, Notes, serving

SCHEMA = schemathesis.openapi.from_dict(CONTRACT)


class NotesPeople:
    """Alice and Bob are peers; each scope can be taken from Alice."""

    def lacking(self, scope: str, /) -> str | None:
        return f"Bearer {WRITER if scope == 'notes:read' else READER}"

    def peer_of(self, authorization: str, /) -> str | None:
        return f"Bearer {BOB}" if authorization == f"Bearer {ALICE}" else None


@pytest.fixture(autouse=True)
def ledger(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "ledger.ndjson"
    before = HARNESS.credentials
    HARNESS.configure(NotesPeople(), path)
    yield path
    HARNESS.configure(before)


def case(method: str, path: str, *, note: str | None = None, **parts: Any) -> Case[Any]:
    headers = {"Authorization": f"Bearer {ALICE}", **parts.pop("headers", {})}
    parameters = {"note_id": note} if note is not None else {}
    made = SCHEMA[path][method].Case(path_parameters=parameters, headers=headers, **parts)
    made._auth_identity = "alice"
    return made


def list_notes(state: Notes, **query: str) -> Case[Any]:
    for text in "abcdefg":
        state.add(text, colour="red" if text in "aceg" else "blue")
    return case("GET", "/notes", query=query)


def create_note(_: Notes) -> Case[Any]:
    headers = {"Idempotency-Key": "once"}
    return case("POST", "/notes", headers=headers, body={"text": "new"}, media_type="application/json")


def replace_note(state: Notes) -> Case[Any]:
    note = state.add("old")
    headers = {"If-Match": state.etag(note)}
    return case(
        "PUT", "/notes/{note_id}", note=note, headers=headers, body={"text": "new"}, media_type="application/json"
    )


def delete_note(state: Notes) -> Case[Any]:
    note = state.add("old")
    return case("DELETE", "/notes/{note_id}", note=note, headers={"If-Match": state.etag(note)})


def get_note(state: Notes) -> Case[Any]:
    return case("GET", "/notes/{note_id}", note=state.add("old"))


class AfterMade(PageContract):
    """Knows that one parameter bounds a property of another name."""

    def __init__(self) -> None:
        super().__init__(lower={"made_after": "made"})


Make = Callable[[Notes], Case[Any]]
FINDINGS: list[tuple[type[SuccessCheck], Make, str, str]] = [
    (ScopeEnforcement, get_note, "scope", "without the scope notes:read"),
    (ForgedToken, get_note, "forged", "changed signature"),
    (PeerWrite, replace_note, "peer", "does not own"),
    (PeerWrite, create_note, "peer", "DELETE /notes/{note_id} answered 204"),
    (PeerWrite, get_note, "peer", "DELETE /notes/{note_id} answered 204"),
    (PageContract, lambda state: list_notes(state, limit="2"), "limit", "the limit was"),
    (PageContract, lambda state: list_notes(state, limit="2"), "loop", "the list never ends"),
    (PageContract, lambda state: list_notes(state, limit="2"), "overlap", "on two pages"),
    (PageContract, lambda state: list_notes(state, colour="blue"), "filter", "colour='red'"),
    (AfterMade, lambda state: list_notes(state, made_after="2026-01-03Z"), "filter", "made='2026-01-01Z'"),
    (PageContract, lambda state: list_notes(state, sort="-text"), "order", "not in that order"),
    (Negotiation, list_notes, "media", "expected 406"),
    (ClosedQuery, list_notes, "open", "to the query nobody-asked=1, expected 400"),
    (ClosedQuery, lambda state: list_notes(state, limit="2"), "open", "to the query nobody-asked=1"),
    (BodyLimit, create_note, "size", "a body of 1001 bytes"),
    (Idempotency, create_note, "idempotency", "did not give the first answer again"),
    (StaleEtag, replace_note, "stale", "outdated If-Match"),
    (ReadYourWrites, replace_note, "lost", "reads afterwards"),
    (ReadYourWrites, replace_note, "ignored", "was asked to write"),
    (GoneAfterDelete, delete_note, "undead", "answered 200 after"),
]


@pytest.mark.parametrize(("check", "make", "fault", "message"), FINDINGS)
def test_a_check_finds_its_fault_and_nothing_without_it(
    check: type[SuccessCheck], make: Make, fault: str, message: str
) -> None:
    _examine(check(), make, Notes())
    with pytest.raises(AssertionError, match=re.escape(message)):
        _examine(check(), make, Notes(faults={fault}))


def test_a_budget_bounds_the_extra_requests_of_a_run(ledger: Path) -> None:
    """Without it a check that asks twice as much as the fuzzer would halve the fuzzing."""
    check = Idempotency(per_operation=2)
    state = Notes()
    for _ in range(5):
        state.keys.clear()
        _examine(check, create_note, state)
    assert len(ledger.read_text().splitlines()) == 4


def test_the_ledger_names_operation_and_status(ledger: Path) -> None:
    """The gates count these pairs: without them 403 would seem never to be tried."""
    _examine(ScopeEnforcement(), get_note, Notes())
    line = json.loads(ledger.read_text())
    assert line == {"check": "ScopeEnforcement", "operation": "GET /notes/{note_id}", "status": 403}


def test_a_failed_request_is_nobody_s_finding() -> None:
    """Checks that look at refusals would report the fuzzer's own bad requests."""
    request = case("GET", "/notes/{note_id}", note="missing")
    with serving(Notes(faults={"scope", "forged", "peer"})) as url:
        response = request.call(url)
        assert ScopeEnforcement().after_response(_CONTEXT, response, request) is True


ALL_CHECKS = [*CHECKS, AfterMade]
SILENT: list[tuple[str, Make]] = [
    ("nobody needs to be known", lambda _: case("GET", "/open")),
    ("nobody is known", lambda _: SCHEMA["/open"]["GET"].Case()),
    ("no filter that is known", lambda state: list_notes(state, limit="many", done="False", made_after="now")),
]


@pytest.mark.parametrize(("why", "make"), SILENT)
def test_what_a_check_cannot_judge_it_lets_pass(why: str, make: Make) -> None:
    HARNESS.configure(Nobody())
    state = Notes()
    with serving(state) as url:
        request = make(state)
        response = request.call(url)
        for check in ALL_CHECKS:
            check().after_response(_CONTEXT, response, request)


@pytest.mark.parametrize(("check", "make"), [row[:2] for row in FINDINGS if row[0] is not AfterMade])
def test_a_spent_budget_ends_the_extra_requests(check: type[SuccessCheck], make: Make, ledger: Path) -> None:
    limits = {"walks_per_operation": 0} if check is PageContract else {"per_operation": 0}
    _examine(check(**limits), make, Notes())
    assert not ledger.exists()


def test_checks_are_registered_under_their_class_names() -> None:
    """`[checks.<Name>]` in the configuration goes by these names; an unknown one ends the run."""
    register()
    try:
        assert {check.__name__ for check in CHECKS} <= set(schemathesis.checks.CHECKS.get_all_names())
    finally:
        for check in CHECKS:
            schemathesis.checks.CHECKS.unregister(check.__name__)


_CONTEXT: Any = None


def _examine(check: SuccessCheck, make: Make, state: Notes) -> None:
    with serving(state) as url:
        request = make(state)
        check.after_response(_CONTEXT, request.call(url), request)
