"""One bundled document: references, places, and what is the same in two of them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from tallystick.spec.grammar import METHODS, SECTIONS
from tallystick.spec.nodes import Object
from tallystick.spec.pointers import child, join, look_up, split_fragment

_LONGEST_CHAIN = 50


class Contract:
    """A bundled contract in the words of OpenAPI 3.1."""

    def __init__(self, document: Object) -> None:
        self.document = document
        self._targets: dict[str, Any] = {}

    def target(self, reference: str) -> Any:
        """What a reference names; None where it leads nowhere."""
        if reference not in self._targets:
            try:
                found = look_up(self.document, join(split_fragment(reference)))
            except KeyError:
                found = None
            self._targets[reference] = found
        return self._targets[reference]

    def resolved(self, node: Any) -> Any:
        """An object that is no schema, with its references followed."""
        for _ in range(_LONGEST_CHAIN):
            if not (isinstance(node, dict) and isinstance(node.get("$ref"), str)):
                return node
            node = self.target(node["$ref"])
        return None

    @cached_property
    def pointers(self) -> dict[int, str]:
        """The pointer to every object and array, by identity."""
        found: dict[int, str] = {}
        stack: list[tuple[Any, str]] = [(self.document, "")]
        while stack:
            node, pointer = stack.pop()
            if id(node) in found:
                continue
            found[id(node)] = pointer
            items = node.items() if isinstance(node, dict) else enumerate(node)
            stack.extend((value, child(pointer, key)) for key, value in items if isinstance(value, dict | list))
        return found

    @cached_property
    def speaks_xml(self) -> bool:
        """Whether any body may be XML."""
        stack: list[Any] = [self.document]
        while stack:
            node = stack.pop()
            if isinstance(node, dict):
                content = node.get("content")
                if isinstance(content, dict) and any("xml" in str(name).lower() for name in content):
                    return True
                stack.extend(node.values())
            elif isinstance(node, list):
                stack.extend(node)
        return False

    @cached_property
    def heirs(self) -> dict[int, dict[str, Any]]:
        """The component schemas that take another one in by `allOf`, by name, for the identity of that one."""
        found: dict[int, dict[str, Any]] = {}
        for name, schema in self.section("schemas").items():
            for part in items(mapping(schema).get("allOf")):
                reference = mapping(part).get("$ref")
                if isinstance(reference, str):
                    found.setdefault(id(self.target(reference)), {})[name] = schema
        return found

    def section(self, name: str) -> dict[str, Any]:
        """A section of `components`."""
        return mapping(mapping(self.document.get("components")).get(name))


def mapping(node: Any) -> dict[str, Any]:
    """The object, or an empty one in place of anything else."""
    return node if isinstance(node, dict) else {}


def items(node: Any) -> list[Any]:
    """The array, or an empty one in place of anything else."""
    return node if isinstance(node, list) else []


class Sameness:
    """Whether parts of two documents are the same, all that they refer to included."""

    def __init__(self, old: Contract, new: Contract) -> None:
        self._old = old
        self._new = new
        self._known: dict[tuple[int, int], bool] = {}
        self._clean = self._find_clean()

    def _find_clean(self) -> set[str]:
        """References to components that are equal in both, and lead to such components only."""
        equal: dict[str, set[str]] = {}
        for section in SECTIONS.values():
            new = self._new.section(section)
            for name, node in self._old.section(section).items():
                if name in new and new[name] == node and same_types(new[name], node):
                    heirs = {*self._old.heirs.get(id(node), ()), *self._new.heirs.get(id(new[name]), ())}
                    led_to = {"#" + child("", "components", "schemas", heir) for heir in heirs}
                    equal["#" + child("", "components", section, name)] = references(node) | led_to
        changed = True
        while changed:
            stale = [name for name, found in equal.items() if not found <= equal.keys()]
            for name in stale:
                del equal[name]
            changed = bool(stale)
        return set(equal)

    def same(self, old: Any, new: Any) -> bool:
        """Certainly the same. Where references lead into the inside of components, the answer is no."""
        key = (id(old), id(new))
        if key not in self._known:
            self._known[key] = old == new and same_types(old, new) and references(old) <= self._clean
        return self._known[key]


def same_types(old: Any, new: Any) -> bool:
    """Of two equal values: whether they are so as JSON. Python takes `True` for 1, also deep inside."""
    if isinstance(old, dict):
        return all(same_types(value, new[key]) for key, value in old.items())
    if isinstance(old, list):
        return all(map(same_types, old, new))
    return isinstance(old, bool) == isinstance(new, bool)


def references(node: Any) -> set[str]:
    """Every reference below, those of discriminators included; a name that is data does no harm."""
    found: set[str] = set()
    stack = [node]
    while stack:
        each = stack.pop()
        if isinstance(each, dict):
            reference = each.get("$ref")
            if isinstance(reference, str):
                found.add(reference)
            targets = mapping(mapping(each.get("discriminator")).get("mapping"))
            found.update(value for value in targets.values() if isinstance(value, str) and value.startswith("#"))
            stack.extend(each.values())
        elif isinstance(each, list):
            stack.extend(each)
    return found


def operations_of(item: Any) -> dict[str, dict[str, Any]]:
    """The operations of a path item, by method."""
    node = mapping(item)
    found = {method: node[method] for method in METHODS if isinstance(node.get(method), dict)}
    others = mapping(node.get("additionalOperations"))
    return found | {method: each for method, each in others.items() if isinstance(each, dict)}
