"""Chooses, at generation time, which declared answer stands for each refusal of the run time."""

from __future__ import annotations

from collections.abc import Iterator

from tallystick.generator.ir import ProblemView
from tallystick.generator.media import base_name, is_bytes
from tallystick.generator.problems import Problems
from tallystick.generator.shapes import Shapes
from tallystick.spec.model import Operation, Response

# Refusals by name: slug, status by the RFC, and the statuses that may stand in for it.
REFUSALS: dict[str, tuple[str, int, tuple[int, ...]]] = {
    "BAD_REQUEST": ("bad-request", 400, (422,)),
    "UNAUTHORIZED": ("unauthorized", 401, ()),
    "FORBIDDEN": ("forbidden", 403, ()),
    "NOT_ACCEPTABLE": ("not-acceptable", 406, ()),
    "CONTENT_TOO_LARGE": ("content-too-large", 413, (400, 422)),
    "UNSUPPORTED_MEDIA_TYPE": ("unsupported-media-type", 415, (400, 422)),
    "RANGE_NOT_SATISFIABLE": ("range-not-satisfiable", 416, ()),
    "VALIDATION_FAILED": ("validation-failed", 422, (400,)),
    "IDEMPOTENCY_KEY_REUSED": ("idempotency-key-reused", 422, (409, 400)),
    "PRECONDITION_REQUIRED": ("precondition-required", 428, (400, 422)),
    "TOO_MANY_REQUESTS": ("too-many-requests", 429, ()),
    "NOT_IMPLEMENTED": ("not-implemented", 501, ()),
    "SERVICE_UNAVAILABLE": ("service-unavailable", 503, ()),
}
_BYTE_RANGES = "multipart/byteranges"

_WITH_VIOLATIONS = ("BAD_REQUEST", "VALIDATION_FAILED")


def is_ranged(operation: Operation) -> bool:
    """Whether the run time answers with ranges of bytes: the contract declares 206 beside a 200 that is bytes."""
    whole, part = operation.response(200), operation.response(206)
    if operation.method != "GET" or whole is None or part is None:
        return False
    names = {base_name(media.name) for media in part.media}
    return any(is_bytes(base_name(one.name)) and names <= {base_name(one.name), _BYTE_RANGES} for one in whole.media)


def choose_refusals(operation: Operation, problems: Problems, shapes: Shapes) -> Iterator[tuple[str, str]]:
    """The expression of the declared answer for each refusal; one without any is answered by the RFC's status."""
    for kind, (slug, status, siblings) in REFUSALS.items():
        if _can_happen(kind, operation):
            found = next(_answers(kind, slug, operation, (status, *siblings), problems, shapes), None)
            if found is not None:
                yield kind, found


def _answers(
    kind: str, slug: str, operation: Operation, statuses: tuple[int, ...], problems: Problems, shapes: Shapes
) -> Iterator[str]:
    """By the status itself or one that may stand in for it, then by its range, then by `default`."""
    title = slug.replace("-", " ").capitalize()
    if kind in _WITH_VIOLATIONS and _takes_path_only(operation):
        statuses = (*statuses, 404)
    for status in statuses:
        response = operation.response(status)
        if response is None:
            continue
        problem = _best(kind, slug, response, problems)
        if problem is not None:
            yield f"problems.{problem.class_name}.spec"
        elif (name := shapes.name(slug, title, status, response)) is not None:
            yield name
    # A range or `default` keeps the status of the RFC.
    for response in operation.responses:
        if response.status.upper() in (f"{statuses[0] // 100}XX", "DEFAULT"):
            fitting = [one for one in problems.of(response) if one.status == statuses[0]]
            problem = next((one for one in fitting if str(one.constants["type"]).endswith("/" + slug)), None)
            problem = problem or next(iter(fitting), None)
            name = shapes.name(slug, title, statuses[0], response)
            if problem is not None or name is not None:
                yield f"problems.{problem.class_name}.spec" if problem is not None else str(name)


def _takes_path_only(operation: Operation) -> bool:
    """What cannot be in the path does not exist either: 404 says it."""
    locations = {parameter.location for parameter in operation.parameters}
    return locations == {"path"} and operation.body is None


def _can_happen(kind: str, operation: Operation) -> bool:
    """Whether the run time has a reason for this refusal; the others can meet any operation."""
    body = operation.body is not None
    reasons = {
        "UNAUTHORIZED": bool(operation.security),
        "FORBIDDEN": bool(operation.security),
        "CONTENT_TOO_LARGE": body,
        "RANGE_NOT_SATISFIABLE": is_ranged(operation),
        "UNSUPPORTED_MEDIA_TYPE": body,
        "IDEMPOTENCY_KEY_REUSED": bool(operation.extensions.get("x-idempotency")),
        "PRECONDITION_REQUIRED": any(p.missing_status == 428 for p in operation.parameters),
    }
    return reasons.get(kind, True)


def _best(kind: str, slug: str, response: Response, problems: Problems) -> ProblemView | None:
    declared = problems.of(response)
    same = [one for one in declared if str(one.constants["type"]).endswith("/" + slug)]
    listing = [one for one in declared if kind in _WITH_VIOLATIONS and "errors" in one.members]
    return next(iter(same or listing or declared), None)
