"""What is compared of two schemas, in order."""

from __future__ import annotations

from tallystick.checks.diff.bounds import compare_bounds
from tallystick.checks.diff.discriminators import compare_discriminators
from tallystick.checks.diff.graph import Graph, Pair
from tallystick.checks.diff.objects import compare_objects
from tallystick.checks.diff.resolving import Contract
from tallystick.checks.diff.rest import compare_arrays, compare_masked, compare_notes, compare_rest
from tallystick.checks.diff.values import compare_enums, compare_texts, compare_types
from tallystick.checks.diff.variants import compare_unions, compare_wrapped

_KEYWORDS = (
    *(compare_types, compare_enums, compare_texts, compare_bounds),
    *(compare_arrays, compare_objects, compare_rest),
)


def compare_schemas(pair: Pair) -> None:
    """Everything that two schemas say."""
    if bool(pair.old.unions) != bool(pair.new.unions) and pair.old.types and pair.new.types:
        compare_wrapped(pair)
    else:
        for compare in _KEYWORDS:
            compare(pair)
        compare_unions(pair)
        compare_masked(pair)
    compare_discriminators(pair)
    compare_notes(pair)


def graph_of(old: Contract, new: Contract) -> Graph:
    """Ready to compare the schemas of two documents."""
    return Graph(old, new, (compare_schemas,))
