"""Arrays, and the keywords whose sets of values cannot be laid over each other: those are the same, or they changed."""

from __future__ import annotations

from typing import Any

from tallystick.checks.diff.bounds import MAX_CONTAINS, MIN_CONTAINS, Limit, compare_limits, limit
from tallystick.checks.diff.changes import Side, Spot
from tallystick.checks.diff.graph import Pair
from tallystick.checks.diff.kinds import canonical, constraints
from tallystick.checks.diff.resolving import items, mapping
from tallystick.checks.diff.views import View

_CONDITIONS = ("if", "then", "else")
_KNOWN = frozenset(
    {
        *("$ref", "allOf", "oneOf", "anyOf", "type", "enum", "const", "format", "pattern", "multipleOf"),
        *("minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
        *("minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains", "uniqueItems"),
        *("properties", "required", "additionalProperties", "patternProperties", "unevaluatedProperties"),
        *("items", "prefixItems", "unevaluatedItems", "contains", "propertyNames", "not", *_CONDITIONS),
        *("dependentRequired", "dependentSchemas", "contentEncoding", "contentMediaType", "contentSchema"),
        "discriminator",
    }
)
_KEYWORDS_BY_TYPE = (
    ({"string"}, ("minLength", "maxLength", "pattern")),
    ({"integer", "fraction"}, ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")),
    ({"array"}, ("minItems", "maxItems", "uniqueItems", "items", "prefixItems", "contains")),
    ({"object"}, ("minProperties", "maxProperties", "required", "additionalProperties", "properties")),
)
_MASKABLE = frozenset({"type", "enum", "const", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"})
_IDLE_IF_TRUE = frozenset({"propertyNames", "unevaluatedProperties", "unevaluatedItems", "contentSchema"})
_TEXTS = ("title", "description", "summary", "example", "examples", "externalDocs", "$comment")
_JUDGING_NOTES = ("xml",)


def compare_arrays(pair: Pair) -> None:
    """Elements by place, uniqueness, `contains`."""
    old, new = pair.old, pair.new
    if "array" not in old.types & new.types:
        return
    places = max(old.places, new.places)
    for index in range(places):
        pair.below(f"/{index}", old.element(index), new.element(index))
    pair.below("/[]", old.element(None), new.element(None))
    was, is_now = (True in each.values("uniqueItems") for each in (old, new))
    if was != is_now:
        effect = "narrowed" if is_now else "widened"
        pair.value("unique-items", effect, f"elements {'must' if is_now else 'need not'} differ", "uniqueItems")
    _compare_opaque(pair, "contains", ("contains",))
    if old.values("contains") and new.values("contains"):
        compare_limits(pair, MAX_CONTAINS, limit(old, MAX_CONTAINS), limit(new, MAX_CONTAINS))
        one = Limit(1, False, False)
        compare_limits(pair, MIN_CONTAINS, limit(old, MIN_CONTAINS) or one, limit(new, MIN_CONTAINS) or one)


def compare_rest(pair: Pair) -> None:
    """Keywords that are the same or not, and those that nobody here knows."""
    common = pair.old.types & pair.new.types
    if "object" in common:
        _compare_opaque(pair, "property-names", ("propertyNames",))
        _compare_dependent_required(pair)
        _compare_opaque(pair, "dependent-schemas", ("dependentSchemas",))
        if pair.old.unions or pair.new.unions:
            _compare_opaque(pair, "unevaluated", ("unevaluatedProperties",))
    if "array" in common and (pair.old.unions or pair.new.unions or pair.old.values("items")):
        _compare_opaque(pair, "unevaluated", ("unevaluatedItems",))
    if "string" in common:
        _compare_opaque(pair, "content-encoding", ("contentEncoding",))
        _compare_opaque(pair, "content-media-type", ("contentMediaType",))
        _compare_opaque(pair, "content-schema", ("contentSchema",))
    if common:
        _compare_opaque(pair, "conditions", _CONDITIONS)
        _compare_opaque(pair, "not", ("not",))
        _compare_unknown(pair)
        _compare_idle(pair)


def _compare_opaque(pair: Pair, subject: str, keywords: tuple[str, ...]) -> None:
    old = [each for part in pair.old.parts if (each := _excerpt(part, keywords))]
    new = [each for part in pair.new.parts if (each := _excerpt(part, keywords))]
    if len(old) == len(new) and all(_equal(pair, *each) for each in zip(old, new, strict=True)):
        return
    lost = [each for each in old if not any(_equal(pair, each, other) for other in new)]
    gained = [each for each in new if not any(_equal(pair, other, each) for other in old)]
    if lost or gained:
        effect = "narrowed" if not lost else "widened" if not gained else _effect(pair, keywords, lost, gained)
        verb = "was added" if not lost else "was removed" if not gained else "changed"
        pair.value(subject, effect, f"{keywords[0]} {verb}", *keywords)


def _effect(pair: Pair, keywords: tuple[str, ...], lost: list[dict[str, Any]], gained: list[dict[str, Any]]) -> str:
    """Of two different schemas under one keyword: whether one holds the other."""
    keyword = keywords[0]
    if keyword not in ("propertyNames", "contains", "contentSchema") or len(lost) != 1 or len(gained) != 1:
        return "changed"
    views = pair.old.sibling(lost[0][keyword]), pair.new.sibling(gained[0][keyword])
    nodes = {side: pair.graph.compare(*views, side, pair.old_home, pair.new_home) for side in Side}
    if pair.graph.is_good(nodes[Side.REQUEST], Side.REQUEST):
        return "widened"
    return "narrowed" if pair.graph.is_good(nodes[Side.RESPONSE], Side.RESPONSE) else "changed"


def _excerpt(part: dict[str, Any], keywords: tuple[str, ...]) -> dict[str, Any]:
    found = {key: part[key] for key in keywords if key in part}
    # Of all values, and of all names, everything holds.
    return {} if keywords[0] in _IDLE_IF_TRUE and all(each in (True, {}) for each in found.values()) else found


def _equal(pair: Pair, old: dict[str, Any], new: dict[str, Any]) -> bool:
    if old.keys() != new.keys():
        return False
    return all(_equal_value(pair, key, old[key], new[key]) for key in old)


def _equal_value(pair: Pair, keyword: str, old: Any, new: Any) -> bool:
    if keyword in ("contentEncoding", "contentMediaType"):
        return str(old).lower() == str(new).lower()
    if keyword == "dependentSchemas":
        before, after = mapping(old), mapping(new)
        return before.keys() == after.keys() and all(_same_schema(pair, before[key], after[key]) for key in before)
    return _same_schema(pair, old, new)


def _same_schema(pair: Pair, old: Any, new: Any) -> bool:
    return pair.graph.sameness.same(old, new) or pair.graph.are_equivalent(
        pair.old.sibling(old), pair.new.sibling(new), pair.old_home
    )


def _compare_dependent_required(pair: Pair) -> None:
    old, new = (_dependencies(each) for each in (pair.old, pair.new))
    gained, lost = new - old, old - new
    # A property that is required in any case depends on nothing.
    gained = {each for each in gained if each[1] not in pair.old.required}
    lost = {each for each in lost if each[1] not in pair.new.required}
    for effect, pairs, verb in (("narrowed", gained, "needs"), ("widened", lost, "no longer needs")):
        if pairs and not (gained and lost):
            text = "; ".join(f'"{name}" {verb} "{other}"' for name, other in sorted(pairs))
            pair.value("dependent-required", effect, text, "dependentRequired")
    if gained and lost:
        pair.value("dependent-required", "changed", "other properties are needed", "dependentRequired")


def _dependencies(view: View) -> set[tuple[str, str]]:
    return {
        (name, other)
        for each in view.values("dependentRequired")
        for name, others in mapping(each).items()
        for other in items(others)
        if name != other
    }


def _compare_idle(pair: Pair) -> None:
    """Keywords for types that no value has."""
    common = pair.old.types | pair.new.types
    for types, keywords in _KEYWORDS_BY_TYPE:
        for keyword in keywords if not common & types else ():
            old, new = (list(map(canonical, each.values(keyword))) for each in (pair.old, pair.new))
            if old != new:
                pair.tell("idle-keyword-changed", f"{keyword} changed", pair.old.spot(keyword), pair.new.spot(keyword))


def compare_masked(pair: Pair) -> None:
    """What one part of an `allOf` says, and another one overrules."""
    old, new = pair.old.parts, pair.new.parts
    if pair.node.findings or len(old) != len(new) or len(old) < 2:
        return
    for before, after in zip(old, new, strict=True):
        for keyword in _MASKABLE & before.keys() & after.keys():
            if canonical(before[keyword]) != canonical(after[keyword]):
                message = f"{keyword} changed, where another part of the schema decides"
                pair.tell("idle-keyword-changed", message, Spot(before, keyword), Spot(after, keyword))


def _compare_unknown(pair: Pair) -> None:
    for keyword in sorted(_unknown(pair.old) | _unknown(pair.new)):
        old, new = (sorted(map(canonical, each.values(keyword))) for each in (pair.old, pair.new))
        if old != new:
            message = f"{keyword} changed"
            pair.tell(f"{pair.side}-keyword-changed", message, pair.old.spot(keyword), pair.new.spot(keyword))


def _unknown(view: View) -> set[str]:
    return {key for part in view.parts for key in constraints(part) - _KNOWN}


# ---------------------------------------------------------------- notes


def compare_notes(pair: Pair) -> None:
    """What judges no value: documentation, extensions, XML."""
    for keyword in _JUDGING_NOTES:
        if canonical(pair.old.note(keyword)) != canonical(pair.new.note(keyword)) and pair.graph.xml:
            pair.tell(f"{pair.side}-xml-changed", "xml changed", pair.old.spot("xml"), pair.new.spot("xml"))
    _compare_extensible(pair)
    for keyword in sorted(_extensions(pair.old) | _extensions(pair.new)):
        if canonical(pair.old.note(keyword)) != canonical(pair.new.note(keyword)):
            pair.tell("extension-changed", f"{keyword} changed", pair.old.spot(keyword), pair.new.spot(keyword))
    changed = [key for key in _TEXTS if canonical(pair.old.note(key)) != canonical(pair.new.note(key))]
    if changed:
        spots: list[Spot] = [each.spot(*changed) for each in (pair.old, pair.new)]
        pair.tell("documentation-changed", f"{', '.join(changed)} changed", *spots)


_OPEN_ENUM = "x-extensible-enum"


def _compare_extensible(pair: Pair) -> None:
    old, new = (items(each.note(_OPEN_ENUM)) for each in (pair.old, pair.new))
    spots = pair.old.spot(_OPEN_ENUM), pair.new.spot(_OPEN_ENUM)
    for word, values, others in (("removed", old, new), ("added", new, old)):
        found = [str(each) for each in values if each not in others]
        if found:
            pair.tell(f"{pair.side}-extensible-value-{word}", f"{', '.join(found)} {word}", *spots)


def _extensions(view: View) -> set[str]:
    return {key for note in view.notes for key in note if key.startswith("x-")} - {_OPEN_ENUM, "x-sunset"}
