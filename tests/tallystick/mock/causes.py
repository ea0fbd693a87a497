"""Which failure of a run is one that no server could avoid: a rule of `tally lint` names its very cause.

The rule has to name the operation, and what failed has to be what the rule foretells: its status, its parameter or
property, its media type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from tallystick.checks.lint import lint
from tallystick.checks.lint.view import Operation, View
from tallystick.spec.bundle import bundle
from tallystick.spec.errors import Diagnostic
from tallystick.spec.loader import load
from tests.tallystick.mock.fuzzing import Failure

UNDECLARED, REFUSED, ACCEPTED = "status_code_conformance", "positive_data_acceptance", "negative_data_rejection"
AFTER_DELETION = "use_after_free"
FORM = "application/x-www-form-urlencoded"


class Causes:
    """What `tally lint` says of one contract."""

    def __init__(self, entry: Path) -> None:
        bundled = bundle(load(entry))
        self._operations = {f"{one.method.upper()} {one.path}": one for one in View(bundled).operations}
        self._named = lint(bundled)

    @property
    def operations(self) -> set[str]:
        """What the contract declares, as `GET /path`."""
        return set(self._operations)

    def of(self, failure: Failure) -> Diagnostic | None:
        """The finding that names why this had to fail; None if nothing does."""
        operation = self._operations[failure.operation]
        about = [each for each in self._named if _concerns(each, operation)]
        return next((each for each in about if each.rule in FORETOLD and FORETOLD[each.rule](each, failure)), None)

    def unnamed(self, failures: Iterable[Failure]) -> list[Failure]:
        """The failures that the server is to blame for."""
        return [failure for failure in failures if self.of(failure) is None]


def _concerns(found: Diagnostic, operation: Operation) -> bool:
    """Whether a finding is about an operation: below it, or below what it refers to."""
    parts = [operation.body, *operation.parameters, *operation.responses.values()]
    places = [operation.pointer, *(part.origin for part in parts if part is not None)]
    return any(found.pointer == place or found.pointer.startswith(place + "/") for place in places)


def _answers_undeclared(statuses: frozenset[int], _: Diagnostic, failure: Failure) -> bool:
    return failure.check == UNDECLARED and failure.status in statuses


def _is_asked_for_after_deletion(_: Diagnostic, failure: Failure) -> bool:
    return failure.check == AFTER_DELETION or (failure.check == UNDECLARED and failure.status in (404, 410))


def _is_ambiguous_form(found: Diagnostic, failure: Failure) -> bool:
    """A property that the finding names in quotes was written in a way that can mean something else, too."""
    if failure.media_type != FORM:
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


FORETOLD: Mapping[str, Callable[[Diagnostic, Failure], bool]] = {
    "secured-operation-has-401": partial(_answers_undeclared, frozenset({401})),
    "request-can-be-refused": partial(_answers_undeclared, frozenset({400, 422})),
    "deleted-thing-can-be-missed": _is_asked_for_after_deletion,
    "form-can-say-it": _is_ambiguous_form,
    "xml-can-say-it": _is_ambiguous_xml,
    "example-valid": _shows_the_wrong_example,
}
