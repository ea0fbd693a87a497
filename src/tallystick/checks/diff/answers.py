"""Answers by status: headers, bodies, links."""

from __future__ import annotations

from typing import Any

from tallystick.checks.diff.changes import Side, Spot
from tallystick.checks.diff.content import compare_content
from tallystick.checks.diff.fields import Field, Fields, compare_fields
from tallystick.checks.diff.kinds import canonical
from tallystick.checks.diff.notes import compare_notes, spot, spots
from tallystick.checks.diff.recorder import Scene
from tallystick.checks.diff.resolving import mapping

_IGNORED_HEADERS = frozenset({"content-type"})


def compare_answers(scene: Scene, old: dict[str, Any], new: dict[str, Any]) -> None:
    """All answers of an operation."""
    side = scene.side(Side.RESPONSE)
    before = {_status(key): key for key in old if not key.startswith("x-")}
    after = {_status(key): key for key in new if not key.startswith("x-")}
    for status, key in before.items():
        if status in after:
            _compare(scene.at(key), side, old[key], new[after[status]])
        else:
            _removed(scene, side, (old, key), new, {key: after[key] for key in after if key not in before})
    for status, key in after.items():
        if status not in before:
            _added(scene, side, old, (new, key))


def _status(key: str) -> str:
    return str(key).upper()


def _covering(status: str, others: dict[str, Any]) -> str | None:
    """The range, or `default`, that speaks for a status which is not declared itself."""
    if status[:1].isdigit() and not status.endswith("XX"):
        found = next((each for each in others if _status(each) == f"{status[0]}XX"), None)
        if found:
            return found
    return next((each for each in others if _status(each) == "DEFAULT"), None) if status != "DEFAULT" else None


def _is_success(status: str) -> bool:
    return status[:1] in ("2", "3")


def _removed(
    scene: Scene, side: Side, one: tuple[dict[str, Any], str], new: dict[str, Any], added: dict[str, str]
) -> None:
    old, key = one
    status, place = _status(key), Spot(old, key)
    if side is Side.REQUEST:
        scene.tell("request-status-removed", f"{key} removed", place, Spot(new))
        return
    wider = _covering(status, new)
    if wider and (_status(wider) != "DEFAULT" or not _is_success(status)):
        if _is_success(status):
            scene.tell("response-status-widened", f"{key} -> {wider}", place, Spot(new, wider))
        else:
            scene.tell("response-status-removed", f"{key} removed, {wider} speaks for it", place, Spot(new, wider))
        _compare(scene.at(key), side, old[key], new[wider])
        return
    narrower = [key for name, key in added.items() if status.endswith("XX") and name[0] == status[0]]
    if narrower:
        scene.tell("response-status-narrowed", f"{key} -> {', '.join(narrower)}", place, Spot(new, narrower[0]))
        return
    alone = status == "DEFAULT" and not any(_is_success(_status(each)) for each in old)
    if _is_success(status) or alone:
        scene.tell("response-success-status-removed", f"{key} removed", place, Spot(new))
    else:
        scene.tell("response-status-removed", f"{key} removed", place, Spot(new))


def _added(scene: Scene, side: Side, old: dict[str, Any], one: tuple[dict[str, Any], str]) -> None:
    new, key = one
    status, place = _status(key), Spot(new, key)
    if side is Side.REQUEST:
        scene.tell("request-status-added", f"{key} added", Spot(old), place)
        return
    wider = _covering(status, old)
    if wider:
        # Until now the range or `default` spoke for it.
        _compare(scene.at(key), side, old[wider], new[key])
    if wider and _status(wider) != "DEFAULT":
        return
    rule = "response-success-status-added" if _is_success(status) else "response-status-added"
    scene.tell(rule, f"{key} added", Spot(old), place)


def _compare(scene: Scene, side: Side, old: Any, new: Any) -> None:
    old, new = map(mapping, scene.resolved(old, new))
    fields = headers_of(scene, old, 0), headers_of(scene, new, 1)
    compare_fields(scene, side, *fields, (spot(old, "headers"), spot(new, "headers")), closed=False)
    _compare_body(scene, side, old, new)
    _compare_links(scene, mapping(old.get("links")), mapping(new.get("links")), (Spot(old), Spot(new)))
    known = frozenset({"headers", "content", "links", "$ref"})
    compare_notes(scene, old, new, ("description", "summary"), known)


def headers_of(scene: Scene, answer: dict[str, Any], which: int) -> Fields:
    """The headers of an answer; names are compared without case."""
    found: Fields = {}
    for name, node in mapping(answer.get("headers")).items():
        resolved = scene.resolved(node, node)[which]
        if isinstance(resolved, dict) and name.lower() not in _IGNORED_HEADERS:
            found["header", name.lower()] = Field(resolved, name, "header")
    return found


def _compare_body(scene: Scene, side: Side, old: dict[str, Any], new: dict[str, Any]) -> None:
    before, after = mapping(old.get("content")), mapping(new.get("content"))
    homes = spots(old, new, "content")
    if before and after:
        compare_content(scene, side, before, after, homes)
    elif before:
        scene.tell(f"{side}-body-removed", "body removed", *homes)
    elif after:
        # What clients answer to a webhook they have to answer: there an added body is one to write.
        scene.tell(
            "response-body-added" if side is Side.RESPONSE else "request-body-added-required", "body added", *homes
        )


def _compare_links(scene: Scene, old: dict[str, Any], new: dict[str, Any], homes: tuple[Spot, Spot]) -> None:
    for name in {**old, **new}:
        if name not in new:
            scene.tell("link-removed", f"link {name} removed", Spot(old, name), homes[1])
        elif name not in old:
            scene.tell("link-added", f"link {name} added", homes[0], Spot(new, name))
        else:
            before, after = (_without_texts(each) for each in scene.resolved(old[name], new[name]))
            if canonical(before) != canonical(after):
                scene.tell("link-changed", f"link {name} changed", Spot(old, name), Spot(new, name))


def _without_texts(link: Any) -> dict[str, Any]:
    return {key: value for key, value in mapping(link).items() if key != "description"}
