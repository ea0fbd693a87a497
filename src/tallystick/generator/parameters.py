"""Parameters of operations: identifiers, hints, and the expression that makes each decoder."""

from __future__ import annotations

from collections.abc import Iterator

from tallystick.generator.annotations import Annotator
from tallystick.generator.imports import Imports
from tallystick.generator.ir import ParameterView
from tallystick.generator.kinds import Constants, item_kind, kind_of, properties_of, resolve
from tallystick.generator.refusals import REFUSALS
from tallystick.spec.errors import ContractError, Diagnostic
from tallystick.spec.model import DEFAULT_STYLES, Contract, Operation, Parameter
from tallystick.spec.names import parameter_name


def build_parameters(
    operation: Operation, constants: Constants, annotator: Annotator, contract: Contract, imports: Imports
) -> tuple[ParameterView, ...]:
    """Path parameters in the order of the path, then the rest as declared.

    Raises:
        ContractError: two parameters would have the same Python name; a status for a missing one cannot be given.
    """
    names = _identifiers(operation)
    refused = [_refusal(one) for one in operation.parameters if not _can_be_missed(one)]
    if refused:
        raise ContractError(refused)
    ordered = sorted(operation.parameters, key=lambda p: _place(operation, p))
    return tuple(
        _parameter(parameter, names[parameter.location, parameter.name], constants, annotator, contract, imports)
        for parameter in ordered
    )


def _place(operation: Operation, parameter: Parameter) -> int:
    if parameter.location != "path":
        return len(operation.path)
    return operation.path.find("{" + parameter.name + "}")


def _identifiers(operation: Operation) -> dict[tuple[str, str], str]:
    """One Python name per parameter; the location is added where two locations share a name."""
    plain = [(p, parameter_name(p.name)) for p in operation.parameters]
    counts: dict[str, int] = {}
    for _, name in plain:
        counts[name] = counts.get(name, 0) + 1
    chosen: dict[tuple[str, str], str] = {
        (p.location, p.name): f"{name}_{p.location}" if counts[name] > 1 else name for p, name in plain
    }
    if len(set(chosen.values())) < len(chosen):
        raise ContractError(tuple(_collisions(operation, chosen)))
    return chosen


def _collisions(operation: Operation, chosen: dict[tuple[str, str], str]) -> Iterator[Diagnostic]:
    seen: dict[str, Parameter] = {}
    for parameter in operation.parameters:
        name = chosen[parameter.location, parameter.name]
        other = seen.setdefault(name, parameter)
        if other is not parameter:
            yield Diagnostic(
                rule="name-collision",
                message=f"parameters {other.name!r} and {parameter.name!r} would both be {name!r} in Python",
                position=parameter.position,
                hint="rename one of them in the contract",
            )


def _parameter(
    parameter: Parameter, name: str, constants: Constants, annotator: Annotator, contract: Contract, imports: Imports
) -> ParameterView:
    annotation = annotator.annotate(parameter.schema)
    imports.update(annotation.imports)
    # Beside a reference a default of its own counts (JSON Schema 2020-12 lets keywords stand there).
    own = parameter.schema if parameter.schema is not None and "default" in parameter.schema else None
    default = (own or resolve(parameter.schema, contract.schemas)).get("default")
    has_value = parameter.required or default is not None
    fallback = annotator.literal(parameter.schema, default)
    imports.update(fallback.imports)
    arguments = [repr(parameter.name), repr(parameter.location), annotation.text, *_shape(parameter, contract)]
    if parameter.required and parameter.missing_status is None:
        arguments.append("required=True")
    if default is not None:
        arguments.append(f"default={fallback.text}")
    hint = annotation.hint if has_value else f"{annotation.hint} | None"
    value = constants.claim(name)
    return ParameterView(
        identifier=name,
        location=parameter.location,
        wire_name=parameter.name,
        constant=value,
        hint=hint,
        default=None if parameter.required else fallback.text,
        declaration=f"{value}: Parameter[{hint}] = Parameter({', '.join(arguments)})",
        description=parameter.description,
    )


def _shape(parameter: Parameter, contract: Contract) -> Iterator[str]:
    """The keyword arguments that say how the text of a value is read."""
    if parameter.content is not None:
        yield f"kind='string', content={parameter.content!r}"
        return
    kind = kind_of(parameter.schema, contract.schemas)
    yield f"kind={kind!r}"
    if kind == "array":
        yield f"items={item_kind(parameter.schema, contract.schemas)!r}"
    if kind == "object":
        yield f"properties={properties_of(parameter.schema, contract.schemas)!r}"
    if parameter.style != DEFAULT_STYLES[parameter.location]:
        yield f"style={parameter.style!r}"
    if parameter.explode != (parameter.style in ("form", "cookie")):
        yield f"explode={parameter.explode}"
    if parameter.allow_empty_value:
        yield "allow_empty_value=True"


def _can_be_missed(parameter: Parameter) -> bool:
    if parameter.missing_status is None:
        return True
    return parameter.location == "header" and missing_kind(parameter) is not None


def _refusal(parameter: Parameter) -> Diagnostic:
    return Diagnostic(
        rule="invalid-extension",
        message=f"x-missing-status {parameter.missing_status!r} of the parameter {parameter.name!r} does nothing",
        position=parameter.position,
        hint="it works on headers, with 428",
    )


def missing_kind(parameter: Parameter) -> str | None:
    """The refusal for a missing header that has a status of its own (`x-missing-status`)."""
    status = parameter.missing_status
    kinds = (kind for kind, (_, code, _siblings) in REFUSALS.items() if code == status)
    return next(kinds, None) if status is not None else None
