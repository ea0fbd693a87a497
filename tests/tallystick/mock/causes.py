"""Which failure of a run is one that no server could avoid: a rule of `tally lint` names its very cause.

The rule has to name the operation, and what failed has to be what the rule foretells: its status, its parameter or
property, its media type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from tallystick.checks.lint import lint
from tallystick.checks.lint.view import Operation, View
from tallystick.spec.bundle import bundle
from tallystick.spec.errors import Diagnostic
from tallystick.spec.grammar import Kind, Place
from tallystick.spec.loader import load
from tests.tallystick.mock.fuzzing import Failure

MISSHAPEN = "response_schema_conformance"
UNDECLARED, REFUSED, ACCEPTED = "status_code_conformance", "positive_data_acceptance", "negative_data_rejection"
AFTER_DELETION = "use_after_free"
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


class Causes:
    """What `tally lint` says of one contract."""

    def __init__(self, entry: Path) -> None:
        bundled = bundle(load(entry))
        self._view = View(bundled)
        self._operations = {f"{one.method.upper()} {one.path}": one for one in self._view.operations}
        self._named = lint(bundled)
        self._about: dict[str, list[Diagnostic]] = {}

    @property
    def operations(self) -> set[str]:
        """What the contract declares, as `GET /path`."""
        return set(self._operations)

    def of(self, failure: Failure) -> Diagnostic | None:
        """The finding that names why this had to fail; None if nothing does."""
        name = failure.operation
        if name not in self._about:
            self._about[name] = list(self._concerning(self._operations[name]))
        foretold = (each for each in self._about[name] if each.rule in FORETOLD)
        return next((each for each in foretold if FORETOLD[each.rule](each, failure)), None)

    def _concerning(self, operation: Operation) -> Iterator[Diagnostic]:
        """The findings about an operation: below it, or below what it refers to."""
        starts = [Place(operation.node, Kind.OPERATION, operation.pointer)]
        starts += [Place(one.node, Kind.PARAMETER, one.origin) for one in operation.parameters]
        places = {operation.pointer, *(place.pointer for place in self._view.reachable(starts))}
        for each in self._named:
            steps = each.pointer.split("/")
            if any("/".join(steps[:size]) in places for size in range(2, len(steps) + 1)):
                yield each

    def unnamed(self, failures: Iterable[Failure]) -> list[Failure]:
        """The failures that the server is to blame for."""
        return [failure for failure in failures if self.of(failure) is None]


def _answers_undeclared(statuses: frozenset[int], _: Diagnostic, failure: Failure) -> bool:
    return failure.check == UNDECLARED and failure.status in statuses


def _is_asked_for_after_deletion(_: Diagnostic, failure: Failure) -> bool:
    return failure.check == AFTER_DELETION or (failure.check == UNDECLARED and failure.status in (404, 410))


def _is_ambiguous_form(found: Diagnostic, failure: Failure) -> bool:
    """A property that the finding names in quotes was written in a way that can mean something else, too."""
    if failure.media_type not in (FORM, MULTIPART):
        return False
    if failure.check == ACCEPTED:
        return _named(found, failure.changed)
    composed = {name for name, value in _sent(failure).items() if isinstance(value, list | dict)}
    return failure.check == REFUSED and any(f'"{name}"' in found.message for name in composed)


def _is_ambiguous_xml(found: Diagnostic, failure: Failure) -> bool:
    """Properties that the finding names in quotes were written as empty elements."""
    is_xml = (failure.media_type or "").endswith(("/xml", "+xml"))
    is_empty = not any(_sent(failure).get(name) for name in failure.changed)
    return is_xml and failure.check == ACCEPTED and is_empty and _named(found, failure.changed)


def _sent(failure: Failure) -> Mapping[str, Any]:
    body = failure.case.get("body")
    return body if isinstance(body, dict) else {}


def _named(found: Diagnostic, names: Iterable[str]) -> bool:
    return bool(names) and all(f'"{name}"' in found.message for name in names)


def _shows_the_wrong_example(found: Diagnostic, failure: Failure) -> bool:
    return failure.check == REFUSED and failure.phase == "examples" and "example" in found.pointer


def _has_an_empty_text(found: Diagnostic, failure: Failure) -> bool:
    """An empty text was sent for a value of a format, as valid."""
    name = found.pointer.split("/")[-2].replace("~1", "/").replace("~0", "~")
    parameters = [failure.case.get(place) or {} for place in ("query", "headers", "cookies")]
    return failure.check == REFUSED and any(_holds_empty(one, name) for one in (failure.case.get("body"), *parameters))


def _holds_empty(value: Any, name: str) -> bool:
    if isinstance(value, dict):
        return value.get(name) == "" or any(_holds_empty(one, name) for one in value.values())
    return isinstance(value, list) and any(_holds_empty(one, name) for one in value)


def _has_a_value_where_none_is_allowed(found: Diagnostic, failure: Failure) -> bool:
    return failure.check == REFUSED and found.pointer.endswith("/enum")


def _judges_events_by_their_data(found: Diagnostic, failure: Failure) -> bool:
    return failure.check == MISSHAPEN and "/text~1event-stream/" in found.pointer


FORETOLD: Mapping[str, Callable[[Diagnostic, Failure], bool]] = {
    "secured-operation-has-401": partial(_answers_undeclared, frozenset({401})),
    "request-can-be-refused": partial(_answers_undeclared, frozenset({400, 422})),
    "deleted-thing-can-be-missed": _is_asked_for_after_deletion,
    "enum-has-values": _has_a_value_where_none_is_allowed,
    "event-schema-is-whole": _judges_events_by_their_data,
    "format-has-one-type": _has_an_empty_text,
    "form-can-say-it": _is_ambiguous_form,
    "xml-can-say-it": _is_ambiguous_xml,
    "example-valid": _shows_the_wrong_example,
}
