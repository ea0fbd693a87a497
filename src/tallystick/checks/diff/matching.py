"""Which variant of a union became which."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tallystick.checks.diff.changes import Level, Spot
from tallystick.checks.diff.graph import Pair
from tallystick.checks.diff.kinds import canonical
from tallystick.checks.diff.resolving import mapping
from tallystick.checks.diff.views import Union, View

Labels = dict[str, set[str]]
_KINDS = ("value", "ref", "tag", "title")
_MOST_TRIALS = 400


@dataclass(eq=False)
class Variant:
    """One of several schemas; `labels` are what it may be recognised by."""

    view: View
    spot: Spot
    labels: Labels = field(default_factory=dict)

    @property
    def name(self) -> str:
        return next((min(self.labels[kind]) for kind in ("ref", "title") if self.labels.get(kind)), "")

    @property
    def title(self) -> str:
        """How messages call it."""
        if self.name:
            return self.name
        kinds = sorted({"number" if each == "fraction" else each for each in self.view.types})
        return f"of type {' or '.join(kinds)}" if len(kinds) < 4 else "without a name"


@dataclass(eq=False)
class Match:
    """Which variants became which, which went and which came."""

    pairs: list[tuple[Variant, Variant]]
    lost: list[Variant]
    gained: list[Variant]

    def take(self, belong: Callable[[Variant, Variant], bool]) -> None:
        """Pairs the first that belong together."""
        for one in list(self.lost):
            other = next((each for each in self.gained if belong(one, each)), None)
            if other:
                self._pair(one, other)

    def take_nearest(self, distance: Callable[[Variant, Variant], int | None]) -> None:
        """Pairs those with the smallest distance; None: never."""
        if len(self.lost) * len(self.gained) > _MOST_TRIALS:
            return
        found = [
            (away, number, one, other)
            for number, one in enumerate(self.lost)
            for other in self.gained
            if (away := distance(one, other)) is not None
        ]
        for _, _, one, other in sorted(found, key=lambda each: each[:2]):
            if one in self.lost and other in self.gained:
                self._pair(one, other)

    def _pair(self, one: Variant, other: Variant) -> None:
        self.lost.remove(one)
        self.gained.remove(other)
        self.pairs.append((one, other))


def match_variants(pair: Pair, old: list[Variant], new: list[Variant]) -> Match:
    """By discriminator, by identity, by name, by constants; what remains by likeness."""
    match = Match([], list(old), list(new))
    for kind in _KINDS:
        match.take(_shares(kind))
        if kind == "ref":
            match.take(lambda one, other: pair.graph.same(one.view, other.view))
    match.take(lambda one, other: pair.is_good(one.view, other.view))

    def distance(one: Variant, other: Variant) -> int | None:
        named_apart = bool(one.labels.get("ref") and other.labels.get("ref"))
        if named_apart or not one.view.types & other.view.types:
            return None
        node = pair.graph.compare(one.view, other.view, pair.side, one.spot, other.spot)
        return sum(each.rule.level is not Level.HARMLESS for each in pair.graph.findings(node))

    match.take_nearest(distance)
    return match


def _shares(kind: str) -> Callable[[Variant, Variant], bool]:
    return lambda one, other: bool(one.labels.get(kind, set()) & other.labels.get(kind, set()))


def labels_of(union: Union, branch: Any, view: View) -> Labels:
    """What a variant may be recognised by."""
    reference = mapping(branch).get("$ref")
    found: Labels = {"tag": set(_tags(view))}
    if isinstance(reference, str):
        found["ref"] = {name_of(reference)}
        if union.discriminator:
            found["value"] = values_of(union, reference)
    title = mapping(branch).get("title")
    if isinstance(title, str):
        found["title"] = {title}
    return found


def name_of(reference: str) -> str:
    return reference.rsplit("/", maxsplit=1)[-1]


def values_of(union: Union, reference: str) -> set[str]:
    """The values of the discriminator that choose a schema: those mapped to it, else its own name."""
    targets = mapping(union.discriminator.get("mapping"))
    mapped = {value for value, target in targets.items() if name_of(str(target)) == name_of(reference)}
    return mapped or {name_of(reference)}


def _tags(view: View) -> list[str]:
    """Properties that are always there and always hold the same."""
    found = []
    for name in view.required:
        values = view.member(name).enum
        if values and len(values) == 1:
            found.append(f"{name}={canonical(next(iter(values.values())))}")
    return found
