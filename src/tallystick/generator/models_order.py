"""The order in which models can be written down: what is named has to exist before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass
class _State:
    counter: int = 0
    index: dict[str, int] = field(default_factory=dict)
    low: dict[str, int] = field(default_factory=dict)
    stack: list[str] = field(default_factory=list)
    on_stack: set[str] = field(default_factory=set)
    groups: list[list[str]] = field(default_factory=list)


def groups(graph: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Strongly connected components, each after those that it needs; names sorted, so the order is stable."""
    state = _State()
    for name in sorted(graph):
        if name not in state.index:
            _visit(name, graph, state)
    return [sorted(group) for group in state.groups]


def _visit(start: str, graph: Mapping[str, Iterable[str]], state: _State) -> None:
    """Tarjan's algorithm with a stack of its own: contracts may nest deeper than Python's."""
    work = [(start, iter(_needs(start, graph)))]
    _open(start, state)
    while work:
        name, needs = work[-1]
        following = next(needs, None)
        if following is None:
            work.pop()
            if work:
                parent = work[-1][0]
                state.low[parent] = min(state.low[parent], state.low[name])
            if state.low[name] == state.index[name]:
                _close(name, state)
        elif following not in state.index:
            _open(following, state)
            work.append((following, iter(_needs(following, graph))))
        elif following in state.on_stack:
            state.low[name] = min(state.low[name], state.index[following])


def _needs(name: str, graph: Mapping[str, Iterable[str]]) -> list[str]:
    return sorted(set(graph[name]) & graph.keys())


def _open(name: str, state: _State) -> None:
    state.index[name] = state.low[name] = state.counter
    state.counter += 1
    state.stack.append(name)
    state.on_stack.add(name)


def _close(name: str, state: _State) -> None:
    group: list[str] = []
    while not group or group[-1] != name:
        group.append(state.stack.pop())
        state.on_stack.discard(group[-1])
    state.groups.append(group)
