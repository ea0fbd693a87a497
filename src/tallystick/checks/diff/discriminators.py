"""Discriminators: the property, its values, and the schemas that only it leads to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tallystick.checks.diff.changes import Spot
from tallystick.checks.diff.graph import Pair
from tallystick.checks.diff.matching import name_of
from tallystick.checks.diff.resolving import Contract, mapping
from tallystick.checks.diff.views import View


@dataclass(frozen=True)
class _Discriminator:
    property: str
    spot: Spot
    targets: dict[str, Any]
    """The schema for each value."""
    is_union: bool


def compare_discriminators(pair: Pair) -> None:
    """What names the variant, and which names there are."""
    old, new = _read(pair.old), _read(pair.new)
    if old is None or new is None:
        if old is not new:
            word = "added" if new else "removed"
            spots = (each.spot if each else None for each in (old, new))
            pair.tell(f"{pair.side}-discriminator-{word}", f"a discriminator was {word}", *spots)
        return
    if old.property != new.property:
        message = f'the variant is named by "{new.property}" instead of "{old.property}"'
        pair.tell(f"{pair.side}-discriminator-property-changed", message, old.spot, new.spot)
    for word, here, there in (("removed", old.targets, new.targets), ("added", new.targets, old.targets)):
        for value in here:
            if value not in there:
                pair.tell(f"{pair.side}-discriminator-value-{word}", f'"{value}" {word}', old.spot, new.spot)
    for value in old.targets:
        if value in new.targets and not (old.is_union and new.is_union):
            views = pair.old.sibling(old.targets[value]), pair.new.sibling(new.targets[value])
            pair.below(f"<{value}>", *views)


def _read(view: View) -> _Discriminator | None:
    holder = next((note for note in view.notes if mapping(note.get("discriminator"))), None)
    holder = holder or next((each.node for each in view.unions if each.discriminator), None)
    if holder is None:
        return None
    contract, discriminator = view.contract, holder["discriminator"]
    references = {str(value): str(target) for value, target in mapping(discriminator.get("mapping")).items()}
    named = {value: _target(contract, reference) for value, reference in references.items()}
    mapped = {name_of(each) for each in references.values()}
    branches = [mapping(each).get("$ref") for union in view.unions for each in union.branches]
    for reference in branches:
        if isinstance(reference, str) and name_of(reference) not in mapped:
            named[name_of(reference)] = contract.target(reference)
    if not branches:
        heirs = contract.heirs.get(id(holder), {})
        named |= {name: heir for name, heir in heirs.items() if name not in mapped}
    name = str(discriminator.get("propertyName", ""))
    return _Discriminator(name, Spot(holder, "discriminator"), named, bool(branches))


def _target(contract: Contract, reference: str) -> Any:
    if reference.startswith("#"):
        return contract.target(reference)
    return contract.section("schemas").get(name_of(reference))
