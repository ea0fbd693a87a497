"""The entry of an operation in the operation table, as keyword arguments of `Operation`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tallystick.generator.kinds import Schemas, kind_of, property_kinds
from tallystick.generator.parameters import missing_kind
from tallystick.generator.problems import Problems
from tallystick.generator.refusals import choose_refusals
from tallystick.spec.model import Operation, Parameter


def operation_fields(
    operation: Operation, problems: Problems, declared: Sequence[str], schemas: Schemas
) -> Iterator[tuple[str, str]]:
    """Name and Python expression of each field that differs from its default."""
    yield "id", repr(operation.id)
    yield "method", repr(operation.method)
    yield "path", repr(operation.path)
    yield "tag", repr(operation.tag)
    yield "statuses", repr(tuple(r.code for r in operation.responses if r.code is not None))
    if operation.security:
        yield "security", _security(operation)
    if operation.body is not None and operation.body.media:
        yield "request_media", repr(tuple(media.name for media in operation.body.media))
        yield "body_required", repr(operation.body.required)
    answers = dict.fromkeys(m.name for r in operation.responses if r.success for m in r.media)
    if answers:
        yield "response_media", repr(tuple(answers))
    if declared:
        yield "problems", f"frozenset({sorted(declared)!r})"
    refusals = list(choose_refusals(operation, problems))
    if refusals:
        pairs = (f"Kind.{kind}: problems.{problem.class_name}.spec" for kind, problem in refusals)
        yield "refusals", "{" + ", ".join(pairs) + "}"
    yield from _inputs(operation, schemas)
    yield from _policies(operation)


def _security(operation: Operation) -> str:
    ways = []
    for alternative in operation.security:
        needs = (
            f"Requirement({name!r}, {scopes!r})" if scopes else f"Requirement({name!r})" for name, scopes in alternative
        )
        ways.append("(" + "".join(f"{need}," for need in needs) + ")")
    return "(" + "".join(f"{way}," for way in ways) + ")"


def _inputs(operation: Operation, schemas: Schemas) -> Iterator[tuple[str, str]]:
    query = sorted(key for p in operation.parameters if p.location == "query" for key in _query_keys(p, schemas))
    if query:
        yield "query", f"frozenset({query!r})"
    if operation.extensions.get("x-closed-query"):
        yield "closed_query", "True"
    required = [
        (p.name.lower(), missing_kind(p)) for p in operation.parameters if p.location == "header" and p.required
    ]
    pairs = [f"{name!r}: Kind.{kind}" for name, kind in required if kind is not None]
    if pairs:
        yield "required_headers", "{" + ", ".join(pairs) + "}"


def _query_keys(parameter: Parameter, schemas: Schemas) -> Iterator[str]:
    """The keys a parameter takes in a query; one that ends in `[` stands for all that begin with it."""
    if parameter.style == "deepObject":
        yield parameter.name + "["
    elif parameter.explode and kind_of(parameter.schema, schemas) == "object":
        yield from property_kinds(parameter.schema, schemas)
    else:
        yield parameter.name


def _policies(operation: Operation) -> Iterator[tuple[str, str]]:
    limit = operation.extensions.get("x-rate-limit")
    if limit:
        yield "rate_limit", f"RateLimit({limit['requests']!r}, {limit['per']!r}, {limit.get('by', 'address')!r})"
    for extension, field in (("x-max-body-bytes", "max_body_bytes"), ("x-timeout", "timeout")):
        if extension in operation.extensions:
            yield field, repr(operation.extensions[extension])
    if operation.extensions.get("x-idempotency"):
        yield "idempotent", "True"
    if operation.deprecated:
        yield "deprecated", "True"
