"""The suite can fail: each fault that is planted in a mock, or in a run, makes it red."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from tallystick.mock.application import MockApplication, MockOptions, Workshop, assemble
from tallystick.mock.schemathesis import schemathesis_config
from tests.conformance.fuzzing import Effort, Phase, Run, Sent, fuzz
from tests.conformance.served import served
from tests.conformance.suite import FOLDER
from tests.conformance.verdict import findings

CONTRACT = FOLDER / "document" / "links.yaml"
EFFORT = Effort(examples=5)

Change = Callable[[dict[str, Any], dict[str, Any]], None]


class Faulty:
    """Changes what a mock answers; `change` gets the request's scope and the answer: status, headers, body."""

    def __init__(self, app: Any, change: Change) -> None:
        self._app = app
        self._change = change

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        answer: dict[str, Any] = {"body": b""}

        async def collect(message: dict[str, Any]) -> None:
            answer["body"] += message.pop("body", b"")
            answer.update(message)

        await self._app(scope, receive, collect)
        self._change(scope, answer)
        headers = [pair for pair in answer["headers"] if pair[0] != b"content-length"]
        await send({"type": "http.response.start", "status": answer["status"], "headers": headers})
        await send({"type": "http.response.body", "body": answer["body"]})


def undeclared_status(scope: dict[str, Any], answer: dict[str, Any]) -> None:
    if answer["status"] == 201:
        answer["status"] = 202


def missing_field(scope: dict[str, Any], answer: dict[str, Any]) -> None:
    answer["body"] = answer["body"].replace(b'"name"', b'"nam"')


def other_media_type(scope: dict[str, Any], answer: dict[str, Any]) -> None:
    answer["headers"] = [
        (name, b"text/html" if name == b"content-type" else value) for name, value in answer["headers"]
    ]


def wrong_input_accepted(scope: dict[str, Any], answer: dict[str, Any]) -> None:
    if scope["method"] == "DELETE" and answer["status"] == 422:
        answer.update(status=204, body=b"", headers=[])


def right_input_refused(scope: dict[str, Any], answer: dict[str, Any]) -> None:
    if scope["method"] == "DELETE" and answer["status"] == 204:
        answer["status"] = 422


def crash(scope: dict[str, Any], answer: dict[str, Any]) -> None:
    if scope["method"] == "DELETE":
        answer["status"] = 500


def dead_operation(scope: dict[str, Any], answer: dict[str, Any]) -> None:
    """Nothing that Schemathesis minds: a thing may always be missing."""
    if scope["method"] == "DELETE":
        answer.update(status=404, body=b'{"title": "Not found", "status": 404}')
        answer["headers"] = [(b"content-type", b"application/problem+json")]


def wrong_allow(scope: dict[str, Any], answer: dict[str, Any]) -> None:
    if answer["status"] == 405:
        answer["headers"] = [pair for pair in answer["headers"] if pair[0] != b"allow"]


@pytest.fixture(scope="module")
def application() -> Iterator[MockApplication]:
    workshop = Workshop()
    yield assemble(workshop.generate(CONTRACT), MockOptions())
    workshop.close()


@contextmanager
def run_of(application: MockApplication, change: Change | None) -> Iterator[Run]:
    app: Any = application.app if change is None else Faulty(application.app, change)
    with served(app) as url:
        yield fuzz(CONTRACT, schemathesis_config(url, application.credentials, application.operations), EFFORT)


@pytest.mark.parametrize(
    "change",
    [undeclared_status, missing_field, other_media_type, wrong_input_accepted, right_input_refused, crash,
     dead_operation, wrong_allow],
)  # fmt: skip
def test_a_fault_of_the_server_is_found(application: MockApplication, change: Change) -> None:
    with run_of(application, change) as run:
        assert findings(run) != []


def test_without_a_fault_the_same_run_is_green(application: MockApplication) -> None:
    """Otherwise the faults above would prove nothing."""
    with run_of(application, None) as run:
        assert findings(run) == []
        assert {one.phase for one in run.sent} == {"examples", "coverage", "fuzzing", "stateful"}


OPERATION = "GET /a"
GREEN = Run(
    (OPERATION,),
    {name: Phase("success", None) for name in ("examples", "coverage", "fuzzing", "stateful")},
    [
        Sent(name, OPERATION, 200, positive=True, derived=False)
        for name in ("examples", "coverage", "fuzzing", "stateful")
    ],
    has_finished=True,
)


def sent(run: Run, **changes: Any) -> Run:
    return replace(run, sent=[replace(one, **changes) for one in run.sent])


def without(phase: str) -> Run:
    return replace(GREEN, phases={name: one for name, one in GREEN.phases.items() if name != phase})


def skipped(phase: str, reason: str) -> Run:
    return replace(GREEN, phases={**GREEN.phases, phase: Phase("skip", reason)})


def sent_only(*phases: str) -> Run:
    return replace(GREEN, sent=[one for one in GREEN.sent if one.phase in phases])


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (GREEN, []),
        (replace(GREEN, failures=["a", "b", "a"]), ["a", "b"]),
        (replace(GREEN, has_finished=False), ["the run did not come to its end"]),
        (replace(GREEN, operations=()), ["the contract has no operation"]),
        (without("coverage"), ["the phase coverage did not run"]),
        (skipped("fuzzing", "disabled"), ["the phase fuzzing was skipped: disabled"]),
        (skipped("stateful", "disabled"), ["the phase stateful was skipped: disabled"]),
        (skipped("stateful", "not_applicable"), []),
        (sent_only("examples", "coverage", "fuzzing"), ["the phase stateful sent nothing"]),
        (sent_only("coverage", "fuzzing", "stateful"), ["GET /a: no request in the phase examples"]),
        (sent(GREEN, status=404), ["GET /a: no request that keeps the contract was accepted"]),
        (sent(GREEN, status=None), ["GET /a: no request that keeps the contract was accepted"]),
        (sent(GREEN, positive=False), ["GET /a: no request that keeps the contract was accepted"]),
    ],
)
def test_what_a_run_has_to_show(run: Run, expected: list[str]) -> None:
    """A run that tried nothing has no failures either."""
    assert findings(run) == expected


def test_requests_that_checks_send_count_for_nothing() -> None:
    assert len(findings(sent(GREEN, derived=True))) == 3


def test_there_are_contracts_for_every_chapter() -> None:
    chapters = {path.name: len(list(path.rglob("*.yaml"))) for path in FOLDER.iterdir() if path.is_dir()}
    assert sum(chapters.values()) >= 60
    assert {"parameters", "bodies", "schemas", "responses", "security", "document", "policies"} <= chapters.keys()
