"""References within the bundle: each leads somewhere, and to the right kind of thing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any
from urllib.parse import unquote

from tallystick.spec.errors import Diagnostic
from tallystick.spec.grammar import SECTIONS, Kind, Place, reference_of
from tallystick.spec.nodes import Object, position_of
from tallystick.spec.pointers import child, look_up, split_fragment
from tallystick.spec.resolve import is_reference_like, mapping_of


def check_references(bundled: Object, places: Sequence[Place]) -> Iterator[Diagnostic]:
    for place in places:
        reference = reference_of(place)
        if reference is not None:
            yield from _check(bundled, place, reference, place.node, "$ref")
        if place.kind is Kind.SCHEMA:
            mapping = mapping_of(place.node)
            for key, value in mapping.items():
                if isinstance(value, str) and is_reference_like(value):
                    yield from _check(bundled, place, value, mapping, key)


def _check(bundled: Object, place: Place, reference: str, node: Any, key: str) -> Iterator[Diagnostic]:
    where, pointer = position_of(node, key), child(place.pointer, key)
    if not reference.startswith("#"):
        message = f"{reference} leads out of the document"
        yield Diagnostic("ref-external", message, where, pointer, "bundle the contract first")
        return
    if reference != "#" and not reference.startswith("#/"):
        return
    tokens = split_fragment(reference[1:])
    try:
        look_up(bundled, unquote(reference[1:]))
    except KeyError:
        yield Diagnostic("ref-pointer", f"there is nothing at {reference}", where, pointer, _near(bundled, tokens))
        return
    section = SECTIONS[place.kind]
    if len(tokens) == 3 and tokens[0] == "components" and tokens[1] in SECTIONS.values() and tokens[1] != section:
        message = f"a {place.kind} is expected here, and {reference} is one of the {tokens[1]}"
        yield Diagnostic("ref-kind", message, where, pointer, f"refer to something below #/components/{section}")


def _near(bundled: Object, tokens: tuple[str, ...]) -> str:
    try:
        container = look_up(bundled, "".join(f"/{token}" for token in tokens[:-1]))
    except KeyError:
        return "correct the pointer"
    near = get_close_matches(tokens[-1], list(container) if isinstance(container, dict) else [], n=1)
    return f'did you mean "{near[0]}"?' if near else "correct the pointer"
