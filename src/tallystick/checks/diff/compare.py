"""Two contracts, and everything that differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tallystick.checks.diff.changes import Change, Spot
from tallystick.checks.diff.kinds import canonical
from tallystick.checks.diff.notes import compare_notes
from tallystick.checks.diff.operations import Operations, Site, Sites, sites_of
from tallystick.checks.diff.policies import POLICIES
from tallystick.checks.diff.recorder import Recorder, Scene
from tallystick.checks.diff.resolving import Contract, mapping, references
from tallystick.checks.diff.schemas import graph_of
from tallystick.checks.diff.security import compare_schemes, same_schemes, security_of
from tallystick.checks.diff.sunset import SUNSET
from tallystick.spec.dialect import modernise
from tallystick.spec.grammar import SECTIONS
from tallystick.spec.nodes import Object
from tallystick.spec.pointers import child

_ROOT_TEXTS = ("info", "tags", "externalDocs")
_ROOT_KNOWN = frozenset(
    {
        "openapi",
        "paths",
        "webhooks",
        "components",
        "servers",
        "security",
        "$self",
        SUNSET,
        *POLICIES,
    }
)


@dataclass(frozen=True)
class Comparison:
    """What was found, the worst first; `names` are the operationIds by operation."""

    changes: tuple[Change, ...]
    names: dict[str, str]
    old_version: str
    new_version: str


def compare(old: Object, new: Object) -> Comparison:
    """Two bundled documents, which are brought to OpenAPI 3.1 in place."""
    for document in (old, new):
        modernise(document)
    contracts = Contract(old), Contract(new)
    recorder = Recorder(graph_of(*contracts))
    scheme_names = same_schemes(*contracts)
    before, after = (sites_of(each.document.get("paths"), each.document, each.resolved) for each in contracts)
    operations = Operations(recorder, scheme_names)
    operations.compare(before, after)
    hooks = [
        sites_of(each.document.get("webhooks"), each.document, each.resolved, templates=False) for each in contracts
    ]
    operations.compare_webhooks(*hooks)
    compare_schemes(recorder, scheme_names, _users(before, contracts[0]))
    _compare_documents(recorder, *contracts)
    names = {site.label: str(site.node["operationId"]) for site in _all(before, after) if "operationId" in site.node}
    return Comparison(tuple(recorder.changes()), names, _version(old), _version(new))


def _all(before: Sites, after: Sites) -> list[Site]:
    return [*before.values(), *after.values()]


def _version(document: Object) -> str:
    return str(mapping(document.get("info")).get("version", ""))


def _users(sites: Sites, contract: Contract) -> dict[str, list[str]]:
    """The operations that ask for each security scheme."""
    found: dict[str, list[str]] = {}
    for site in sites.values():
        for alternative in security_of(site.node, contract)[0]:
            for scheme in alternative:
                found.setdefault(scheme, []).append(site.label)
    return found


def _compare_documents(recorder: Recorder, old: Contract, new: Contract) -> None:
    scene = Scene(recorder, "")
    roots = _without_version(old.document), _without_version(new.document)
    changed = tuple(key for key in _ROOT_TEXTS if canonical(roots[0].get(key)) != canonical(roots[1].get(key)))
    for key in changed:
        places = [Spot(each.document, key if key in each.document else None) for each in (old, new)]
        scene.tell("documentation-changed", f"{key} changed", *places)
    compare_notes(scene, old.document, new.document, (), _ROOT_KNOWN | set(_ROOT_TEXTS))
    _compare_unused(scene, old, new)


def _without_version(document: Object) -> dict[str, Any]:
    info = {key: value for key, value in mapping(document.get("info")).items() if key != "version"}
    return {**document, "info": info}


def _compare_unused(scene: Scene, old: Contract, new: Contract) -> None:
    """Components that no operation leads to, and names that are gone: types of SDKs are called by them."""
    used = _used(old) | _used(new)
    for kind, section in SECTIONS.items():
        before, after = old.section(section), new.section(section)
        if section == "securitySchemes":
            continue
        for name in {**before, **after}:
            is_used = ("#" + child("", "components", section, name)) in used
            is_gone = name not in after and section == "schemas"
            if (is_used and not is_gone) or before.get(name) == after.get(name):
                continue
            word = "changed" if name in before and name in after else "added" if name in after else "removed"
            places = (
                Spot(before, name) if name in before else Spot(old.document),
                (Spot(after, name) if name in after else Spot(new.document)),
            )
            scene.tell("component-changed", f"{kind} {name} {word}", *places)


def _used(contract: Contract) -> set[str]:
    """References to components that operations lead to."""
    found: set[str] = set()
    waiting = references([contract.document.get("paths"), contract.document.get("webhooks")])
    while waiting:
        found |= waiting
        waiting = {each for reference in waiting for each in references(contract.target(reference))} - found
    return found
