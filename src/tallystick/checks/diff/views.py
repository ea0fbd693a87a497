"""A schema as a set of values: references followed, `allOf` laid together, "or null" taken for what it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tallystick.checks.diff.changes import NOWHERE, Spot
from tallystick.checks.diff.kinds import TYPES, canonical, constraints, declared_types, listed_values, type_of
from tallystick.checks.diff.resolving import Contract, items, mapping
from tallystick.runtime.patterns import PatternError, translate

_DEEPEST = 60


@dataclass(frozen=True, eq=False)
class Union:
    """A `oneOf` or `anyOf`; `node` is the schema that holds it."""

    kind: str
    branches: tuple[Any, ...]
    node: Any

    @property
    def discriminator(self) -> dict[str, Any]:
        return mapping(self.node.get("discriminator"))


class View:
    """All that must hold at once: `parts` are schemas whose `$ref` and `allOf` were followed already."""

    def __init__(self, source: Views, roots: tuple[Any, ...], only: frozenset[str] | None = None) -> None:
        self._source = source
        self.roots = roots
        self.only = only
        self.parts: list[dict[str, Any]] = []
        self.notes: list[dict[str, Any]] = []
        self.unions: list[Union] = []
        self.impossible = False
        self.nulls: list[str] = []
        """The unions around that add null, from the outside in."""
        self._seen: set[int] = set()
        self._busy = False
        for root in [self._unwrap(roots[0])] if len(roots) == 1 else roots:
            self._expand(root, 0)

    def _unwrap(self, root: Any) -> Any:
        """Goes through references and unions that only add null or nothing."""
        while isinstance(root, dict) and id(root) not in self._seen:
            active = constraints(root)
            if active == {"$ref"}:
                inner = self._source.contract.target(str(root["$ref"]))
            elif active == {"allOf"} and len(items(root["allOf"])) == 1:
                inner = root["allOf"][0]
            elif active in ({"oneOf"}, {"anyOf"}):
                inner = self._without_null(root, next(iter(active)))
                if inner is root:
                    return root
            else:
                return root
            self._seen.add(id(root))
            self.notes.append(root)
            root = inner
        return root

    def _without_null(self, root: dict[str, Any], kind: str) -> Any:
        branches = items(root[kind])
        others = [each for each in branches if not self._source.is_null(each)]
        if not others or (len(others) == len(branches) and len(others) > 1):
            return root
        if len(others) < len(branches):
            self.nulls.append(kind)
        if len(others) == 1:
            return others[0]
        self.unions.append(Union(kind, tuple(others), root))
        return True

    def _expand(self, root: Any, depth: int) -> None:
        if root is False:
            self.impossible = True
        if not isinstance(root, dict) or id(root) in self._seen or depth > _DEEPEST:
            return
        self._seen.add(id(root))
        self.parts.append(root)
        self.notes.append(root)
        if isinstance(root.get("$ref"), str):
            self._expand(self._source.contract.target(root["$ref"]), depth + 1)
        for each in items(root.get("allOf")):
            self._expand(each, depth + 1)
        for kind in ("oneOf", "anyOf"):
            branches = items(root.get(kind))
            if len(branches) == 1:
                self._expand(branches[0], depth + 1)
            elif branches:
                self.unions.append(Union(kind, tuple(branches), root))

    @cached_property
    def types(self) -> frozenset[str]:
        """The types that values may have."""
        if self._busy:
            return TYPES
        self._busy = True
        try:
            found = self._base_types()
        finally:
            self._busy = False
        return found & self.only if self.only else found

    def _base_types(self) -> frozenset[str]:
        if self.impossible:
            return frozenset()
        found = TYPES
        for part in self.parts:
            found &= declared_types(part)
            if "enum" in part or "const" in part:
                found &= frozenset(map(type_of, listed_values(part)))
        for union in self.unions:
            found &= frozenset().union(*(self._source.view(each).types for each in union.branches))
        for kind in reversed(self.nulls):
            # Of oneOf exactly one may match: two that take null take it no more.
            found = found - {"null"} if kind == "oneOf" and "null" in found else found | {"null"}
        return found

    @cached_property
    def enum(self) -> dict[str, Any] | None:
        """The values listed, null aside, by their text; None where any value of the type will do."""
        found: dict[str, Any] | None = None
        for part in self.parts:
            if "enum" in part or "const" in part:
                values = {canonical(each): each for each in listed_values(part) if type_of(each) in self.types}
                found = values if found is None else {key: found[key] for key in found if key in values}
        return None if found is None else {key: value for key, value in found.items() if value is not None}

    @property
    def finite(self) -> dict[str, Any] | None:
        """The values, null aside, where there are only so many: those listed, or both of a boolean."""
        if self.enum is None and "boolean" in self.types and self.types <= {"boolean", "null"} and not self.unions:
            return {"false": False, "true": True}
        return self.enum

    @property
    def home(self) -> Spot:
        """Where the schema stands: what to point at when a keyword is missing."""
        return Spot(self.parts[0] if self.parts else self.notes[-1]) if self.notes else NOWHERE

    def spot(self, *keywords: str) -> Spot:
        """Where one of these keywords is written, else the schema itself."""
        for keyword in keywords:
            for part in (*self.parts, *self.notes):
                if keyword in part:
                    return Spot(part, keyword)
        return self.home

    def values(self, keyword: str) -> list[Any]:
        """What the parts say, in the order in which they are written."""
        return [part[keyword] for part in self.parts if keyword in part]

    def note(self, keyword: str) -> Any:
        """What stands nearest to the place of use."""
        return next((each[keyword] for each in self.notes if keyword in each), None)

    @cached_property
    def required(self) -> dict[str, Spot]:
        return {
            name: Spot(part["required"], index)
            for part in self.parts
            for index, name in enumerate(items(part.get("required")))
            if isinstance(name, str)
        }

    @cached_property
    def properties(self) -> dict[str, Spot]:
        """Every declared property, and where."""
        found: dict[str, Spot] = {}
        for part in self.parts:
            for name in mapping(part.get("properties")):
                found.setdefault(name, Spot(part["properties"], name))
        return found

    @cached_property
    def members(self) -> frozenset[str]:
        """Properties that are declared here or in any variant: those that `unevaluatedProperties` does not judge."""
        if self._busy:
            return frozenset()
        self._busy = True
        found = set(self.properties)
        for schema in self._applicators():
            found |= self._source.view(schema).members
        self._busy = False
        return frozenset(found)

    def _applicators(self) -> Iterator[Any]:
        for union in self.unions:
            yield from union.branches
        for part in self.parts:
            yield from (part[key] for key in ("if", "then", "else") if key in part)
            yield from mapping(part.get("dependentSchemas")).values()

    def member(self, name: str) -> View:
        """What holds for the property of this name, declared or not."""
        roots: list[Any] = []
        for part in self.parts:
            own = mapping(part.get("properties"))
            matching = [own[name]] if name in own else []
            patterns = mapping(part.get("patternProperties"))
            matching += [schema for pattern, schema in patterns.items() if _matches(pattern, name)]
            if not matching and "additionalProperties" in part:
                matching = [part["additionalProperties"]]
            roots += matching
        if name not in self.members and not roots:
            roots = self.values("unevaluatedProperties")
        return self._source.view(*roots)

    @cached_property
    def others(self) -> View:
        """What holds for properties that nothing names."""
        return self._source.view(*(self.values("additionalProperties") or self.values("unevaluatedProperties")))

    @property
    def closed(self) -> bool:
        return not self.others.types

    def element(self, index: int | None) -> View:
        """What holds for the element at this place; None: for those behind every place that is named."""
        roots: list[Any] = []
        for part in self.parts:
            first = items(part.get("prefixItems"))
            if index is not None and index < len(first):
                roots.append(first[index])
            elif "items" in part:
                roots.append(part["items"])
        if not roots and not self.values("items"):
            roots = self.values("unevaluatedItems")
        return self._source.view(*roots)

    @property
    def places(self) -> int:
        return max((len(items(each)) for each in self.values("prefixItems")), default=0)

    def sibling(self, *roots: Any) -> View:
        """Another schema of the same document."""
        return self._source.view(*roots)

    @property
    def contract(self) -> Contract:
        return self._source.contract

    def of_types(self, kinds: frozenset[str]) -> View:
        """The values of some types."""
        return self._source.of_types(self, kinds)

    @cached_property
    def not_null(self) -> View:
        """The same without the null that a union around it adds."""
        return self._source.view(*map(self._source.bare, self.parts)) if self.nulls and not self.unions else self

    def branch_views(self, union: Union) -> list[View]:
        return [self._source.view(each) for each in union.branches]

    def with_branch(self, union: Union, branch: Any) -> View:
        """This without the union, and one of its branches."""
        base = {key: value for key, value in union.node.items() if key != union.kind}
        roots = [self._source.made(union.node, union.kind, base) if root is union.node else root for root in self.parts]
        plain = [self._source.bare(root) for root in roots]
        return self._source.view(*[each for each in plain if constraints(each)], branch)


class Views:
    """The views of one document, each made once."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self._views: dict[tuple[Any, ...], View] = {}
        self._made: dict[tuple[int, str], dict[str, Any]] = {}

    def view(self, *roots: Any) -> View:
        unique = list({id(each): each for each in roots}.values())
        return self._remember(tuple(unique), None)

    def of_types(self, view: View, kinds: frozenset[str]) -> View:
        return self._remember(view.roots, kinds)

    def _remember(self, roots: tuple[Any, ...], only: frozenset[str] | None) -> View:
        key = (*map(id, roots), only)
        if key not in self._views:
            # The roots live as long as the document, or as long as the view that holds them: identities stay unique.
            self._views[key] = View(self, roots, only)
        return self._views[key]

    def made(self, node: dict[str, Any], purpose: str, content: dict[str, Any]) -> dict[str, Any]:
        """An object of our own in place of one of the document, the same for each purpose."""
        key = (id(node), purpose)
        if key not in self._made:
            copied = node.copy()
            copied.clear()
            copied.update(content)
            self._made[key] = copied
        return self._made[key]

    def bare(self, part: dict[str, Any]) -> dict[str, Any]:
        """A part without what was followed already."""
        content = {key: value for key, value in part.items() if key not in ("$ref", "allOf")}
        if len(content) == len(part):
            return part
        return self.made(part, "bare", content)

    def is_null(self, schema: Any) -> bool:
        for _ in range(_DEEPEST):
            if not isinstance(schema, dict) or constraints(schema) != {"$ref"}:
                break
            schema = self.contract.target(str(schema["$ref"]))
        if not isinstance(schema, dict) or not constraints(schema) <= {"type", "enum", "const"}:
            return False
        if "null" not in declared_types(schema):
            return False
        if "enum" in schema or "const" in schema:
            return all(each is None for each in listed_values(schema))
        return schema.get("type") in ("null", ["null"])


def _matches(pattern: str, text: str) -> bool:
    try:
        return translate(pattern).matches(text)
    except PatternError:
        return False
