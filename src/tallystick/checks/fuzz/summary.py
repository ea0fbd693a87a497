"""The result of fuzzing with one seed, as text and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tallystick.checks.fuzz.gates import Tally

SHOWN = 300


@dataclass(frozen=True, slots=True)
class Invocation:
    """One run of Schemathesis, from its exit code and its JSON report."""

    phases: tuple[str, ...]
    exit_code: int
    seconds: float
    report: Mapping[str, Any]

    @property
    def complaints(self) -> list[str]:
        """One line for each error of the tool, and for each warning: both end the run with 1."""
        lines = [f"error: {error.get('title')} ({error.get('count')} times)" for error in self.report.get("errors", ())]
        for kind, operations in self.report.get("warnings", {}).items():
            lines += [f"warning {kind}: {operation}" for operation in operations]
        return lines

    @property
    def could_not_run(self) -> bool:
        return self.exit_code not in (0, 1) or not self.report


@dataclass(frozen=True, slots=True)
class SeedResult:
    """Everything about one seed."""

    seed: int
    invocations: tuple[Invocation, ...]
    tallies: Mapping[str, Tally]
    gates: list[str]
    failed: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    derived: int = 0

    @property
    def failures(self) -> list[str]:
        """One line for each check, operation and message; one for each error and warning of the tool."""
        lines = [
            f"{check} on {operation}, {count} times: {message[:SHOWN]}"
            for (check, operation, message), count in sorted(self.failed.items())
        ]
        return lines + [line for invocation in self.invocations for line in invocation.complaints]

    @property
    def caught_by(self) -> list[str]:
        """The checks that found something."""
        return sorted({check for check, _, _ in self.failed})

    @property
    def cases(self) -> int:
        return sum(met.cases for met in self.tallies.values())

    @property
    def seconds(self) -> float:
        return sum(invocation.seconds for invocation in self.invocations)

    @property
    def exit_code(self) -> int:
        """0 clean, 1 findings, 2 could not run."""
        if any(invocation.could_not_run for invocation in self.invocations):
            return 2
        failed = any(invocation.exit_code for invocation in self.invocations)
        return 1 if failed or self.gates or self.failures else 0

    @property
    def pairs(self) -> tuple[int, int]:
        """How many declared pairs of operation and status were seen, of how many."""
        seen = sum(len(met.operation.statuses & met.statuses.keys()) for met in self.tallies.values())
        return seen, sum(len(met.operation.statuses) for met in self.tallies.values())

    def as_json(self) -> dict[str, Any]:
        seen, declared = self.pairs
        return {
            "seed": self.seed,
            "exit_code": self.exit_code,
            "cases": self.cases,
            "requests_by_checks": self.derived,
            "seconds": round(self.seconds, 1),
            "cases_per_second": round(self.cases / self.seconds, 1) if self.seconds else 0,
            "failures": self.failures,
            "gates": self.gates,
            "pairs_seen": seen,
            "pairs_declared": declared,
            "operations": {label: _operation(met) for label, met in self.tallies.items()},
        }

    def as_text(self) -> Iterator[str]:
        seen, declared = self.pairs
        yield f"seed {self.seed}"
        yield f"  {'operation':52} {'cases':>6} {'ok':>5} {'401/429':>8}  statuses"
        for label, met in sorted(self.tallies.items(), key=lambda item: item[0].split(" ")[::-1]):
            statuses = " ".join(map(str, sorted(met.statuses)))
            yield f"  {label:52} {met.cases:6} {met.accepted_share:5.0%} {met.refused_share:8.0%}  {statuses}"
        speed = self.cases / self.seconds if self.seconds else 0
        yield (
            f"  {self.cases} cases in {self.seconds:.0f} s ({speed:.0f} per second), {self.derived} more requests"
            f" by checks; {seen} of {declared} declared pairs of operation and status seen"
        )
        for line in self.failures:
            yield f"  FAILED {line}"
        for line in self.gates:
            yield f"  GATE   {line}"
        if self.exit_code == 0:
            yield "  clean"


def _operation(met: Tally) -> dict[str, Any]:
    return {
        "operation_id": met.operation.id,
        "cases": dict(met.phases),
        "positive": met.positive,
        "accepted_share": round(met.accepted_share, 3),
        "refused_share": round(met.refused_share, 3),
        "statuses": {str(status): count for status, count in sorted(met.statuses.items())},
        "declared": sorted(met.operation.statuses),
    }
