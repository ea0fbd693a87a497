"""Reads the NDJSON event reports of Schemathesis: which requests were sent, what for, and what came back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WRONG_METHOD = "unspecified_http_method"
AUTHORIZATION = "authorization"


@dataclass(frozen=True, slots=True)
class Failed:
    """A check that found something, and what."""

    check: str
    message: str


@dataclass(frozen=True, slots=True)
class SeenCase:
    """One request of a run.

    `derived` are those that a check sent by itself; `anonymous` came without credentials, or with such that were
    meant to be refused; `wrong_method` used one that the path does not declare.
    """

    operation: str
    phase: str
    status: int | None
    positive: bool
    derived: bool = False
    anonymous: bool = False
    wrong_method: bool = False
    failed: tuple[Failed, ...] = ()


def read_events(report: Path) -> Iterator[SeenCase]:
    """Every request of an NDJSON report, each once."""
    seen = set[str]()
    with report.open(encoding="utf-8") as lines:
        for line in lines:
            scenario = json.loads(line).get("ScenarioFinished")
            if scenario is not None:
                yield from _cases(scenario, seen)


def read_ledger(ledger: Path) -> Iterator[SeenCase]:
    """Every request that the checks of this package sent by themselves."""
    if not ledger.exists():
        return
    with ledger.open(encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            yield SeenCase(entry["operation"], entry["check"], entry["status"], positive=False, derived=True)


def _cases(scenario: Mapping[str, Any], seen: set[str]) -> Iterator[SeenCase]:
    recorder = scenario.get("recorder", {})
    interactions, checks = recorder.get("interactions", {}), recorder.get("checks", {})
    for identifier, node in recorder.get("cases", {}).items():
        if identifier in seen:
            continue
        seen.add(identifier)
        interaction = interactions.get(identifier, {})
        failed = tuple(_failed(check) for check in checks.get(identifier, ()) if check["status"] == "failure")
        yield _case(scenario["phase"], node, interaction, failed)


def _case(phase: str, node: Mapping[str, Any], interaction: Mapping[str, Any], failed: tuple[Failed, ...]) -> SeenCase:
    case = node["value"]
    meta = case.get("meta", {})
    data = meta.get("phase", {}).get("data", {})
    sent = {name.lower() for name in interaction.get("request", {}).get("headers", {})}
    return SeenCase(
        operation=f"{case['method'].upper()} {case['path']}",
        phase=phase,
        status=interaction.get("response", {}).get("status_code"),
        positive=meta.get("generation", {}).get("mode") == "positive",
        # A step of the state machine has a parent and the transition that led to it.
        derived="parent_id" in node and "transition" not in node,
        anonymous=AUTHORIZATION not in sent or AUTHORIZATION in _negated(data),
        wrong_method=data.get("scenario") == WRONG_METHOD,
        failed=failed,
    )


def _negated(data: Mapping[str, Any]) -> set[str]:
    names = [data.get("parameter"), *(mutation.get("parameter") for mutation in data.get("mutations", ()))]
    return {str(name).lower() for name in names if name}


def _failed(check: Mapping[str, Any]) -> Failed:
    failure = check.get("failure_info", {}).get("failure", {})
    words = str(failure.get("message") or failure.get("title") or "").split()
    return Failed(check["name"], " ".join(words))
