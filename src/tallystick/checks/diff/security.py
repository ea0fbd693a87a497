"""Who may call: alternatives, each of which is a set of schemes with scopes, and what the schemes are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tallystick.checks.diff.changes import Spot
from tallystick.checks.diff.kinds import canonical
from tallystick.checks.diff.notes import compare_notes, spot, spots
from tallystick.checks.diff.recorder import Recorder, Scene
from tallystick.checks.diff.resolving import Contract, items, mapping

Alternative = Mapping[str, frozenset[str]]
_IDENTITY = ("type", "in", "name", "scheme", "openIdConnectUrl")
_URLS = ("authorizationUrl", "tokenUrl", "refreshUrl", "deviceAuthorizationUrl")


def security_of(operation: dict[str, Any], contract: Contract) -> tuple[list[Alternative], Spot]:
    """The alternatives in force, and where they are written; one empty alternative where everybody may call."""
    holder = operation if "security" in operation else contract.document
    alternatives: list[Alternative] = [
        {scheme: frozenset(map(str, items(scopes))) for scheme, scopes in mapping(each).items()}
        for each in items(holder.get("security"))
    ]
    return alternatives or [{}], spot(holder, "security")


def same_schemes(old: Contract, new: Contract) -> dict[str, str]:
    """What the old schemes are called now: a new name for the same scheme changes nothing."""
    before, after = old.section("securitySchemes"), new.section("securitySchemes")
    names = {name: name for name in before if name in after}
    for name, scheme in before.items():
        if name not in after:
            twin = next((each for each in after if each not in before and after[each] == scheme), None)
            if twin:
                names[name] = twin
    return names


def compare_security(scene: Scene, old: dict[str, Any], new: dict[str, Any], names: dict[str, str]) -> None:
    """One operation."""
    before, old_spot = security_of(old, scene.graph.old.contract)
    after, new_spot = security_of(new, scene.graph.new.contract)
    before = [{names.get(scheme, scheme): scopes for scheme, scopes in each.items()} for each in before]
    lost = [each for each in before if not any(_is_enough(each, wanted) for wanted in after)]
    gained = [each for each in after if not any(_is_enough(each, wanted) for wanted in before)]
    if not lost and not gained:
        return
    message = f"{_text(before)} -> {_text(after)}"
    if scene.turned:
        scene.tell("webhook-security-changed", message, old_spot, new_spot)
    elif lost:
        scene.tell(_narrowed(lost, after), message, old_spot, new_spot)
    else:
        scene.tell(_widened(gained, before), message, old_spot, new_spot)


def _is_enough(credentials: Alternative, wanted: Alternative) -> bool:
    return all(scheme in credentials and scopes <= credentials[scheme] for scheme, scopes in wanted.items())


def _narrowed(lost: list[Alternative], after: list[Alternative]) -> str:
    if not all(lost):
        return "security-added"
    is_by_scope = all(any(each.keys() == other.keys() for other in after) for each in lost)
    return "scope-added" if is_by_scope else "security-narrowed"


def _widened(gained: list[Alternative], before: list[Alternative]) -> str:
    if not all(gained):
        return "security-removed"
    is_by_scope = all(any(each.keys() == other.keys() for other in before) for each in gained)
    return "scope-removed" if is_by_scope else "security-widened"


def _text(alternatives: list[Alternative]) -> str:
    def one(each: Alternative) -> str:
        parts = [name + (f"({', '.join(sorted(scopes))})" if scopes else "") for name, scopes in each.items()]
        return " and ".join(parts) or "nobody asked"

    return " or ".join(map(one, alternatives))


# ---------------------------------------------------------------- schemes


def compare_schemes(recorder: Recorder, names: dict[str, str], users: Mapping[str, list[str]]) -> None:
    """What the schemes are; `users` are the operations that ask for each of the old ones."""
    old, new = (each.contract.section("securitySchemes") for each in (recorder.graph.old, recorder.graph.new))
    homes = Spot(old or recorder.graph.old.contract.document), Spot(new or recorder.graph.new.contract.document)
    for name in old:
        if name not in names:
            recorder.tell("", "security-scheme-removed", f"{name} removed", "security", Spot(old, name), homes[1])
    for name in new:
        if name not in names.values():
            recorder.tell("", "security-scheme-added", f"{name} added", "security", homes[0], Spot(new, name))
    for name, now in names.items():
        for operation in users.get(name, []) or [""]:
            scene = Scene(recorder, operation, f"security scheme {now}")
            resolved = map(mapping, scene.resolved(old[name], new[now]))
            _compare_scheme(scene, *resolved)


def _compare_scheme(scene: Scene, old: dict[str, Any], new: dict[str, Any]) -> None:
    for key in _IDENTITY:
        before, after = (str(each.get(key, "none")) for each in (old, new))
        if _differs(key, before, after, old):
            scene.tell("security-scheme-changed", f"{key} {before} -> {after}", *spots(old, new, key))
    _compare_flows(scene, mapping(old.get("flows")), mapping(new.get("flows")), spots(old, new, "flows"))
    if old.get("bearerFormat") != new.get("bearerFormat"):
        scene.tell("security-scheme-note-changed", "bearerFormat changed", *spots(old, new, "bearerFormat"))
    known = frozenset({*_IDENTITY, "flows", "bearerFormat", "$ref", "deprecated", "oauth2MetadataUrl"})
    compare_notes(scene, old, new, ("description",), known)


def _differs(key: str, before: str, after: str, scheme: dict[str, Any]) -> bool:
    """Names of schemes and of headers are compared without case (RFC 9110, sections 5.1 and 11.1)."""
    loose = key in ("scheme", "type", "in") or (key == "name" and scheme.get("in") == "header")
    return before.lower() != after.lower() if loose else before != after


def _compare_flows(scene: Scene, old: dict[str, Any], new: dict[str, Any], homes: tuple[Spot, Spot]) -> None:
    for name in {**old, **new}:
        if name not in new:
            scene.tell("security-flow-removed", f"flow {name} removed", Spot(old, name), homes[1])
        elif name not in old:
            scene.tell("security-flow-added", f"flow {name} added", homes[0], Spot(new, name))
        else:
            _compare_flow(scene, name, mapping(old[name]), mapping(new[name]))


def _compare_flow(scene: Scene, name: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    for key in _URLS:
        if old.get(key) != new.get(key):
            message = f"{key} of flow {name} {old.get(key, 'none')} -> {new.get(key, 'none')}"
            scene.tell("security-flow-url-changed", message, *spots(old, new, key))
    before, after = mapping(old.get("scopes")), mapping(new.get("scopes"))
    places = spots(old, new, "scopes")
    for scope in before:
        if scope not in after:
            scene.tell("security-scope-withdrawn", f"scope {scope} of flow {name} removed", *places)
    for scope in after:
        if scope not in before:
            scene.tell("security-scope-offered", f"scope {scope} of flow {name} added", *places)
    texts = [each for each in before if each in after and canonical(before[each]) != canonical(after[each])]
    if texts:
        scene.tell("documentation-changed", f"scope {', '.join(texts)} described otherwise", *places)
