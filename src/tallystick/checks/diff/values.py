"""Types, listed values, formats and patterns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tallystick.checks.diff.bounds import LIMITS, MAX_LENGTH, MIN_LENGTH, divides, limit, multiples
from tallystick.checks.diff.changes import show
from tallystick.checks.diff.graph import Pair
from tallystick.checks.diff.kinds import NUMBERS, TYPES, canonical, type_of
from tallystick.checks.diff.views import View
from tallystick.runtime.patterns import PatternError, translate

_STRINGS = frozenset({"string"})
_NUMBER_FORMATS = frozenset(
    {"int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float", "double"}
)
_WIDER_FORMATS = {
    "int8": {"int16", "int32", "int64", "float", "double"},
    "uint8": {"uint16", "uint32", "uint64", "int16", "int32", "int64", "float", "double"},
    "int16": {"int32", "int64", "float", "double"},
    "uint16": {"uint32", "uint64", "int32", "int64", "float", "double"},
    "int32": {"int64", "double"},
    "uint32": {"uint64", "int64", "double"},
    "float": {"double"},
    "email": {"idn-email"},
    "hostname": {"idn-hostname"},
    "uri": {"uri-reference", "iri", "iri-reference"},
    "uri-reference": {"iri-reference"},
    "iri": {"iri-reference"},
}
_FORMATS_WITHOUT_MEANING = frozenset({"", "password", "string", "text"})
_PATTERNS_WITHOUT_MEANING = frozenset({"", ".*", "^.*", ".*$", "^.*$", "^", "$"})
_ANYTHING = 9


def compare_types(pair: Pair) -> None:
    """Types, `null` as a rule of its own."""
    old, new = pair.old.types, pair.new.types
    if old == new:
        return
    plain_old, plain_new = old - {"null"}, new - {"null"}
    if pair.old.enum is not None and pair.new.enum is not None and plain_old & plain_new:
        plain_new = plain_old  # the values say more
    is_about_null = plain_old == plain_new or TYPES not in (old, new)
    if "null" in old ^ new and is_about_null and (plain_old or plain_new) and (old and new):
        effect = "narrowed" if "null" in old else "widened"
        word = "no longer" if "null" in old else "now"
        pair.value("null", effect, f"may {word} be null", "type", "anyOf", "oneOf", "enum")
    if plain_old == plain_new and old and new and (plain_old or "null" in old & new):
        return
    lost, gained = plain_old - plain_new, plain_new - plain_old
    effect = "changed" if lost and gained else "narrowed" if lost or not new else "widened"
    if not new and not pair.sent:
        effect = "changed"  # nothing at all is what no client can read
    pair.value("type", effect, f"type {_types(old)} -> {_types(new)}", "type")


def _types(kinds: frozenset[str]) -> str:
    if kinds == TYPES:
        return "anything"
    names = {"number" if each == "fraction" else each for each in kinds}
    if "number" in names:
        names.discard("integer")
    return " or ".join(sorted(names)) or "nothing"


def compare_enums(pair: Pair) -> None:
    """The values that are listed."""
    old, new = pair.old.enum, pair.new.enum
    if old is None and new is None:
        return
    if not (pair.old.types & pair.new.types) - {"null"}:
        return
    old_values, new_values = pair.old.finite, pair.new.finite
    if old != new and _is_const(pair.old) and _is_const(pair.new):
        pair.value("const", "changed", f"const {_list(old)} -> {_list(new)}", "const")
        return
    if old_values is not None and new_values is not None:
        _compare_values(pair, old_values, new_values)
        return
    if new is not None:
        rule = "const" if _is_const(pair.new) else "enum"
        pair.value(rule, "narrowed", f"only {_list(new)} allowed now", "const", "enum")
        same_format = formats(pair.old) <= formats(pair.new)
        alien = {key: value for key, value in new.items() if not accepts(pair.old, value, in_doubt=same_format)}
        if alien:
            pair.value("enum-value", "widened", f"{_list(alien)} added", "const", "enum")
    elif old is not None:
        rule = "const" if _is_const(pair.old) else "enum"
        pair.value(rule, "widened", f"no longer only {_list(old)}", "const", "enum")
        lost = {key: value for key, value in old.items() if not accepts(pair.new, value)}
        if lost:
            pair.value("enum-value", "narrowed", f"{_list(lost)} removed", "const", "enum")


def _compare_values(pair: Pair, old: dict[str, Any], new: dict[str, Any]) -> None:
    lost = {key: old[key] for key in old if key not in new or not accepts(pair.new, old[key], in_doubt=True)}
    gained = {key: new[key] for key in new if key not in old or not accepts(pair.old, new[key], in_doubt=True)}
    # What neither side ever took is no change.
    lost = {key: value for key, value in lost.items() if accepts(pair.old, value, in_doubt=True)}
    gained = {key: value for key, value in gained.items() if accepts(pair.new, value, in_doubt=True)}
    if lost:
        pair.value("enum-value", "narrowed", f"{_list(lost)} removed", "enum", "const")
    if gained:
        pair.value("enum-value", "widened", f"{_list(gained)} added", "enum", "const")


def _is_const(view: View) -> bool:
    return view.enum is not None and len(view.enum) == 1 and any("const" in part for part in view.parts)


def _list(values: dict[str, Any] | None) -> str:
    shown = [show(value) for value in (values or {}).values()]
    return ", ".join(shown[:_ANYTHING]) + (", ..." if len(shown) > _ANYTHING else "")


def accepts(view: View, value: Any, *, in_doubt: bool = False) -> bool:
    """Whether a value is allowed; `in_doubt` is said of what only a validator could tell."""
    if type_of(value) not in view.types:
        return False
    if view.enum is not None and value is not None and canonical(value) not in view.enum:
        return False
    if isinstance(value, str) and not _accepts_text(view, value, in_doubt=in_doubt):
        return False
    if isinstance(value, int | float) and not isinstance(value, bool) and not _accepts_number(view, value):
        return False
    is_simple = not isinstance(value, dict | list) and not view.unions
    return in_doubt if not is_simple or any(part.keys() & {"not", "if"} for part in view.parts) else True


def _accepts_number(view: View, value: float) -> bool:
    bounds = [limit(view, keyword) for keyword in LIMITS]
    return all(bound.admits(value) for bound in bounds if bound) and all(
        divides(each, value) for each in multiples(view)
    )


def _accepts_text(view: View, value: str, *, in_doubt: bool) -> bool:
    shortest, longest = limit(view, MIN_LENGTH), limit(view, MAX_LENGTH)
    if (shortest and len(value) < shortest.value) or (longest and len(value) > longest.value):
        return False
    try:
        matches = all(translate(each).matches(value) for each in patterns(view))
    except PatternError:
        return in_doubt
    return matches and (in_doubt or not formats(view))


# ---------------------------------------------------------------- formats and patterns


def formats(view: View) -> set[str]:
    """The formats that mean something for the types at hand."""
    named = {str(each) for each in view.values("format")} - _FORMATS_WITHOUT_MEANING
    numeric, text = named & _NUMBER_FORMATS, named - _NUMBER_FORMATS
    return (numeric if view.types & NUMBERS else set()) | (text if "string" in view.types else set())


def patterns(view: View) -> set[str]:
    return {str(each) for each in view.values("pattern")} - _PATTERNS_WITHOUT_MEANING


def compare_texts(pair: Pair) -> None:
    """`format` and `pattern`, where both sides leave the values open."""
    if pair.old.enum is not None or pair.new.enum is not None:
        return
    common = pair.old.types & pair.new.types
    if common & (NUMBERS | _STRINGS):
        _compare_sets(pair, "format", formats(pair.old), formats(pair.new), _is_within)
        if formats(pair.old) == formats(pair.new) and set(pair.old.values("format")) != set(pair.new.values("format")):
            pair.tell("documentation-changed", "format changed", pair.old.spot("format"), pair.new.spot("format"))
    if "string" in common:
        _compare_sets(pair, "pattern", patterns(pair.old), patterns(pair.new), lambda old, new: old == new)


def _is_within(narrow: str, wide: str) -> bool:
    return narrow == wide or wide in _WIDER_FORMATS.get(narrow, ())


def _compare_sets(
    pair: Pair, subject: str, old: set[str], new: set[str], is_within: Callable[[str, str], bool]
) -> None:
    """All of a set must hold: a new one narrows unless an old one says as much."""
    narrowed = any(not any(is_within(have, wanted) for have in old) for wanted in new)
    widened = any(not any(is_within(have, wanted) for have in new) for wanted in old)
    if narrowed or widened:
        effect = "changed" if narrowed and widened else "narrowed" if narrowed else "widened"
        texts = [", ".join(map(show, sorted(each))) or "none" for each in (old, new)]
        pair.value(subject, effect, f"{subject} {texts[0]} -> {texts[1]}", subject)
