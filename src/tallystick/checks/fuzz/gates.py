"""What makes a run count: enough requests, mostly accepted, hardly any refused for who sent them, nothing undeclared.

A fuzzer finds no fault behind a door that it never opens, and says nothing of that: a server that answers 401 to
everything passes every check. The gates look at what was tried.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tallystick.checks.fuzz.contract import FuzzContract, FuzzOperation
from tallystick.checks.fuzz.events import SeenCase

REFUSALS = (401, 429)


@dataclass(frozen=True, slots=True)
class Limits:
    """The least share of accepted positive cases, the largest of 401 and 429, the least cases by phase."""

    accepted: float = 0.2
    refused: float = 0.1
    minimum: Mapping[str, int] = field(default_factory=dict)


class GateConfigurationError(Exception):
    """The configuration of the gates cannot be used; the message says why."""


class Gates:
    """The limits of all operations, and of those that are configured by operationId."""

    def __init__(self, general: Limits, exceptions: Mapping[str, Limits] | None = None) -> None:
        self._general = general
        self._exceptions = exceptions or {}

    @classmethod
    def load(cls, path: Path) -> Gates:
        """Read a TOML file: the keys of `Limits`, and `[[exception]]` with `operation`, `reason` and such keys.

        Raises:
            GateConfigurationError: an exception gives no reason.
        """
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        entries = data.pop("exception", [])
        general = _limits(Limits(), data)
        exceptions: dict[str, Limits] = {}
        for entry in entries:
            operation, reason = entry.pop("operation", ""), entry.pop("reason", "")
            if not operation or not reason:
                raise GateConfigurationError(f"{path}: an exception needs 'operation' and 'reason': {entry}")
            exceptions[operation] = _limits(general, entry)
        return cls(general, exceptions)

    def of(self, operation: FuzzOperation) -> Limits:
        return self._exceptions.get(operation.id, self._general)

    def unknown(self, contract: FuzzContract) -> list[str]:
        """Exceptions for operations that the contract does not have."""
        return sorted(self._exceptions.keys() - {operation.id for operation in contract.operations.values()})


@dataclass(slots=True)
class Tally:
    """What one operation met."""

    operation: FuzzOperation
    phases: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    positive: int = 0
    accepted: int = 0
    with_credentials: int = 0
    refused: int = 0

    @property
    def cases(self) -> int:
        return self.phases.total()

    @property
    def accepted_share(self) -> float:
        return self.accepted / self.positive if self.positive else 0.0

    @property
    def refused_share(self) -> float:
        return self.refused / self.with_credentials if self.with_credentials else 0.0

    @property
    def undeclared(self) -> list[int]:
        return sorted(self.statuses.keys() - self.operation.statuses)


def tally(contract: FuzzContract, cases: Iterable[SeenCase]) -> dict[str, Tally]:
    """What each operation of the contract met, by label."""
    tallies = {operation.label: Tally(operation) for operation in contract.operations.values()}
    for case in cases:
        met = tallies.get(case.operation)
        if met is not None and not case.wrong_method:
            _count(met, case)
    return tallies


def findings(tallies: Mapping[str, Tally], gates: Gates, phases: Iterable[str]) -> list[str]:
    """One line for each gate that an operation did not pass."""
    found: list[str] = []
    for label, met in tallies.items():
        limits = gates.of(met.operation)
        for phase in phases:
            least = limits.minimum.get(phase, 0)
            if met.phases[phase] < least:
                found.append(
                    f"{label}: {met.phases[phase]} cases in the phase {phase}, at least {least} are needed;"
                    " a phase that time bounds may need more of it"
                )
        if met.accepted_share < limits.accepted:
            found.append(
                f"{label}: {met.accepted} of {met.positive} positive cases were accepted"
                f" ({met.accepted_share:.0%}), at least {limits.accepted:.0%} are needed"
            )
        if met.refused_share > limits.refused:
            found.append(
                f"{label}: {met.refused} of {met.with_credentials} cases got 401 or 429"
                f" ({met.refused_share:.0%}), at most {limits.refused:.0%} are allowed"
            )
        found += [f"{label}: answered {status}, which the contract does not declare" for status in met.undeclared]
    return found


def _count(met: Tally, case: SeenCase) -> None:
    if case.status is not None:
        met.statuses[case.status] += 1
    if case.derived:
        return
    met.phases[case.phase] += 1
    if case.positive:
        met.positive += 1
        met.accepted += case.status is not None and 200 <= case.status < 400
    # Without credentials 401 is the right answer, unless nobody needs any.
    if not case.anonymous or not met.operation.secured:
        met.with_credentials += 1
        met.refused += case.status in REFUSALS


def _limits(base: Limits, data: Mapping[str, object]) -> Limits:
    changes = dict(data)
    minimum = changes.get("minimum")
    if isinstance(minimum, dict):
        changes["minimum"] = {**base.minimum, **minimum}
    unknown = changes.keys() - {"accepted", "refused", "minimum"}
    if unknown:
        raise GateConfigurationError(f"the gates know no {', '.join(sorted(unknown))}")
    return replace(base, **changes)  # type: ignore[arg-type]  # the keys were checked above
