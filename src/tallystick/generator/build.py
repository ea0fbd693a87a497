"""From the contract to what the templates print."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tallystick.generator.annotations import Annotator
from tallystick.generator.answers import build_answers
from tallystick.generator.bodies import build_body
from tallystick.generator.imports import Imports
from tallystick.generator.ir import (
    MemberView,
    OperationView,
    PackageView,
    PrincipalUse,
    ProblemView,
    SchemeView,
    TagView,
)
from tallystick.generator.parameters import build_parameters
from tallystick.generator.problems import Problems
from tallystick.generator.schemes import build_schemes
from tallystick.generator.table import operation_fields
from tallystick.spec.model import Contract, Operation
from tallystick.spec.names import class_name, constant_name, identifier, method_name, module_name, parameter_name


@dataclass(frozen=True, slots=True)
class Build:
    """The printed view of a contract, and the names each tag's modules have to import."""

    package: PackageView
    imports: dict[str, Imports]
    problem_imports: Imports


@dataclass(frozen=True, slots=True)
class Options:
    """What configuration adds to the contract: the headers that middleware sets, so that handlers need not."""

    package: str
    server_headers: frozenset[str] = frozenset()


class Builder:
    """Builds the view of one contract.

    Raises:
        ContractError: the contract says what the run time cannot carry out.
    """

    def __init__(self, contract: Contract, annotator: Annotator, options: Options) -> None:
        self._contract = contract
        self._annotator = annotator
        self._options = options
        self._problems = Problems(contract)

    def build(self) -> Build:
        """The whole package."""
        imports = {tag: Imports() for tag in self._contract.tags}
        problem_imports = Imports()
        tags = tuple(self._tag(name, text, imports[name]) for name, text in self._contract.tags.items())
        package = PackageView(
            package=self._options.package,
            title=self._contract.title,
            version=self._contract.version,
            tags=tags,
            problems=tuple(
                self._problem(name, view, problem_imports) for name, view in self._problems.by_schema.items()
            ),
            schemes=self._schemes(),
        )
        return Build(package, {tag.module: imports[tag.name] for tag in tags}, problem_imports)

    def _problem(self, name: str, view: ProblemView, imports: Imports) -> ProblemView:
        extras = []
        for key, (schema, required) in self._problems.extra_members(name).items():
            annotation = self._annotator.annotate(schema)
            imports.update(annotation.imports)
            extras.append(MemberView(identifier(key), key, annotation.hint, required))
        return replace(view, extras=tuple(extras))

    def _schemes(self) -> tuple[SchemeView, ...]:
        used = {need[0] for operation in self._contract.operations for way in operation.security for need in way}
        return build_schemes(scheme for scheme in self._contract.schemes if scheme.name in used)

    def _tag(self, name: str, description: str, imports: Imports) -> TagView:
        operations = (operation for operation in self._contract.operations if operation.tag == name)
        return TagView(
            name=name,
            module=module_name(name),
            class_prefix=class_name(name),
            description=description,
            operations=tuple(self._operation(operation, imports) for operation in operations),
        )

    def _operation(self, operation: Operation, imports: Imports) -> OperationView:
        constant = constant_name(operation.id)
        parameters = build_parameters(operation, constant, self._annotator, self._contract, imports)
        body = build_body(operation, constant, self._annotator, self._contract, imports)
        answers = build_answers(operation, self._problems, self._annotator, self._options.server_headers, imports)
        plain = answers[0] if len(answers) == 1 and answers[0].status is not None and not answers[0].headers else None
        declared = [problem.class_name for problem in self._problems.of_operation(operation)]
        return OperationView(
            id=operation.id,
            method_name=method_name(operation.id),
            constant=constant,
            http_method=operation.method,
            path=operation.path,
            summary=operation.summary,
            description=operation.description,
            deprecated=operation.deprecated,
            principal=_principal(operation),
            parameters=parameters,
            body=body,
            answers=answers,
            return_hint=plain.body_hint or "None" if plain else " | ".join(a.class_name for a in answers) or "None",
            plain_answer=plain,
            closed_query=bool(operation.extensions.get("x-closed-query", False)),
            idempotency_parameter=_idempotency_parameter(operation),
            fields=tuple(operation_fields(operation, self._problems, declared, self._contract.schemas)),
        )


def _principal(operation: Operation) -> PrincipalUse:
    if not operation.security:
        return "none"
    return "optional" if () in operation.security else "required"


def _idempotency_parameter(operation: Operation) -> str | None:
    if not operation.extensions.get("x-idempotency"):
        return None
    names: Iterable[str] = (p.name for p in operation.parameters if p.location == "header")
    return next((parameter_name(name) for name in names if name.lower() == "idempotency-key"), None)
