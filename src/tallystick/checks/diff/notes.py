"""What objects other than schemas say beside the wire: deprecation, sunset, documentation, extensions."""

from __future__ import annotations

from typing import Any

from tallystick.checks.diff.changes import Spot
from tallystick.checks.diff.kinds import canonical
from tallystick.checks.diff.recorder import Scene
from tallystick.checks.diff.sunset import SUNSET, is_past, moment

Holders = tuple[dict[str, Any], ...]
"""An object and those that it inherits from, the innermost first."""


def spot(node: Any, key: str) -> Spot:
    """The key where it is written, else the object."""
    return Spot(node, key if isinstance(node, dict) and key in node else None)


def spots(old: Any, new: Any, key: str) -> tuple[Spot, Spot]:
    return spot(old, key), spot(new, key)


def in_force(holders: Holders, key: str) -> Any:
    """What the innermost holder says."""
    return next((each[key] for each in holders if key in each), None)


def spot_in(holders: Holders, key: str) -> Spot:
    """Where the innermost holder says it, else the innermost holder."""
    return spot(next((each for each in holders if key in each), holders[0]), key)


def is_gone_by_now(*holders: dict[str, Any]) -> bool:
    """Whether it was deprecated, and its sunset lies behind us."""
    return holders[0].get("deprecated") is True and is_past(in_force(holders, SUNSET))


def compare_lifetime(scene: Scene, what: str, old: Holders, new: Holders) -> None:
    """`deprecated` and `x-sunset`; `what` is how the rules call it."""
    was, is_now = (each[0].get("deprecated") is True for each in (old, new))
    if was != is_now:
        word, text = ("deprecated", "is deprecated") if is_now else ("reactivated", "is no longer deprecated")
        scene.tell(f"{what}-{word}", text, *spots(old[0], new[0], "deprecated"))
    before, after = in_force(old, SUNSET), in_force(new, SUNSET)
    if canonical(before) == canonical(after):
        return
    rule = _sunset_rule(before, after, still_deprecated=is_now)
    message = f"sunset {before or 'none'} -> {after or 'none'}"
    scene.tell(rule, message, spot_in(old, SUNSET), spot_in(new, SUNSET))


def _sunset_rule(before: Any, after: Any, *, still_deprecated: bool) -> str:
    if after is None:
        return "sunset-withdrawn" if still_deprecated else "sunset-later"
    now, then = moment(after), moment(before)
    if now is None:
        return "sunset-unreadable"
    if then is None:
        return "sunset-announced"
    return "sunset-earlier" if now < then else "sunset-later"


def compare_notes(
    scene: Scene, old: dict[str, Any], new: dict[str, Any], texts: tuple[str, ...], known: frozenset[str]
) -> None:
    """Documentation, and every key that `known` does not list."""
    changed = [key for key in texts if canonical(old.get(key)) != canonical(new.get(key))]
    if changed:
        scene.tell("documentation-changed", f"{', '.join(changed)} changed", *spots(old, new, changed[0]))
    for key in sorted((old.keys() | new.keys()) - known - set(texts)):
        if canonical(old.get(key)) != canonical(new.get(key)):
            scene.tell("extension-changed", f"{key} changed", *spots(old, new, key))
