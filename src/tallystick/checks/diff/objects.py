"""Properties: added, removed, required, read-only, write-only, and those that nothing names."""

from __future__ import annotations

from tallystick.checks.diff.changes import Side, Spot
from tallystick.checks.diff.graph import Pair
from tallystick.checks.diff.kinds import canonical
from tallystick.checks.diff.resolving import mapping
from tallystick.checks.diff.sunset import has_passed
from tallystick.checks.diff.views import View
from tallystick.spec.pointers import escape

_HIDDEN = {Side.REQUEST: "readOnly", Side.RESPONSE: "writeOnly"}


def compare_objects(pair: Pair) -> None:
    """Everything that is about objects, bounds aside."""
    old, new = pair.old, pair.new
    if "object" not in old.types & new.types:
        return
    names = dict.fromkeys([*old.properties, *new.properties, *old.required, *new.required])
    for name in names:
        _Property(pair, name).compare()
    _compare_others(pair)
    _compare_patterns(pair)


class _Property:
    """One property on both sides."""

    def __init__(self, pair: Pair, name: str) -> None:
        self.pair = pair
        self.name = name
        self.old = pair.old.member(name)
        self.new = pair.new.member(name)
        self.was_required = name in pair.old.required
        self.is_required = name in pair.new.required
        self.was = (name in pair.old.members or self.was_required) and bool(self.old.types)
        self.is_now = (name in pair.new.members or self.is_required) and bool(self.new.types)
        hidden = _HIDDEN[pair.side]
        self.was_hidden = self.old.note(hidden) is True
        self.is_hidden = self.new.note(hidden) is True

    @property
    def old_spot(self) -> Spot:
        return self.pair.old.properties.get(self.name) or self.pair.old.required.get(self.name) or self.pair.old.home

    @property
    def new_spot(self) -> Spot:
        return self.pair.new.properties.get(self.name) or self.pair.new.required.get(self.name) or self.pair.new.home

    def tell(self, rule: str, message: str) -> None:
        self.pair.tell(rule, f'property "{self.name}" {message}', self.old_spot, self.new_spot)

    def below(self) -> None:
        self.pair.below(f"/{escape(self.name)}", self.old, self.new)

    def compare(self) -> None:
        if self.was_hidden and self.is_hidden:
            self._compare_hidden()
        elif self.was and self.is_now and self.was_hidden != self.is_hidden:
            self._compare_visibility()
        elif self.pair.sent:
            self._compare_sent()
        else:
            self._compare_received()

    def _compare_hidden(self) -> None:
        """Clients do not send it, or do not receive it."""
        if not self.pair.sent:
            if not self.pair.graph.are_equivalent(self.old, self.new, self.old_spot):
                self.tell("response-write-only-property-changed", "changed, which clients do not receive")
            return
        if self.is_required and not self.was_required:
            self.tell("request-read-only-property-required", "is required now, and read-only")
        if not self.pair.is_good(self.old, self.new):
            self.tell("request-read-only-property-narrowed", "is read-only, and allows other values")
        elif not self.pair.graph.are_equivalent(self.old, self.new, self.old_spot):
            self.tell("request-read-only-property-changed", "is read-only, and changed")

    def _compare_visibility(self) -> None:
        if self.pair.sent:
            if self.is_hidden:
                self.tell("request-property-became-read-only", "is read-only now")
                if self.is_required and not self.was_required:
                    self.tell("request-read-only-property-required", "is required now, and read-only")
                return
            self.tell("request-property-became-writable", "is no longer read-only")
            if self.is_required:
                self.tell("request-property-became-required", "is required now that it is no longer read-only")
            self.below()
        elif self.is_hidden:
            required = "required-property" if self.was_required else "property"
            self.tell(f"response-{required}-became-write-only", "is write-only now")
        else:
            self.tell("response-property-became-readable", "is no longer write-only")
            self.below()

    def _compare_sent(self) -> None:
        if self.is_required and not self.was_required:
            if self.was:
                self.tell("request-property-became-required", "became required")
            elif self.is_hidden:
                self.tell("request-read-only-property-required", "was added, required and read-only")
            else:
                self.tell("request-property-added-required", "was added, and is required")
        elif self.was_required and not self.is_required and self.is_now:
            self.tell("request-property-became-optional", "became optional")
        if self.was and self.is_now:
            self.below()
            self._compare_notes()
        elif self.is_now:
            self._added_to_sent()
        elif self.was:
            self._removed_from_sent()

    def _added_to_sent(self) -> None:
        if not self.is_required or self.was_required:
            self.tell("request-property-added", "was added")
        if self.pair.old.others.roots and self.old.types:
            # The object named what other properties may hold: this one was among them.
            self.below()

    def _removed_from_sent(self) -> None:
        if self.was_hidden:
            self.tell("request-read-only-property-changed", "was removed, which clients did not send")
        elif has_passed(self.old):
            self.tell("request-property-removed-after-sunset", "was removed")
        elif not self.new.types:
            self.tell("request-property-removed-refused", "was removed, and unknown properties are refused")
        else:
            self.tell("request-property-removed-ignored", "was removed")
            if self.new.roots:
                self.below()

    def _compare_received(self) -> None:
        if self.was and not self.is_now:
            self._removed_from_received()
            return
        if self.is_now and not self.was:
            self._added_to_received()
            return
        if self.was_required and not self.is_required:
            self.tell("response-property-became-optional", "became optional")
        elif self.is_required and not self.was_required:
            self.tell("response-property-became-required", "became required")
        if self.was:
            self.below()
            self._compare_notes()

    def _removed_from_received(self) -> None:
        if has_passed(self.old):
            self.tell("response-property-removed-after-sunset", "was removed")
        elif self.was_hidden:
            self.tell("response-write-only-property-changed", "was removed, which clients did not receive")
        elif self.was_required and not (self.is_required and self.new.types):
            self.tell("response-property-removed-required", "was removed, and was always there")
        else:
            self.tell("response-property-removed-optional", "was removed")
        if self.new.types and self.new.roots:
            self.below()

    def _added_to_received(self) -> None:
        if self.is_hidden:
            self.tell("response-write-only-property-changed", "was added, which clients do not receive")
        elif not self.old.types:
            self.tell("response-property-added-closed", "was added to an object that was closed")
        else:
            self.tell("response-property-added", "was added")
            if self.pair.old.others.roots:
                self.below()
        if self.was_required and not self.is_required:
            self.tell("response-property-became-optional", "became optional")

    def _compare_notes(self) -> None:
        old, new = self.old.note("default"), self.new.note("default")
        had, has = (any("default" in note for note in each.notes) for each in (self.old, self.new))
        if had != has or canonical(old) != canonical(new):
            texts = [canonical(value) if present else "none" for value, present in ((old, had), (new, has))]
            self.tell(f"{self.pair.side}-default-changed", f"default {texts[0]} -> {texts[1]}")
        before, after = (each.note("deprecated") is True for each in (self.old, self.new))
        if before != after:
            self.tell(f"property-{'deprecated' if after else 'reactivated'}", "is deprecated" if after else "is back")


