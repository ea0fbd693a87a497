"""References within the bundle: each leads somewhere, and to the right kind of thing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any
from urllib.parse import unquote

from tallystick.spec.errors import Diagnostic
from tallystick.spec.grammar import SECTIONS, SHAPES, Kind, Place, reference_of
from tallystick.spec.limits import MAX_INLINED
from tallystick.spec.nodes import Object, position_of
from tallystick.spec.pointers import child, join, look_up, split, split_fragment
from tallystick.spec.resolve import is_reference_like, mapping_entries

_WHOLE = {Kind.DOCUMENT: "the whole document", Kind.PATHS: "all the paths", Kind.COMPONENTS: "all the components"}


def check_references(bundled: Object, places: Sequence[Place]) -> Iterator[Diagnostic]:
    kinds = {place.pointer: place.kind for place in places}
    for place in places:
        reference = reference_of(place)
        if reference is not None:
            yield from _check(bundled, kinds, place, reference, place.node, "$ref")
        if place.kind is Kind.SCHEMA:
            for mapping, key in mapping_entries(place.node):
                value = mapping[key]
                if isinstance(value, str) and is_reference_like(value):
                    yield from _check(bundled, kinds, place, value, mapping, key)


def _check(
    bundled: Object, kinds: Mapping[str, Kind], place: Place, reference: str, node: Any, key: str
) -> Iterator[Diagnostic]:
    where, pointer = position_of(node, key), child(place.pointer, key)
    if not reference.startswith("#"):
        message = f"{reference} leads out of the document"
        hint = "in an overlay, refer to the contract as one document: #/components/..."
        yield Diagnostic("ref-external", message, where, pointer, hint)
        return
    if reference != "#" and not reference.startswith("#/"):
        return
    tokens = split_fragment(reference[1:])
    try:
        target = look_up(bundled, unquote(reference[1:]))
    except KeyError:
        yield Diagnostic("ref-pointer", f"there is nothing at {reference}", where, pointer, _near(bundled, tokens))
        return
    found = _what_stands_at(kinds, tokens, target, place.kind)
    if found != f"a {place.kind}":
        message = f"{reference} is {found}, and a {place.kind} is expected here"
        hint = f"refer to something below #/components/{SECTIONS[place.kind]}"
        yield Diagnostic("ref-kind", message, where, pointer, hint)


def check_cycles(bundled: Object, places: Sequence[Place]) -> Iterator[Diagnostic]:
    """References that only lead back to themselves."""
    known: set[str] = set()
    for place in places:
        way: dict[str, Place] = {}
        here: Place | None = place
        while here is not None and here.pointer not in way and here.pointer not in known:
            way[here.pointer] = here
            here = _referenced(bundled, here)
        if here is not None and here.pointer in way:
            where = position_of(here.node, "$ref")
            message = "this $ref only leads back to itself"
            hint = "replace one of these references by what is meant"
            yield Diagnostic("ref-cycle", message, where, here.pointer, hint)
        known.update(way)


def check_containment(places: Sequence[Place]) -> Iterator[Diagnostic]:
    """Objects other than schemas that contain themselves by way of references: nothing finite is like that."""
    references = {
        place.pointer: (place, join(split_fragment(reference[1:])))
        for place in places
        if place.kind is not Kind.SCHEMA and (reference := reference_of(place)) and reference.startswith("#/")
    }
    targets = {target for _, target in references.values()}
    leads: dict[str, list[str]] = {}
    for pointer in references:
        tokens = split(pointer)
        for length in range(len(tokens) + 1):
            holder = join(tokens[:length])
            if holder in targets:
                leads.setdefault(holder, []).append(pointer)
    sizes: dict[str, int] = {}
    for start in leads:
        if start not in sizes:
            yield from _contains_itself(start, leads, references, sizes)
    whole = sum(1 + sizes.get(target, 0) for _, target in references.values())
    if whole > MAX_INLINED:
        place, _ = max(references.values(), key=lambda one: sizes.get(one[1], 0))
        message = f"the references of the contract stand for more than {MAX_INLINED} others"
        hint = "refer to less from within what is referred to"
        yield Diagnostic("ref-expansion", message, position_of(place.node, "$ref"), place.pointer, hint)


def _contains_itself(
    start: str, leads: Mapping[str, list[str]], references: Mapping[str, tuple[Place, str]], sizes: dict[str, int]
) -> Iterator[Diagnostic]:
    """Looks into what is referenced from here, each target once; what lies above on the way must not come again."""
    way, waiting = [start], [iter(leads.get(start, ()))]
    while way:
        pointer = next(waiting[-1], None)
        if pointer is None:
            here = way.pop()
            sizes[here] = sum(1 + sizes.get(references[one][1], 0) for one in leads.get(here, ()))
            waiting.pop()
            continue
        place, target = references[pointer]
        if target in way:
            message = f"what this $ref names contains the $ref itself: {place.node['$ref']}"
            where = position_of(place.node, "$ref")
            yield Diagnostic("ref-cycle", message, where, pointer, "write out what is meant at the innermost place")
        elif target not in sizes:
            way.append(target)
            waiting.append(iter(leads.get(target, ())))


def _referenced(bundled: Object, place: Place) -> Place | None:
    reference = reference_of(place)
    if reference is None or not reference.startswith("#/"):
        return None
    pointer = join(split_fragment(reference[1:]))
    try:
        return Place(look_up(bundled, pointer), place.kind, pointer)
    except KeyError:
        return None


def _what_stands_at(kinds: Mapping[str, Kind], tokens: tuple[str, ...], target: Any, wanted: Kind) -> str:
    """What a reference leads to, in words. Outside of what OpenAPI describes, say below `x-`, it is what is wanted."""
    kind = kinds.get(join(tokens))
    if kind is not None:
        return _WHOLE.get(kind, f"a {kind}")
    above = kinds.get(join(tokens[:-1]))
    if above is not None and (tokens[-1] in SHAPES[above].maps or tokens[-1] in SHAPES[above].lists):
        return f"all the {tokens[-1]}"
    return f"a {wanted}" if isinstance(target, dict | bool) else "no object"


def _near(bundled: Object, tokens: tuple[str, ...]) -> str:
    try:
        container = look_up(bundled, "".join(f"/{token}" for token in tokens[:-1]))
    except KeyError:
        return "correct the pointer"
    near = get_close_matches(tokens[-1], list(container) if isinstance(container, dict) else [], n=1)
    return f'did you mean "{near[0]}"?' if near else "correct the pointer"
