"""Extensions that the run time carries out: limits, timeouts, idempotency, closed queries."""

from __future__ import annotations

from typing import Any

from tallystick.checks.diff.kinds import canonical
from tallystick.checks.diff.notes import Holders, in_force, spot_in
from tallystick.checks.diff.recorder import Scene
from tallystick.checks.diff.resolving import mapping

CLOSED_QUERY = "x-closed-query"
POLICIES = frozenset({CLOSED_QUERY, "x-rate-limit", "x-max-body-bytes", "x-timeout", "x-idempotency"})
_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
_LIMITS = (
    ("x-max-body-bytes", "body-limit-lowered", "body-limit-raised"),
    ("x-timeout", "timeout-lowered", "timeout-raised"),
)


def compare_policies(scene: Scene, old: Holders, new: Holders) -> None:
    """One operation; the holders are operation, path item and document."""
    for key in sorted(POLICIES):
        before, after = in_force(old, key), in_force(new, key)
        rule = _rule(key, before, after) if canonical(before) != canonical(after) else None
        if rule:
            places = spot_in(old, key), spot_in(new, key)
            scene.tell(rule, f"{key} {_text(before)} -> {_text(after)}", *places)


def _rule(key: str, before: Any, after: Any) -> str | None:
    match key:
        case "x-closed-query":
            return ("query-closed" if after else "query-opened") if bool(before) != bool(after) else None
        case "x-idempotency":
            return "idempotency-added" if after else "idempotency-removed"
        case "x-rate-limit":
            return "rate-limit-loosened" if _is_looser(mapping(before), mapping(after)) else "rate-limit-tightened"
    lowered, raised = next(rules for name, *rules in _LIMITS if name == key)
    is_lower = after is not None and (before is None or not _is_number(before, after) or after < before)
    return lowered if is_lower else raised


def _is_number(*values: Any) -> bool:
    return all(isinstance(each, int | float) for each in values)


def _is_looser(before: dict[str, Any], after: dict[str, Any]) -> bool:
    if not before or not after:
        return not after
    if before.get("by") != after.get("by"):
        return False
    (count, rate), (new_count, new_rate) = _rate(before), _rate(after)
    return new_count >= count and new_rate >= rate


def _rate(limit: dict[str, Any]) -> tuple[float, float]:
    """Requests at once, and per second."""
    count = limit.get("requests")
    requests = float(count) if isinstance(count, int | float) else 0.0
    return requests, requests / _SECONDS.get(str(limit.get("per")), 1)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value.get('requests')} per {value.get('per')} by {value.get('by')}"
    return "none" if value is None else canonical(value)
