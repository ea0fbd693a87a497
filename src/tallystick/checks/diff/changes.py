"""What a change is: the rule it falls under, what happened, where in both documents, and whom it meets."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from tallystick.spec.errors import Position
from tallystick.spec.nodes import Key, key_position, position_of


class Level(StrEnum):
    """How much a client that kept to the old contract feels."""

    BREAKING = "breaking"
    DANGEROUS = "dangerous"
    HARMLESS = "harmless"


class Side(StrEnum):
    """Who sends the data: what clients send may only be accepted more freely, what they receive only be narrower."""

    REQUEST = "request"
    RESPONSE = "response"

    @property
    def opposite(self) -> Side:
        return Side.RESPONSE if self is Side.REQUEST else Side.REQUEST


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of change. `additive` is False where not even a new minor version is due."""

    id: str
    level: Level
    why: str
    additive: bool = True


class Spot(NamedTuple):
    """A place in one document: an object of it, and perhaps one of its keys."""

    node: Any
    key: Key | None = None

    @property
    def known(self) -> bool:
        return isinstance(self.node, dict | list)

    def position(self) -> Position | None:
        if self.key is None:
            return position_of(self.node)
        present = self.key in self.node if isinstance(self.node, dict) else True
        return key_position(self.node, self.key) if present else position_of(self.node)

    @property
    def identity(self) -> tuple[int, Key | None]:
        return id(self.node) if self.known else 0, self.key


NOWHERE = Spot(None)


@dataclass(frozen=True, slots=True)
class Finding:
    """A change as a comparison finds it; which operations it meets is known later."""

    rule: Rule
    message: str
    old: Spot
    new: Spot


@dataclass(frozen=True, slots=True)
class Change:
    """A change as it is reported. `place` says where in the operations, such as `body application/json /title`."""

    rule: Rule
    message: str
    place: str
    operations: tuple[str, ...]
    old: Position | None
    new: Position | None
    old_pointer: str
    new_pointer: str

    @property
    def level(self) -> Level:
        return self.rule.level


def show(value: Any) -> str:
    """A JSON value in a message, not too long."""
    if isinstance(value, str):
        text = f'"{value}"'
    elif isinstance(value, bool) or value is None:
        text = {True: "true", False: "false", None: "null"}[value]
    else:
        text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."
