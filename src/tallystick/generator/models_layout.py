"""Which module each model stands in, where there are too many for one.

Importing a module makes its classes, and a server should not make thousands of classes before its first answer. So
models are split by the tags whose operations reach them, what several tags reach apart, and into parts that are
quickly imported. Models that need each other stand together; no module needs one that needs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from tallystick.generator.models_order import groups
from tallystick.generator.models_shapes import ref_name
from tallystick.spec.grammar import METHODS, Kind, walk
from tallystick.spec.names import module_name
from tallystick.spec.nodes import Object

MOST_TOGETHER = 200
"""Up to so many models stand in one module, `models.py`: easier to read than several."""
PART = 40
"""So many classes a part holds, more only where they need each other."""

Graph = Mapping[str, Iterable[str]]


@dataclass
class _Home:
    """The parts of what has been placed under one name."""

    name: str
    parts: list[list[str]] = field(default_factory=list)

    def add(self, group: list[str]) -> None:
        if not self.parts or len(self.parts[-1]) + len(group) > PART:
            self.parts.append([])
        self.parts[-1] += group


def layout(document: Object, needs: Graph, enums: frozenset[str]) -> dict[str, list[str]]:
    """Module name to the models in it, for all that `needs` names."""
    roots = _roots(document, needs)
    reached = {tag: _closure(names, needs) for tag, names in roots.items()}
    used: dict[str, list[str]] = {}
    for tag, names in reached.items():
        for name in names:
            used.setdefault(name, []).append(tag)
    homes: dict[str, _Home] = {}
    for group in _ordered(needs, [name for names in roots.values() for name in names]):
        tags = used.get(group[0], [])
        home = tags[0] if len(tags) == 1 else "shared" if tags else "other"
        # Enumerations need nothing: apart, defaults that name them cost no more than that.
        home += "_values" if group[0] in enums else ""
        homes.setdefault(home, _Home(home)).add(group)
    return dict(_named(homes.values()))


def _named(homes: Iterable[_Home]) -> Iterator[tuple[str, list[str]]]:
    taken = {home.name for home in homes}
    for home in homes:
        for number, part in enumerate(home.parts, 1):
            name = home.name if number == 1 else f"{home.name}_{number}"
            while number > 1 and name in taken:
                name += "_"
            taken.add(name)
            yield name, part


def _roots(document: Object, needs: Graph) -> dict[str, list[str]]:
    """By module name of a tag, the models that its operations name, in the order of the document."""
    found: dict[str, dict[str, None]] = {}
    for section in ("paths", "webhooks"):
        for item in (document.get(section) or {}).values():
            for method in METHODS:
                operation = item.get(method) if isinstance(item, Object) else None
                if isinstance(operation, Object):
                    names = found.setdefault(module_name(str((operation.get("tags") or ["default"])[0])), {})
                    for place in walk(operation, Kind.OPERATION):
                        name = ref_name(place.node) if place.kind is Kind.SCHEMA else None
                        if name is not None and name in needs:
                            names[name] = None
    return {tag: list(names) for tag, names in found.items()}


def _closure(names: Iterable[str], needs: Graph) -> set[str]:
    found = set(names)
    pending = list(found)
    while pending:
        new = {name for name in needs[pending.pop()] if name in needs and name not in found}
        found |= new
        pending += new
    return found


def _ordered(needs: Graph, roots: Iterable[str]) -> Iterator[list[str]]:
    """Groups that need each other, each after those that it needs; what one operation needs as close as may be."""
    of = {name: group for group in groups(needs) for name in group}
    done: set[str] = set()
    for root in [*roots, *sorted(needs)]:
        pending = [(of[root], False)]
        while pending:
            group, ready = pending.pop()
            if group[0] in done:
                continue
            if ready:
                done.add(group[0])
                yield group
                continue
            pending.append((group, True))
            inner = sorted({each for name in group for each in needs[name]} & needs.keys())
            pending += [(of[each], False) for each in inner if of[each] is not group]
