"""The table from errors to problems is total: nothing a handler can raise is answered by chance."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType

import pytest

import app.domain
import app.kit
from app.domain.auth.errors import IncompleteGrant, InvalidGrant, InvalidScope, UnsupportedGrantType
from app.domain.ops.errors import Dependency, NotReady
from app.kit.db_errors import translate as translate_driver_error
from app.kit.errors import ConstraintViolated, DatabaseBusy, DatabaseUnavailable, DataRejected, StoreError
from app.kit.keys import KeyFormatError
from app.kit.passwords import TooBusy
from app.kit.postgres import EmbeddedPostgresError
from app.kit.postgres_programs import ProgramsMissing
from app.kit.tokens import InvalidToken
from app.kit.variables import SettingsError
from app.server.errors import PROBLEM_OF, translate
from generated import problems
from generated.operations import OPERATIONS
from tallystick.runtime.operation import Operation
from tallystick.runtime.problems import Kind, Problem, Refusal, Violation

# Errors that no request can meet, each with the reason.
NEVER_LEAVES: Mapping[type[Exception], str] = {
    StoreError: "only a base: nobody raises it",
    InvalidToken: "the verifier turns it into 401",
    KeyFormatError: "stops the server from starting",
    SettingsError: "stops the server from starting",
    EmbeddedPostgresError: "stops the server from starting",
    ProgramsMissing: "stops the server from starting",
}
# How to make one, where the class asks for something.
SAMPLES: Mapping[type[Exception], Callable[[], Exception]] = {
    ConstraintViolated: lambda: ConstraintViolated("23505", "uq_users_email"),
    DatabaseBusy: lambda: DatabaseBusy("55P03"),
    IncompleteGrant: lambda: IncompleteGrant("password", ["/username", "/password"]),
    InvalidGrant: lambda: InvalidGrant("The e-mail address or the password is wrong."),
    UnsupportedGrantType: lambda: UnsupportedGrantType("Use the grant password or refresh_token."),
    InvalidScope: lambda: InvalidScope(frozenset({"users:write"})),
    NotReady: lambda: NotReady("The database does not answer.", [Dependency("database", is_up=False)]),
    TooBusy: TooBusy,
}
# Refusals that the run time knows and that no operation of this contract can lead to.
UNREACHABLE = {Kind.NOT_IMPLEMENTED: "every operation is implemented"}


def modules(package: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        yield importlib.import_module(found.name)


def errors() -> list[type[Exception]]:
    """Every exception class that domains and kit define."""
    found = {
        value
        for package in (app.domain, app.kit)
        for module in modules(package)
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Exception) and value.__module__ == module.__name__
    }
    return sorted(found, key=lambda one: f"{one.__module__}.{one.__qualname__}")


def sample(error: type[Exception]) -> Exception:
    return SAMPLES.get(error, error)()


def spec_names(answer: Problem | Refusal) -> set[str]:
    """The problems of the contract that an answer may become, by operation."""
    if isinstance(answer, Problem):
        return {answer.spec.name}
    return {one.refusals[answer.kind].name for one in OPERATIONS if answer.kind in one.refusals}


ERRORS = [error for error in errors() if error not in NEVER_LEAVES]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: f"{error.__module__}.{error.__qualname__}")
def test_every_error_is_answered_by_a_problem_of_the_contract(error: type[Exception]) -> None:
    answer = translate(sample(error))
    assert answer is not None, f"{error.__qualname__} would be a 500: add it to app.server.errors"
    names = spec_names(answer)
    assert names
    assert names <= set(contract_problems())
    declared = {name for operation in OPERATIONS for name in operation.problems}
    assert names & declared, f"no operation declares {names}"


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: f"{error.__module__}.{error.__qualname__}")
def test_every_answer_explains_itself(error: type[Exception]) -> None:
    answer = translate(sample(error))
    assert answer is not None
    assert answer.detail
    assert answer.detail.endswith(".")
    for violation in answer.errors:
        assert isinstance(violation, Violation)
        assert violation.pointer == "" or violation.pointer.startswith("/")


def test_errors_are_found_where_they_are_defined() -> None:
    """An empty list would make the tests above pass."""
    assert len(ERRORS) >= 18
    assert {error.__module__.rpartition(".")[2] for error in ERRORS} == {"errors", "passwords"}


def test_the_table_and_the_list_of_exceptions_hold_nothing_that_is_gone() -> None:
    known = set(errors())
    assert set(PROBLEM_OF) <= known
    assert set(NEVER_LEAVES) <= known
    assert set(SAMPLES) <= known
    assert not set(NEVER_LEAVES) & set(PROBLEM_OF)


def test_a_subclass_is_answered_like_its_nearest_base() -> None:
    class Deadlock(DatabaseBusy):
        """Something more special."""

    answer = translate(Deadlock("40P01"))
    assert isinstance(answer, Refusal)
    assert (answer.kind, answer.headers["Retry-After"]) == (Kind.SERVICE_UNAVAILABLE, "1")


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), AssertionError(), RuntimeError("x"), StoreError()])
def test_faults_of_the_program_are_nobodys_fault_but_ours(error: Exception) -> None:
    """A bare ValueError turned into a 4xx would hide bugs from us and from the fuzzer."""
    assert translate(error) is None


def test_unavailable_databases_say_how_long_to_wait() -> None:
    for error, seconds in ((DatabaseUnavailable("gone"), "5"), (DatabaseBusy("busy"), "1")):
        answer = translate(error)
        assert answer is not None
        assert answer.headers["Retry-After"] == seconds
        assert "gone" not in str(answer.detail), "what the database said stays inside"


def test_what_the_database_rejects_is_a_client_error_and_tells_nothing_of_it() -> None:
    answer = translate(DataRejected("22003 integer out of range"))
    assert isinstance(answer, Refusal)
    assert answer.kind is Kind.VALIDATION_FAILED
    assert "22003" not in str(answer.detail)


@pytest.mark.parametrize("error", [TimeoutError(), ConnectionRefusedError(), OSError("x")])
def test_what_the_driver_raises_on_the_way_to_the_database_is_answered_too(error: Exception) -> None:
    answer = translate(translate_driver_error(error))
    assert isinstance(answer, Refusal)
    assert answer.kind is Kind.SERVICE_UNAVAILABLE


def contract_problems() -> dict[str, type[Problem]]:
    """The problem classes that were generated, by name."""
    return {
        name: value
        for name, value in vars(problems).items()
        if isinstance(value, type) and issubclass(value, Problem) and value is not Problem
    }


def test_every_problem_of_the_contract_is_raised_or_chosen_by_somebody() -> None:
    raised = {name for error in ERRORS if (answer := translate(sample(error))) for name in spec_names(answer)}
    chosen = {spec.name for one in OPERATIONS for kind, spec in one.refusals.items() if kind not in UNREACHABLE}
    assert set(contract_problems()) - raised - chosen == set()


def test_every_declared_problem_exists_and_every_problem_is_declared() -> None:
    declared = {name for operation in OPERATIONS for name in operation.problems}
    assert declared == set(contract_problems())


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_refusals_are_answered_with_what_the_operation_declares(operation: Operation) -> None:
    for kind, spec in operation.refusals.items():
        assert spec.status in operation.statuses, kind
        assert spec.name in operation.problems, kind
