"""What was found, and which operations it meets: a schema is compared once, however many operations use it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tallystick.checks.diff.catalogue import RULES
from tallystick.checks.diff.changes import NOWHERE, Change, Finding, Level, Side, Spot
from tallystick.checks.diff.graph import Edge, Graph, Node
from tallystick.spec.nodes import Key, position_of
from tallystick.spec.pointers import child

_Key = tuple[str, str, tuple[int, Key | None], tuple[int, Key | None]]
_LEVELS = list(Level)


@dataclass(eq=False)
class _Entry:
    finding: Finding
    place: str
    operations: dict[str, None] = field(default_factory=dict)


class Recorder:
    """Collects findings of all operations."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._entries: dict[_Key, _Entry] = {}
        self._roots: list[tuple[str, str, Node]] = []

    def tell(self, operation: str, rule: str, message: str, place: str, old: Spot, new: Spot) -> None:
        """Records a finding of one operation; of the whole contract where `operation` is empty."""
        self._add(Finding(RULES[rule], message, old, new), place, operation)

    def schemas(self, operation: str, place: str, node: Node) -> None:
        """Records the comparison of two schemas that an operation uses."""
        self._roots.append((operation, place, node))

    def changes(self) -> list[Change]:
        """Everything that was found, the worst first."""
        dirty = _dirty([node for _, _, node in self._roots])
        reached: dict[Node, list[tuple[Finding, str]]] = {}
        for operation, place, node in self._roots:
            if node in dirty:
                if node not in reached:
                    reached[node] = list(_reach(node, dirty))
                for finding, way in reached[node]:
                    self._add(finding, f"{place} {way}".strip(), operation)
        found = [self._change(each) for each in self._entries.values()]
        return sorted(found, key=_order)

    def _add(self, finding: Finding, place: str, operation: str) -> None:
        key = (finding.rule.id, finding.message, finding.old.identity, finding.new.identity)
        entry = self._entries.setdefault(key, _Entry(finding, place))
        if operation:
            entry.operations.setdefault(operation)

    def _change(self, entry: _Entry) -> Change:
        finding = entry.finding
        return Change(
            rule=finding.rule,
            message=finding.message,
            place=entry.place,
            operations=tuple(entry.operations),
            old=finding.old.position() or position_of(self.graph.old.contract.document),
            new=finding.new.position() or position_of(self.graph.new.contract.document),
            old_pointer=_pointer(finding.old, self.graph.old.contract.pointers),
            new_pointer=_pointer(finding.new, self.graph.new.contract.pointers),
        )


def _order(change: Change) -> tuple[Any, ...]:
    where = change.new or change.old
    return (
        _LEVELS.index(change.level),
        change.rule.id,
        str(where and where.file),
        (where and where.line) or 0,
        change.place,
    )


def _pointer(spot: Spot, pointers: dict[int, str]) -> str:
    found = pointers.get(id(spot.node), "") if spot.known else ""
    return found if spot.key is None else child(found, spot.key)


def _dirty(roots: list[Node]) -> set[Node]:
    """The nodes from which a finding can be reached."""
    parents: dict[Node, list[Node]] = {}
    seen: set[Node] = set()
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            for edge in node.edges:
                parents.setdefault(edge.node, []).append(node)
                stack.append(edge.node)
    dirty: set[Node] = set()
    stack = [node for node in seen if node.findings]
    while stack:
        node = stack.pop()
        if node not in dirty:
            dirty.add(node)
            stack.extend(parents.get(node, ()))
    return dirty


def _reach(root: Node, dirty: set[Node]) -> Iterator[tuple[Finding, str]]:
    """Every finding below, with the shortest way to it."""
    seen = {root}
    row = [Edge("", root)]
    while row:
        following: list[Edge] = []
        for way, node in row:
            yield from ((finding, way) for finding in node.findings)
            for edge in node.edges:
                if edge.node in dirty and edge.node not in seen:
                    seen.add(edge.node)
                    following.append(Edge(way + edge.place, edge.node))
        row = following


@dataclass(frozen=True)
class Scene:
    """One operation on both sides. In webhooks and callbacks (`turned`) it is clients who receive the requests."""

    recorder: Recorder
    operation: str
    place: str = ""
    turned: bool = False

    @property
    def graph(self) -> Graph:
        return self.recorder.graph

    def side(self, side: Side) -> Side:
        return side.opposite if self.turned else side

    def at(self, place: str) -> Scene:
        """The same scene, further down."""
        return replace(self, place=f"{self.place} {place}".strip())

    def tell(self, rule: str, message: str, old: Spot = NOWHERE, new: Spot = NOWHERE) -> None:
        self.recorder.tell(self.operation, rule, message, self.place, old, new)

    def schemas(self, old: Any, new: Any, side: Side, old_home: Spot, new_home: Spot) -> None:
        """Compares two schemas as they are written; True for none."""
        views = self.graph.old.view(old), self.graph.new.view(new)
        self.recorder.schemas(self.operation, self.place, self.graph.compare(*views, side, old_home, new_home))

    def resolved(self, old: Any, new: Any) -> tuple[Any, Any]:
        return self.graph.old.contract.resolved(old), self.graph.new.contract.resolved(new)
