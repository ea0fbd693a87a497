"""What makes a run green: no failure, and proof that every operation was tried and answered in every phase."""

from __future__ import annotations

from collections.abc import Iterator

from tests.conformance.fuzzing import NOT_APPLICABLE, PHASES, Run

STATEFUL = "stateful"


def findings(run: Run) -> list[str]:
    """Everything that is wrong with a run; each failure once."""
    return [*dict.fromkeys(run.failures), *_untried(run)]


def _untried(run: Run) -> Iterator[str]:
    if not run.has_finished:
        yield "the run did not come to its end"
    if not run.operations:
        yield "the contract has no operation"
    for name in PHASES:
        phase = run.phases.get(name)
        if phase is None:
            yield f"the phase {name} did not run"
        elif phase.skipped is not None:
            # Nothing leads from one operation to another: there are no sequences to try.
            if not (name == STATEFUL and phase.skipped == NOT_APPLICABLE):
                yield f"the phase {name} was skipped: {phase.skipped}"
        elif name == STATEFUL and not any(one.phase == STATEFUL for one in run.sent):
            yield "the phase stateful sent nothing"
    for operation in run.operations:
        for name in PHASES:
            if name != STATEFUL and not run.count(name, operation):
                yield f"{operation}: no request in the phase {name}"
        if not run.is_accepted(operation):
            yield f"{operation}: no request that keeps the contract was accepted"
