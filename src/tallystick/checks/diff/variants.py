"""`oneOf` and `anyOf`: variants that came, went and changed, and whether `oneOf` still has exactly one match."""

from __future__ import annotations

from itertools import combinations

from tallystick.checks.diff.changes import Spot
from tallystick.checks.diff.disjoint import are_disjoint
from tallystick.checks.diff.graph import Pair
from tallystick.checks.diff.kinds import NUMBERS, TYPES, is_note
from tallystick.checks.diff.matching import Match, Variant, labels_of, match_variants
from tallystick.checks.diff.values import accepts
from tallystick.checks.diff.views import Union, View


def compare_unions(pair: Pair) -> None:
    """Both have unions, which are compared one by one."""
    old, new = list(pair.old.unions), list(pair.new.unions)
    for before, after in _paired_unions(pair, old, new):
        old.remove(before)
        new.remove(after)
        match = match_variants(pair, _variants(pair.old, before), _variants(pair.new, after))
        _compare_match(pair, match)
        _compare_exclusiveness(pair, before, after)
        if pair.sent and after.kind == "oneOf":
            _find_overlaps(pair, match, was_exclusive=before.kind == "oneOf")
    for union in new:
        pair.tell(f"{pair.side}-variant-removed", f"{union.kind} was added", None, Spot(union.node, union.kind))
    for union in old:
        pair.tell(f"{pair.side}-variant-added", f"{union.kind} was removed", Spot(union.node, union.kind))


def _paired_unions(pair: Pair, old: list[Union], new: list[Union]) -> list[tuple[Union, Union]]:
    if len(old) == len(new):
        return list(zip(old, new, strict=True))
    free = list(new)
    found = []
    for union in old:
        names = _names(pair.old, union)
        best = max(free, key=lambda each: len(names & _names(pair.new, each)), default=None)
        if best:
            free.remove(best)
            found.append((union, best))
    return found


def _names(view: View, union: Union) -> set[str]:
    return {name for each in _variants(view, union) for name in each.labels.get("ref", ())}


def _variants(view: View, union: Union) -> list[Variant]:
    return [
        Variant(branch_view, Spot(union.node[union.kind], index), labels_of(union, branch, branch_view))
        for index, (branch, branch_view) in enumerate(zip(union.branches, view.branch_views(union), strict=True))
    ]


def compare_wrapped(pair: Pair) -> None:
    """One side has a union, the other none: that one is a union of one variant, or of one for each type."""
    old, new = pair.old, pair.new
    if "null" in old.types ^ new.types and TYPES not in (old.types, new.types):
        word = "no longer" if "null" in old.types else "now"
        pair.value("null", "narrowed" if "null" in old.types else "widened", f"may {word} be null", "type")
    before, after = _spread(old, pair.old_home), _spread(new, pair.new_home)
    whole, branches = (before, after) if new.unions else (after, before)
    view = (old if new.unions else new).not_null
    # Of one schema for several types, each type may have become a variant; or all of it one.
    if len(whole) > 1 and any(_is_whole(pair, view, each.view, is_old=view is old.not_null) for each in branches):
        whole[:] = [Variant(view, whole[0].spot)]
    match = match_variants(pair, before, after)
    _compare_match(pair, match)
    if pair.sent and new.unions and match.gained and not old.nulls:
        pair.tell("request-schema-wrapped", f"one schema became one of {len(new.unions[0].branches)}")
    if pair.sent and new.unions and new.unions[0].kind == "oneOf":
        _find_overlaps(pair, match, was_exclusive=False)


def _is_whole(pair: Pair, whole: View, branch: View, *, is_old: bool) -> bool:
    """Whether a variant is about all types of a schema, and not about one of them."""
    if is_old and pair.is_good(whole, branch):
        return True
    kinds = {"number" if kind in NUMBERS else kind for kind in branch.types - {"null"}}
    return not is_old and len(kinds) > 1


def _spread(view: View, home: Spot) -> list[Variant]:
    if view.unions:
        union = view.unions[0]
        found = _variants(view, union)
        aside = {"discriminator", union.kind}
        if any(not is_note(key) and key not in aside for part in view.parts for key in part):
            for each, branch in zip(found, union.branches, strict=True):
                each.view = view.with_branch(union, branch)
        return found
    view = view.not_null
    kinds = view.types - {"null"}
    if not kinds:
        return []
    groups = {NUMBERS if kind in NUMBERS else frozenset({kind}) for kind in kinds}
    if kinds >= TYPES - {"null"}:
        return [Variant(view, home)]
    if len(groups) < 2:
        return [Variant(view.of_types(kinds) if "null" in view.types else view, home)]
    return [Variant(view.of_types(group), home) for group in sorted(groups, key=sorted)]


