"""Bodies by media type."""

from __future__ import annotations

import re
from typing import Any

from tallystick.checks.diff.changes import Side, Spot
from tallystick.checks.diff.notes import compare_notes, spot, spots
from tallystick.checks.diff.recorder import Scene
from tallystick.checks.diff.resolving import mapping

_KNOWN = frozenset(
    {"schema", "itemSchema", "encoding", "itemEncoding", "prefixEncoding", "example", "examples", "$ref"}
)
_TEXTS = ("example", "examples")
_ENCODINGS = ("encoding", "itemEncoding", "prefixEncoding")
_SPACE = re.compile(r"\s*([;=])\s*")


def essence(media: str) -> str:
    """A media type as it is compared: small letters, no spaces (RFC 9110, section 8.3.1), and not that it is UTF-8."""
    return _SPACE.sub(r"\1", media.strip().lower()).replace(";charset=utf-8", "").replace(';charset="utf-8"', "")


def covers(wide: str, narrow: str) -> bool:
    """Whether a range such as `text/*` holds the other type or range."""
    wide, narrow = essence(wide), essence(narrow)
    if wide in (narrow, "*/*") or narrow.partition(";")[0] == wide:
        return True
    return wide.endswith("/*") and narrow.startswith(wide[:-1])


def compare_content(
    scene: Scene, side: Side, old: dict[str, Any], new: dict[str, Any], homes: tuple[Spot, Spot]
) -> None:
    """Every media type of a body."""
    before = {essence(name): name for name in old}
    after = {essence(name): name for name in new}
    for key, name in before.items():
        if key in after:
            _compare(scene.at(name), side, old[name], new[after[key]])
        else:
            _removed(scene, side, (old, name), new, homes[1])
    for key, name in after.items():
        if key not in before:
            _added(scene, side, old, (new, name), homes[0])


def _removed(scene: Scene, side: Side, one: tuple[dict[str, Any], str], new: dict[str, Any], home: Spot) -> None:
    old, name = one
    wider = next((each for each in new if covers(each, name)), None)
    narrower = next((each for each in new if covers(name, each)), None)
    if wider:
        scene.tell(f"{side}-media-type-widened", f"{name} -> {wider}", Spot(old, name), Spot(new, wider))
        _compare(scene.at(name), side, old[name], new[wider])
    elif narrower:
        scene.tell(f"{side}-media-type-narrowed", f"{name} -> {narrower}", Spot(old, name), Spot(new, narrower))
        _compare(scene.at(name), side, old[name], new[narrower])
    else:
        scene.tell(f"{side}-media-type-removed", f"{name} removed", Spot(old, name), home if not new else Spot(new))


def _added(scene: Scene, side: Side, old: dict[str, Any], one: tuple[dict[str, Any], str], home: Spot) -> None:
    new, name = one
    wider = next((each for each in old if covers(each, name)), None)
    if wider and any(essence(each) == essence(wider) for each in new):
        # What the range said of this type until now.
        _compare(scene.at(name), side, old[wider], new[name])
    elif not any(covers(each, name) or covers(name, each) for each in old):
        scene.tell(f"{side}-media-type-added", f"{name} added", home if not old else Spot(old), Spot(new, name))


def _compare(scene: Scene, side: Side, old: Any, new: Any) -> None:
    old, new = map(mapping, scene.resolved(old, new))
    for key in ("schema", "itemSchema"):
        if key in old or key in new:
            scene.schemas(old.get(key, True), new.get(key, True), side, spot(old, key), spot(new, key))
    for key in _ENCODINGS:
        before, after = mapping(old.get(key)), mapping(new.get(key))
        same = scene.graph.sameness.same
        changed = [name for name in {**before, **after} if not same(before.get(name), after.get(name))]
        if changed:
            message = f"{key} of {', '.join(changed)} changed"
            scene.tell(f"{side}-encoding-changed", message, *spots(old, new, key))
    compare_notes(scene, old, new, _TEXTS, _KNOWN)


def compare_body(scene: Scene, side: Side, old: Any, new: Any, homes: tuple[Spot, Spot]) -> None:
    """A request body, whichever side sends it."""
    old, new = scene.resolved(old, new)
    if not isinstance(old, dict) or not isinstance(new, dict):
        _compare_existence(scene, side, old, new, homes)
        return
    was, is_now = old.get("required") is True, new.get("required") is True
    if was != is_now:
        word = "required" if is_now else "optional"
        scene.tell(f"{side}-body-became-{word}", f"became {word}", *spots(old, new, "required"))
    content = mapping(old.get("content")), mapping(new.get("content"))
    compare_content(scene, side, *content, (spot(old, "content"), spot(new, "content")))
    compare_notes(scene, old, new, ("description", "summary"), frozenset({"required", "content", "$ref"}))


def _compare_existence(scene: Scene, side: Side, old: Any, new: Any, homes: tuple[Spot, Spot]) -> None:
    if isinstance(new, dict):
        required = side is Side.REQUEST and new.get("required") is True
        rule = f"{side}-body-added" + ("-required" if required else "")
        scene.tell(rule, "body added" + (", and it is required" if required else ""), homes[0], Spot(new))
    elif isinstance(old, dict):
        scene.tell(f"{side}-body-removed", "body removed", Spot(old), homes[1])