def _compare_others(pair: Pair) -> None:
    """Properties that nothing names."""
    old, new = pair.old.others, pair.new.others
    keywords = ("additionalProperties", "unevaluatedProperties")
    if pair.old.closed and pair.new.closed:
        return
    if pair.new.closed:
        pair.value("additional-properties", "narrowed", "unknown properties are ruled out now", *keywords)
    elif pair.old.closed:
        pair.value("additional-properties", "widened", "unknown properties are allowed now", *keywords)
    else:
        pair.below("/*", old, new)


def _compare_patterns(pair: Pair) -> None:
    """`patternProperties`, by their patterns."""
    old, new = _patterns(pair.old), _patterns(pair.new)
    for pattern in dict.fromkeys([*old, *new]):
        if pattern in old and pattern in new:
            pair.below(f"/<{pattern}>", pair.old.sibling(*old[pattern]), pair.new.sibling(*new[pattern]))
        elif pattern in new:
            after = pair.new.sibling(*new[pattern])
            if pair.old.closed:
                pair.value("pattern-properties", "widened", f"{pattern} allowed now", "patternProperties")
            else:
                pair.value("pattern-properties", "narrowed", f"{pattern} is judged now", "patternProperties")
            if pair.old.others.roots and not pair.old.closed:
                pair.below(f"/<{pattern}>", pair.old.others, after)
        elif pair.new.closed:
            pair.value("pattern-properties", "narrowed", f"{pattern} no longer allowed", "patternProperties")
        else:
            pair.value("pattern-properties", "widened", f"{pattern} is no longer judged", "patternProperties")
            if pair.new.others.roots:
                pair.below(f"/<{pattern}>", pair.old.sibling(*old[pattern]), pair.new.others)


def _patterns(view: View) -> dict[str, list[object]]:
    found: dict[str, list[object]] = {}
    for part in view.parts:
        for pattern, schema in mapping(part.get("patternProperties")).items():
            found.setdefault(pattern, []).append(schema)
    return found
