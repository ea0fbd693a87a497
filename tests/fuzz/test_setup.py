"""The fuzzer's configuration fits the contract; what fits nothing any more would steer and allow in silence."""

from __future__ import annotations

import tomllib
from typing import Any

from tests.fuzz.faults import FAULTS
from tests.fuzz.people import logins
from tests.fuzz.run import GATES, load_contract, parts
from tests.fuzz.steering import STEERS
from tests.fuzz.tool import CONFIGURATION

OPERATIONS = {operation.id for operation in load_contract().operations.values()}


def configuration() -> dict[str, Any]:
    return tomllib.loads(CONFIGURATION.read_text(encoding="utf-8"))


def test_every_operation_that_is_steered_exists() -> None:
    assert STEERS.keys() <= OPERATIONS


def test_every_operation_that_is_configured_exists() -> None:
    for entry in configuration()["operations"]:
        named = entry["include-operation-id"]
        assert set([named] if isinstance(named, str) else named) <= OPERATIONS


def test_no_check_is_switched_off_and_warnings_fail() -> None:
    """A green run with a silent check says nothing."""
    config = configuration()
    scopes = [config, *config["operations"], *config["phases"].values()]
    checks = [check for scope in scopes for check in scope.get("checks", {}).values() if isinstance(check, dict)]
    assert all(check.get("enabled", True) for check in checks)
    assert config["warnings"]["fail-on"] is True
    assert not any(entry.get("warnings") or entry.get("enabled") is False for entry in config["operations"])


def test_no_server_error_is_ever_expected() -> None:
    text = CONFIGURATION.read_text(encoding="utf-8")
    assert '"5' not in text.replace("Not 5xx", "")


def test_every_list_of_statuses_stands_beside_its_reason() -> None:
    lines = CONFIGURATION.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if "expected-statuses" in line:
            above = next(each for each in reversed(lines[:number]) if "=" not in each and not each.startswith("[["))
            assert above.startswith("#"), f"line {number + 1} gives no reason"


def test_exceptions_of_the_gates_stand_beside_their_reason() -> None:
    data = tomllib.loads(GATES.read_text(encoding="utf-8"))
    for entry in data.get("exception", []):
        assert entry["reason"]
        assert entry["operation"] in OPERATIONS


def test_time_bounds_only_what_never_ends() -> None:
    """Bounded, examples and coverage would lose cases without a word."""
    assert [(part.phases, part.seconds) for part in parts(7)] == [
        (("examples", "coverage"), None),
        (("fuzzing", "stateful"), 7),
    ]


def test_the_identities_are_there() -> None:
    assert list(logins()) == ["alice", "bob", "mod", "admin"]
    assert configuration()["auth"]["wfc"]["peers"] == ["alice", "bob"]


def test_the_self_test_plants_ten_faults() -> None:
    assert len(FAULTS) == 10
    assert all((fault.edge is None) != (fault.items is None) for fault in FAULTS.values())
