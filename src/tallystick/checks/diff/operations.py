"""Operations: which became which, and what each of them says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tallystick.checks.diff.answers import compare_answers
from tallystick.checks.diff.changes import Side, Spot
from tallystick.checks.diff.content import compare_body
from tallystick.checks.diff.fields import Field, Fields, compare_fields
from tallystick.checks.diff.notes import (
    compare_lifetime,
    compare_notes,
    in_force,
    is_gone_by_now,
    spot,
    spots,
)
from tallystick.checks.diff.policies import CLOSED_QUERY, POLICIES, compare_policies
from tallystick.checks.diff.recorder import Recorder, Scene
from tallystick.checks.diff.resolving import items, mapping, operations_of
from tallystick.checks.diff.security import compare_security
from tallystick.checks.diff.servers import compare_servers
from tallystick.checks.diff.sunset import SUNSET, moment
from tallystick.spec.grammar import METHODS

_VARIABLE = re.compile(r"\{([^{}]*)\}")
_TEXTS = ("summary", "description", "externalDocs")
_KNOWN = frozenset(
    {
        *("operationId", "tags", "parameters", "requestBody", "responses", "callbacks", "security", "servers"),
        *("deprecated", SUNSET, *POLICIES),
    }
)
_KNOWN_OF_ITEMS = frozenset({*METHODS, "additionalOperations", "parameters", "servers", "$ref", SUNSET, *POLICIES})
_IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})
"""As parameters these are ignored (OpenAPI 3.1, Parameter Object)."""

_INHERITED = ("security", "servers")


@dataclass(frozen=True, eq=False)
class Site:
    """One operation of one document, and all that it inherits from."""

    path: str
    method: str
    node: dict[str, Any]
    item: dict[str, Any]
    document: dict[str, Any]

    @property
    def label(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def holders(self) -> tuple[dict[str, Any], ...]:
        return self.node, self.item, self.document


Sites = dict[tuple[str, str], Site]


def sites_of(paths: Any, document: dict[str, Any], resolve: Any, *, templates: bool = True) -> Sites:
    """Every operation below, by method and path; names of path parameters do not count."""
    found: Sites = {}
    for path, raw in mapping(paths).items():
        item = resolve(raw)
        for method, node in operations_of(item).items():
            key = _VARIABLE.sub("{}", path) if templates else path
            site = Site(path, method, node, item, document)
            found[(path if (method, key) in found else key), method] = site
    return found


class Operations:
    """Compares operations and tells what it finds to the recorder."""

    def __init__(self, recorder: Recorder, scheme_names: dict[str, str]) -> None:
        self._recorder = recorder
        self._scheme_names = scheme_names

    def compare(self, old: Sites, new: Sites) -> None:
        """Those below `paths`."""
        homes = [Spot(each.contract.document, "paths") for each in (self._recorder.graph.old, self._recorder.graph.new)]
        moved = {site.node.get("operationId"): site for key, site in new.items() if key not in old}
        for key, site in old.items():
            if key in new and self._are_same(site, new[key]):
                continue
            if key in new:
                self._compare(Scene(self._recorder, new[key].label), site, new[key])
            else:
                self._removed(site, moved.get(site.node.get("operationId", object())), homes[1])
        for key, site in new.items():
            if key not in old:
                scene = Scene(self._recorder, site.label)
                scene.tell("operation-added", f"{site.label} added", homes[0], Spot(site.item, site.method))

    def _are_same(self, old: Site, new: Site) -> bool:
        if old.path != new.path:
            return False
        same = self._recorder.graph.sameness.same
        inherited = (*_INHERITED, SUNSET, *POLICIES)
        items_are = all(same(old.item.get(key), new.item.get(key)) for key in ("parameters", *inherited))
        roots_are = all(same(old.document.get(key), new.document.get(key)) for key in inherited)
        notes_are = set(old.item) == set(new.item) and all(
            old.item[key] == new.item[key] for key in old.item if key not in _KNOWN_OF_ITEMS
        )
        return items_are and roots_are and notes_are and same(old.node, new.node)

    def _removed(self, site: Site, successor: Site | None, home: Spot) -> None:
        scene = Scene(self._recorder, site.label)
        message = f"{site.label} removed" + (f", {successor.label} takes its name" if successor else "")
        rule = "operation-removed"
        if is_gone_by_now(*site.holders):
            rule = "operation-removed-after-sunset"
        elif moment(in_force(site.holders, SUNSET)) is not None and site.node.get("deprecated") is True:
            rule, message = "operation-removed-before-sunset", f"{message} before {in_force(site.holders, SUNSET)}"
        scene.tell(rule, message, Spot(site.item, site.method), home)

    def compare_webhooks(self, old: Sites, new: Sites) -> None:
        """Those that the server calls."""
        for key, site in old.items():
            scene = Scene(self._recorder, f"webhook {site.path}", turned=True)
            if key in new:
                self._compare(scene, site, new[key])
            else:
                scene.tell("webhook-removed", f"{site.label} removed", Spot(site.item, site.method))
        for key, site in new.items():
            if key not in old:
                scene = Scene(self._recorder, f"webhook {site.path}", turned=True)
                scene.tell("webhook-added", f"{site.label} added", new=Spot(site.item, site.method))

    def _compare(self, scene: Scene, old: Site, new: Site) -> None:
        self._compare_names(scene, old, new)
        compare_lifetime(scene, "operation", old.holders, new.holders)
        texts = [key for key in _TEXTS if old.node.get(key) != new.node.get(key)]
        compare_notes(scene, old.node, new.node, tuple(texts), _KNOWN | set(_TEXTS))
        compare_notes(scene, old.item, new.item, ("summary", "description"), _KNOWN_OF_ITEMS)
        self._compare_parameters(scene, old, new)
        side = scene.side(Side.REQUEST)
        bodies = old.node.get("requestBody"), new.node.get("requestBody")
        compare_body(scene.at("body"), side, *bodies, (Spot(old.node), Spot(new.node)))
        compare_answers(scene, mapping(old.node.get("responses")), mapping(new.node.get("responses")))
        compare_policies(scene, old.holders, new.holders)
        compare_security(scene, old.node, new.node, self._scheme_names)
        compare_servers(scene, old.holders, new.holders)
        self._compare_callbacks(scene, old, new)

    def _compare_names(self, scene: Scene, old: Site, new: Site) -> None:
        if old.path != new.path:
            scene.tell("path-parameter-renamed", f"{old.path} -> {new.path}", Spot(old.item), Spot(new.item))
        before, after = old.node.get("operationId"), new.node.get("operationId")
        if before != after:
            rule = "operation-id-changed" if before else "operation-id-added"
            message = f"operationId {before or 'none'} -> {after or 'none'}"
            scene.tell(rule, message, *spots(old.node, new.node, "operationId"))
        tags = items(old.node.get("tags")), items(new.node.get("tags"))
        if tags[0] != tags[1]:
            texts = [", ".join(map(str, each)) or "none" for each in tags]
            message = f"tags {texts[0]} -> {texts[1]}"
            scene.tell("operation-tags-changed", message, *spots(old.node, new.node, "tags"))

    def _compare_parameters(self, scene: Scene, old: Site, new: Site) -> None:
        graph = self._recorder.graph
        fields = _fields(old, graph.old.contract.resolved), _fields(new, graph.new.contract.resolved)
        homes = spot(old.node, "parameters"), spot(new.node, "parameters")
        closed = in_force(new.holders, CLOSED_QUERY) is True
        compare_fields(scene, scene.side(Side.REQUEST), *fields, homes, closed=closed)

    def _compare_callbacks(self, scene: Scene, old: Site, new: Site) -> None:
        before, after = (dict(_callbacks(each, scene, number)) for number, each in enumerate((old, new)))
        turned = Scene(scene.recorder, scene.operation, scene.place, not scene.turned)
        for key, site in before.items():
            name, path, _ = key
            inner = turned.at(f"callback {name}")
            if key in after:
                self._compare(inner, site, after[key])
            else:
                inner.tell(
                    "callback-removed",
                    f"{site.method.upper()} {path} removed",
                    Spot(site.item, site.method),
                    Spot(new.node),
                )
        for key, site in after.items():
            if key not in before:
                inner = turned.at(f"callback {key[0]}")
                message = f"{site.method.upper()} {key[1]} added"
                inner.tell("callback-added", message, Spot(old.node), Spot(site.item, site.method))


def _fields(site: Site, resolve: Any) -> Fields:
    """The parameters of an operation, those of its path item included; path parameters by their place."""
    places = {name: str(number) for number, name in enumerate(_VARIABLE.findall(site.path))}
    found: Fields = {}
    for raw in (*items(site.item.get("parameters")), *items(site.node.get("parameters"))):
        node = resolve(raw)
        if not isinstance(node, dict):
            continue
        name, location = str(node.get("name")), str(node.get("in"))
        key = name.lower() if location == "header" else places.get(name, name) if location == "path" else name
        if location != "header" or key not in _IGNORED_HEADERS:
            found[location, key] = Field(node, name, location)
    return found


def _callbacks(site: Site, scene: Scene, which: int) -> Iterator[tuple[tuple[str, str, str], Site]]:
    def resolve(node: Any) -> Any:
        return scene.resolved(node, node)[which]

    for name, raw in mapping(site.node.get("callbacks")).items():
        for (path, method), inner in sites_of(resolve(raw), site.document, resolve, templates=False).items():
            yield (name, path, method), inner
