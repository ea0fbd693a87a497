"""Schemathesis in this process: all phases, every check, and a record of what was sent for which operation."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.result import Err
from schemathesis.engine import events, from_schema
from schemathesis.engine.recorder import CheckNode
from schemathesis.engine.run import TESTING_PHASES, PhaseName, PhaseSkipReason
from schemathesis.schemas import BaseSchema

from tallystick.mock.application import Generated, MockOptions, assemble
from tallystick.mock.schemathesis import schemathesis_config
from tests.conformance.served import served

PHASES = tuple(phase.value for phase in TESTING_PHASES)
NOT_APPLICABLE = PhaseSkipReason.NOT_APPLICABLE.value
_SHOWN = 2_000


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is sent: cases of fuzzing per operation, and scenarios of the stateful phase."""

    examples: int
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Sent:
    """One request; `positive` if it kept the contract, `derived` if a check sent it by itself."""

    phase: str
    operation: str
    status: int | None
    positive: bool
    derived: bool


@dataclass(frozen=True, slots=True)
class Phase:
    """How a phase ended; `skipped` says why it did not run."""

    status: str
    skipped: str | None


@dataclass
class Run:
    """What one run of the fuzzer did."""

    operations: tuple[str, ...]
    phases: dict[str, Phase] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    has_finished: bool = False

    def count(self, phase: str, operation: str) -> int:
        """Requests of a phase for an operation."""
        return sum(one.phase == phase and one.operation == operation and not one.derived for one in self.sent)

    def is_accepted(self, operation: str) -> bool:
        """Whether a request that keeps the contract reached the handler and got its answer."""
        return any(
            one.operation == operation and one.positive and one.status is not None and 200 <= one.status < 400
            for one in self.sent
        )


def fuzz_mock(made: Generated, contract: Path, effort: Effort, *, stateful: bool, tag: str | None = None) -> Run:
    """Fuzz a fresh mock, configured as `tally mock --schemathesis-config` configures it; see `fuzz`."""
    application = assemble(made, MockOptions(stateful=stateful))
    with served(application.app) as url:
        return fuzz(
            contract,
            schemathesis_config(url + application.base_path, application.credentials, application.operations),
            effort,
            tag,
        )


def fuzz(contract: Path, configuration: str, effort: Effort, tag: str | None = None) -> Run:
    """Fuzz what the configuration names; all operations, or those of a tag."""
    config = SchemathesisConfig.from_dict(_completed(tomllib.loads(configuration), effort))
    whole = schemathesis.openapi.from_path(contract, config=config)
    schema = whole if tag is None else whole.include(tag=tag)
    run = Run(tuple(_labels(schema)))
    for event in from_schema(schema).execute():
        _note(run, event)
    return run


def _labels(schema: BaseSchema) -> Iterator[str]:
    for result in schema.get_all_operations():
        if isinstance(result, Err):
            raise result.err()
        yield result.ok().label


def _completed(configuration: dict[str, Any], effort: Effort) -> dict[str, Any]:
    """Nothing is remembered between runs, and a phase does not end with its first failure."""
    generation = {"max-examples": effort.examples, "database": "none", "no-shrink": True}
    return {
        **configuration,
        "seed": effort.seed,
        "continue-on-failure": True,
        "cache": {"enabled": False},
        "generation": {**configuration.get("generation", {}), **generation},
        "phases": {"examples": {"fill-missing": True}},
    }


def _note(run: Run, event: events.EngineEvent) -> None:
    match event:
        case events.ScenarioFinished():
            run.sent += _sent(event)
            run.failures += _failures(event)
        case events.PhaseFinished():
            reason = event.phase.skip_reason
            run.phases[event.phase.name.value] = Phase(event.status.value, None if reason is None else reason.value)
        case events.NonFatalError():
            run.failures.append(f"error of {event.label} in {event.phase}: {event.info.format()}")
        case events.FatalError():
            run.failures.append(f"Schemathesis broke: {event.exception!r}")
        case events.EngineFinished():
            run.has_finished = True


def _sent(scenario: events.ScenarioFinished) -> Iterator[Sent]:
    for identifier, node in scenario.recorder.cases.items():
        interaction = scenario.recorder.interactions.get(identifier)
        response = None if interaction is None else interaction.response
        meta = node.value.meta
        # Examples are never meant to be refused; they do not say so themselves.
        is_example = scenario.phase is PhaseName.EXAMPLES and node.parent_id is None
        yield Sent(
            phase=scenario.phase.value,
            operation=node.value.operation.label,
            status=None if response is None else response.status_code,
            positive=is_example or (meta is not None and meta.generation.mode.is_positive),
            # A step of the state machine has a parent and the transition that led to it.
            derived=node.parent_id is not None and node.transition is None,
        )


def _failures(scenario: events.ScenarioFinished) -> Iterator[str]:
    for identifier, checks in scenario.recorder.checks.items():
        for check in checks:
            if check.status.value != "success":
                operation = scenario.recorder.cases[identifier].value.operation.label
                yield f"{check.name} on {operation} in {scenario.phase.value}: {_told(check)}"


def _told(check: CheckNode) -> str:
    if check.failure_info is None:
        return "the check broke"
    failure = check.failure_info.failure
    return f"{failure.title}: {failure.message}\n{check.failure_info.code_sample}"[:_SHOWN]
