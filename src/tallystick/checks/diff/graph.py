"""Comparisons of schemas as a graph: each pair is compared once per side, however often and however recursively it is
referred to. A node's own findings are about keywords that stand there; its edges lead to the schemas below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from tallystick.checks.diff.catalogue import RULES, SUBJECT
from tallystick.checks.diff.changes import Finding, Level, Side, Spot
from tallystick.checks.diff.resolving import Contract, Sameness
from tallystick.checks.diff.views import View, Views


class Edge(NamedTuple):
    """The way to a schema below; `place` is what it adds to the pointer that people read."""

    place: str
    node: Node


@dataclass(eq=False)
class Node:
    findings: list[Finding] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)


@dataclass(eq=False)
class Pair:
    """Two schemas under comparison, for data of one side. The spots stand in where a schema has no place of its own."""

    graph: Graph
    old: View
    new: View
    side: Side
    old_home: Spot
    new_home: Spot
    node: Node

    @property
    def sent(self) -> bool:
        return self.side is Side.REQUEST

    def tell(self, rule: str, message: str, old: Spot | None = None, new: Spot | None = None) -> None:
        """Records a change under a rule."""
        old = old if old and old.known else self.old_home
        new = new if new and new.known else self.new_home
        self.node.findings.append(Finding(RULES[rule], message, old, new))

    def value(self, subject: str, effect: str, message: str, *keywords: str) -> None:
        """Records a change of what values are allowed: `narrowed`, `widened` or `changed`."""
        known = SUBJECT[subject]
        word = {"narrowed": known.narrowed, "widened": known.widened}.get(effect, effect)
        self.tell(f"{self.side}-{subject}-{word}", message, self.old.spot(*keywords), self.new.spot(*keywords))

    def below(self, place: str, old: View, new: View) -> None:
        """Compares what stands below."""
        found = self.graph.compare(old, new, self.side, self.old_home, self.new_home)
        if found.findings or found.edges:
            self.node.edges.append(Edge(place, found))

    def is_good(self, old: View, new: View) -> bool:
        """Whether clients of `old` do not notice that it is `new`."""
        return self.graph.is_good(self.graph.compare(old, new, self.side, self.old_home, self.new_home), self.side)


class Graph:
    """All comparisons of schemas of two documents."""

    def __init__(self, old: Contract, new: Contract, steps: tuple[Callable[[Pair], None], ...]) -> None:
        self.old = Views(old)
        self.new = Views(new)
        self.sameness = Sameness(old, new)
        self.xml = old.speaks_xml or new.speaks_xml
        self._steps = steps
        self._nodes: dict[tuple[View, View, Side], Node] = {}

    def compare(self, old: View, new: View, side: Side, old_home: Spot, new_home: Spot) -> Node:
        """The comparison of two views; while it is under way, it is what was found so far."""
        key = (old, new, side)
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = Node()
            if not self.same(old, new):
                homes = (old.home if old.home.known else old_home, new.home if new.home.known else new_home)
                pair = Pair(self, old, new, side, *homes, node)
                for step in self._steps:
                    step(pair)
        return node

    def same(self, old: View, new: View) -> bool:
        """Whether they are certainly the same, down to the notes."""
        if len(old.roots) != len(new.roots) or old.only != new.only:
            return False
        return all(map(self.sameness.same, old.roots, new.roots))

    def is_good(self, node: Node, side: Side) -> bool:
        """Whether the new values hold the old ones, or for what clients receive the old ones the new."""
        worst = {each.rule for each in self.findings(node) if each.rule.level is not Level.HARMLESS}
        if side is Side.RESPONSE:
            return not worst
        # Of what clients send, dangerous changes refuse nothing, but for those where a value may match twice.
        return not any(each.level is Level.BREAKING or each.id == "request-variants-may-overlap" for each in worst)

    def is_wider(self, old: View, new: View) -> bool:
        """Whether the new schema certainly allows more."""
        node = self.compare(old, new, Side.RESPONSE, old.home, new.home)
        return any(each.rule.level is Level.BREAKING for each in self.findings(node))

    def are_equivalent(self, old: View, new: View, home: Spot) -> bool:
        """Whether two schemas allow the same values, notes aside."""
        return not any(
            finding.rule.additive
            for side in Side
            for finding in self.findings(self.compare(old, new, side, home, home))
        )

    def findings(self, node: Node) -> list[Finding]:
        """All findings that can be reached."""
        found: list[Finding] = []
        seen = {node}
        stack = [node]
        while stack:
            each = stack.pop()
            found += each.findings
            for edge in each.edges:
                if edge.node not in seen:
                    seen.add(edge.node)
                    stack.append(edge.node)
        return found
