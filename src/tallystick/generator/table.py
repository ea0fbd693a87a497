"""The entry of an operation in the operation table, as keyword arguments of `Operation`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tallystick.generator.kinds import form_kinds, property_names
from tallystick.generator.lifecycle import lifecycle
from tallystick.generator.links import link_entries
from tallystick.generator.media import base_name, is_streamed
from tallystick.generator.parameters import missing_kind
from tallystick.generator.policies import policy_fields
from tallystick.generator.problems import Problems
from tallystick.generator.refusals import choose_refusals
from tallystick.generator.shapes import Shapes
from tallystick.spec.model import Contract, Operation


def operation_fields(
    operation: Operation, problems: Problems, declared: Sequence[str], contract: Contract, shapes: Shapes
) -> Iterator[tuple[str, str]]:
    """Name and Python expression of each field that differs from its default.

    Raises:
        ContractError: a policy that the run time cannot carry out.
    """
    yield "id", repr(operation.id)
    yield "method", repr(operation.method)
    yield "path", repr(operation.path)
    yield "tag", repr(operation.tag)
    if operation.bases != ("",):
        yield "bases", repr(operation.bases)
    yield "statuses", repr(tuple(r.code for r in operation.responses if r.code is not None))
    if operation.security:
        yield "security", _security(operation)
    if operation.body is not None and operation.body.media:
        yield "request_media", repr(tuple(media.name for media in operation.body.media))
        yield "body_required", repr(operation.body.required)
    answers = dict.fromkeys(m.name for r in operation.responses if r.success for m in r.media)
    if answers:
        yield "response_media", repr(tuple(answers))
    if any(is_streamed(base_name(name)) for name in answers):
        yield "streams", "True"
    if declared:
        yield "problems", f"frozenset({sorted(declared)!r})"
    refusals = list(choose_refusals(operation, problems, shapes))
    if refusals:
        pairs = (f"Kind.{kind}: {expression}" for kind, expression in refusals)
        yield "refusals", "{" + ", ".join(pairs) + "}"
    callbacks = tuple(operation.node.get("callbacks") or ())
    if callbacks:
        yield "callbacks", repr(callbacks)
    links = list(link_entries(operation, contract))
    if links:
        yield "links", f"({''.join(f'{one},' for one in links)})"
    yield from _inputs(operation, contract)
    yield from policy_fields(operation)
    ends = lifecycle(operation, contract.schemas).headers
    if ends:
        yield "lifecycle", repr(tuple((name.encode(), value.encode()) for name, value in ends))


def _security(operation: Operation) -> str:
    ways = []
    for alternative in operation.security:
        needs = (
            f"Requirement({name!r}, {scopes!r})" if scopes else f"Requirement({name!r})" for name, scopes in alternative
        )
        ways.append("(" + "".join(f"{need}," for need in needs) + ")")
    return "(" + "".join(f"{way}," for way in ways) + ")"


def _inputs(operation: Operation, contract: Contract) -> Iterator[tuple[str, str]]:
    query = sorted(_query_names(operation, contract))
    if query:
        yield "query", f"frozenset({query!r})"
    if operation.closed_query:
        yield "closed_query", "True"
    required = [
        (p.name.lower(), missing_kind(p)) for p in operation.parameters if p.location == "header" and p.required
    ]
    pairs = [f"{name!r}: Kind.{kind}" for name, kind in required if kind is not None]
    if pairs:
        yield "required_headers", "{" + ", ".join(pairs) + "}"


def _query_names(operation: Operation, contract: Contract) -> set[str]:
    """Every key that may stand in the query; `name[` is the beginning of a deepObject's."""
    used = {name for alternative in operation.security for name, _ in alternative}
    found = {one.parameter for one in contract.schemes if one.name in used and one.location == "query"}
    for parameter in operation.parameters:
        if parameter.location != "query" or parameter.whole:
            continue
        kinds = form_kinds(parameter.schema, contract.schemas) if parameter.content is None else frozenset[str]()
        if parameter.style == "deepObject":
            found.add(f"{parameter.name}[")
        elif "object" in kinds and parameter.explode:
            found |= property_names(parameter.schema, contract.schemas)
        if kinds - {"null"} != {"object"} or not (parameter.explode or parameter.style == "deepObject"):
            found.add(parameter.name)
    return found