def _compare_match(pair: Pair, match: Match) -> None:
    """What a client may send must be covered by what is taken now; what it receives, by what it could receive."""
    for one, other in match.pairs:
        name = other.name or one.name
        pair.below(f"<{name}>" if name else "", one.view, other.view)
    for one in match.lost:
        everything = [other for _, other in match.pairs] + match.gained
        # What has a name is meant: that another variant takes the same values is chance.
        if not pair.sent or one.name or not any(pair.is_good(one.view, other.view) for other in everything):
            pair.tell(f"{pair.side}-variant-removed", f"variant {one.title} removed", one.spot)
    for other in match.gained:
        everything = [one for one, _ in match.pairs] + match.lost
        if pair.sent or other.name or not any(pair.is_good(one.view, other.view) for one in everything):
            pair.tell(f"{pair.side}-variant-added", f"variant {other.title} added", None, other.spot)


def _compare_exclusiveness(pair: Pair, old: Union, new: Union) -> None:
    """`oneOf` refuses what matches twice. Where nothing can, it is `anyOf`."""
    if old.kind == new.kind:
        return
    strict, view = (new, pair.new) if new.kind == "oneOf" else (old, pair.old)
    if all(are_disjoint(*each) for each in combinations(view.branch_views(strict), 2)):
        return
    effect = "narrowed" if strict is new else "widened"
    spots = Spot(old.node, old.kind), Spot(new.node, new.kind)
    word = "exclusive" if effect == "narrowed" else "inclusive"
    pair.tell(f"{pair.side}-one-of-{word}", f"{old.kind} -> {new.kind}", *spots)


def _find_overlaps(pair: Pair, match: Match, *, was_exclusive: bool) -> None:
    """Values that matched one variant of `oneOf`, and match two now."""
    rules = set()
    before = [one for one, _ in match.pairs] + match.lost
    for one, other in match.pairs:
        rivals = [added for added in match.gained if not _told_apart(other, added)]
        if not rivals:
            continue
        if any(pair.is_good(one.view, each.view) for each in before if each is not one) and was_exclusive:
            continue  # whatever it takes matched twice before
        for added in rivals:
            swallowed = _must_overlap(pair, one.view, added.view)
            rules.add("request-variants-overlap" if swallowed else "request-variants-may-overlap")
    if was_exclusive:
        for second in match.pairs:
            if not pair.graph.same(second[0].view, second[1].view):
                others = (each for each in match.pairs if each is not second)
                rules |= {rule for first in others for rule in _new_overlap(pair, first, second)}
    for rule in sorted(rules)[-1:] if "request-variants-overlap" not in rules else ["request-variants-overlap"]:
        word = "match" if rule == "request-variants-overlap" else "may match"
        pair.tell(rule, f"values {word} more than one variant", None, pair.new.spot("oneOf"))


def _new_overlap(pair: Pair, first: tuple[Variant, Variant], second: tuple[Variant, Variant]) -> set[str]:
    """Whether what the first variant took, the second one takes now as well."""
    if _told_apart(first[1], second[1]):
        return set()
    taken = _must_overlap(pair, first[0].view, second[1].view)
    if taken and not _must_overlap(pair, first[0].view, second[0].view):
        return {"request-variants-overlap"}
    if are_disjoint(first[0].view, second[0].view) or pair.graph.is_wider(second[0].view, second[1].view):
        return {"request-variants-may-overlap"}
    return set()


def _must_overlap(pair: Pair, one: View, other: View) -> bool:
    """Whether certainly some value is both: because one holds the other, or by a value that is listed."""
    if pair.is_good(one, other) or pair.is_good(other, one):
        return True
    sides = ((one, other), (other, one))
    return any(accepts(second, value) for first, second in sides for value in (first.finite or {}).values())


def _told_apart(one: Variant, other: Variant) -> bool:
    """Nothing is both, or a discriminator decides which is meant, or each asks for a property of its own."""
    values, others = one.labels.get("value"), other.labels.get("value")
    if (values and others and not values & others) or are_disjoint(one.view, other.view):
        return True
    if one.view.types & other.view.types - {"null"} != {"object"}:
        return False
    pairs = ((one.view, other.view), (other.view, one.view))
    return all(any(name not in second.properties for name in first.required) for first, second in pairs)
