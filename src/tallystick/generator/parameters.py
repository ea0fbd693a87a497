"""Parameters of operations: identifiers, hints, and the expression that makes each decoder."""

from __future__ import annotations

from collections.abc import Iterator

from tallystick.generator.annotations import Annotator
from tallystick.generator.imports import Imports
from tallystick.generator.ir import ParameterView
from tallystick.generator.kinds import Constants, Shape, flat, form_kinds, kind_of, resolve, shape_of
from tallystick.generator.media import base_name, is_json
from tallystick.generator.refusals import REFUSALS
from tallystick.spec.errors import ContractError, Diagnostic
from tallystick.spec.model import DEFAULT_STYLES, Contract, Operation, Parameter
from tallystick.spec.names import Named, collisions, parameter_name

_NESTED = frozenset({"array", "object"})


def build_parameters(
    operation: Operation, constants: Constants, annotator: Annotator, contract: Contract, imports: Imports
) -> tuple[ParameterView, ...]:
    """Path parameters in the order of the path, then the rest as declared.

    Raises:
        ContractError: two parameters would have the same Python name; one cannot be decoded as declared.
    """
    names = _identifiers(operation)
    refused = [found for one in operation.parameters for found in _refusals(one, contract)]
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
    places: dict[str, set[str]] = {}
    for parameter, name in plain:
        places.setdefault(name, set()).add(parameter.location)
    chosen = [(p, f"{name}_{p.location}" if len(places[name]) > 1 else name) for p, name in plain]
    diagnostics = collisions("parameter", [Named(p.name, name, p.position) for p, name in chosen])
    if diagnostics:
        raise ContractError(diagnostics)
    return {(p.location, p.name): name for p, name in chosen}


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
        is_text = not is_json(base_name(parameter.content))
        yield from kind_arguments(parameter_shape(parameter, contract) if is_text else "json")
    else:
        yield from kind_arguments(parameter_shape(parameter, contract))
    if parameter.whole:
        yield "whole=True"
    if parameter.content is not None:
        return
    if parameter.style != DEFAULT_STYLES[parameter.location]:
        yield f"style={parameter.style!r}"
    if parameter.explode != (parameter.style in ("form", "cookie")):
        yield f"explode={parameter.explode}"
    if parameter.allow_empty_value:
        yield "allow_empty_value=True"


def parameter_shape(parameter: Parameter, contract: Contract) -> Shape:
    """The shape of its values; in styles without brackets what stands inside of lists and objects is JSON text."""
    shape = shape_of(parameter.schema, contract.schemas)
    return shape if parameter.style == "deepObject" else flat(shape)


def kind_arguments(shape: Shape) -> Iterator[str]:
    """The keyword arguments of `Parameter` that say how the text of a value is read."""
    if isinstance(shape, dict):
        yield f"kind='object', properties={shape!r}"
    elif isinstance(shape, str) and shape.startswith("array"):
        yield f"kind='array', items={shape.partition(':')[2] or 'string'!r}"
    elif isinstance(shape, str):
        yield f"kind={shape!r}"
    else:
        yield f"shape={shape!r}"


def _refusals(parameter: Parameter, contract: Contract) -> Iterator[Diagnostic]:
    kind = kind_of(parameter.schema, contract.schemas)
    if parameter.missing_status is not None and (parameter.location != "header" or missing_kind(parameter) is None):
        what = f"x-missing-status {parameter.missing_status!r} of the parameter {parameter.name!r} does nothing"
        yield Diagnostic("invalid-extension", what, parameter.position, hint="it works on headers, with 428")
    if parameter.whole and parameter.content is None and kind != "object":
        what = f"the query as a form is an object, and the schema of {parameter.name!r} is none"
        yield Diagnostic("unsupported-parameter", what, parameter.position, hint="give it the type object")
    elif parameter.content is None:
        if parameter.style == "deepObject" and form_kinds(parameter.schema, contract.schemas).isdisjoint(_NESTED):
            what = f"the parameter {parameter.name!r} in style deepObject is no object"
            hint = "use the style form, or a schema of type object"
            yield Diagnostic("unsupported-parameter", what, parameter.position, hint=hint)
    elif not is_json(base_name(parameter.content)) and kind in _NESTED:
        what = f"the parameter {parameter.name!r} in {parameter.content} cannot be decoded"
        yield Diagnostic("unsupported-parameter", what, parameter.position, hint="use application/json, or a string")


def missing_kind(parameter: Parameter) -> str | None:
    """The refusal for a missing header that has a status of its own (`x-missing-status`)."""
    status = parameter.missing_status
    kinds = (kind for kind, (_, code, _siblings) in REFUSALS.items() if code == status)
    return next(kinds, None) if status is not None else None
