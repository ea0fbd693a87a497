"""What a house rule is: a small function from a contract to findings, registered under an id."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tallystick.checks.lint.view import View
from tallystick.spec.errors import Position
from tallystick.spec.nodes import Key, key_position, position_of
from tallystick.spec.pointers import child


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach: `pointer` is what exceptions are matched against, `position` is where to mend it."""

    message: str
    pointer: str
    position: Position | None
    hint: str = ""


Rule = Callable[[View], Iterator[Finding]]
RULES: dict[str, Rule] = {}


def rule(name: str) -> Callable[[Rule], Rule]:
    """Registers a rule under the id that `rules.yaml` uses."""

    def register(function: Rule) -> Rule:
        RULES[name] = function
        return function

    return register


def at_node(node: Any, pointer: str, message: str, hint: str = "") -> Finding:
    """A finding about a whole object."""
    return Finding(message, pointer, position_of(node), hint)


def at_key(node: Any, key: Key, pointer: str, message: str, hint: str = "") -> Finding:
    """A finding about the name `key`, where `pointer` leads to `node`."""
    return Finding(message, child(pointer, key), key_position(node, key), hint)


def at_value(node: Any, key: Key, pointer: str, message: str, hint: str = "") -> Finding:
    """A finding about the value under `key`, where `pointer` leads to `node`."""
    return Finding(message, child(pointer, key), position_of(node, key), hint)
