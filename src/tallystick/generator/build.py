"""From the contract to what the templates print."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from tallystick.generator.annotations import Annotator
from tallystick.generator.answers import AnswerBuilder
from tallystick.generator.bodies import build_body
from tallystick.generator.hooks import HookBuilder
from tallystick.generator.imports import Imports
from tallystick.generator.ir import (
    HookView,
    MemberView,
    OperationView,
    PackageView,
    ParameterView,
    PrincipalUse,
    ProblemView,
    SchemeView,
    TagView,
)
from tallystick.generator.kinds import Constants
from tallystick.generator.lifecycle import lifecycle
from tallystick.generator.parameters import build_parameters
from tallystick.generator.problems import Problems
from tallystick.generator.schemes import build_schemes
from tallystick.generator.scopes import check_names, check_routes, check_tag
from tallystick.generator.shapes import Shapes
from tallystick.generator.table import operation_fields
from tallystick.spec.errors import ContractError, Diagnostic
from tallystick.spec.model import Contract, Operation
from tallystick.spec.names import (
    Named,
    class_name,
    collisions,
    constant_name,
    identifier,
    method_name,
    module_name,
)
from tallystick.spec.nodes import key_position

_PROBLEM_ARGUMENTS = frozenset({"self", "detail", "errors", "headers", "members"})


@dataclass(frozen=True, slots=True)
class Build:
    """The printed view of a contract, and the names each tag's modules have to import."""

    package: PackageView
    imports: dict[str, Imports]
    problem_imports: Imports
    hook_imports: Imports


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
        self._shapes = Shapes(contract)
        self._refused: list[Diagnostic] = []

    def build(self) -> Build:
        """The whole package."""
        self._refused = [*check_names(self._contract, self._problems), *check_routes(self._contract)]
        imports = {tag: Imports() for tag in self._contract.tags}
        problem_imports = Imports()
        tags = tuple(self._tag(name, text, imports[name]) for name, text in self._contract.tags.items())
        hook_imports = Imports()
        package = PackageView(
            package=self._options.package,
            title=self._contract.title,
            version=self._contract.version,
            tags=tags,
            problems=tuple(
                self._problem(name, view, problem_imports) for name, view in self._problems.by_schema.items()
            ),
            schemes=self._schemes(),
            servers=self._contract.servers,
            hooks=self._hooks(hook_imports),
            shapes=self._shapes.declarations,
        )
        self._refused += [found for tag in tags for found in self._clashes(tag, imports[tag.name])]
        if self._refused:
            raise ContractError(self._refused)
        return Build(package, {tag.module: imports[tag.name] for tag in tags}, problem_imports, hook_imports)

    def _problem(self, name: str, view: ProblemView, imports: Imports) -> ProblemView:
        extras = []
        named = []
        for key, (schema, required) in self._problems.extra_members(name).items():
            annotation = self._annotator.annotate(schema)
            imports.update(annotation.imports)
            argument = identifier(key, reserved=_PROBLEM_ARGUMENTS)
            extras.append(MemberView(argument, key, annotation.hint, required))
            named.append(Named(key, argument, key_position(self._contract.schemas[name]["properties"], key)))
        self._refused += collisions("member of a problem", named)
        return replace(view, extras=tuple(extras))

    def _clashes(self, tag: TagView, imports: Imports) -> list[Diagnostic]:
        return check_tag(tag, imports, self._options.package, self._contract)

    def _schemes(self) -> tuple[SchemeView, ...]:
        used = {need[0] for operation in self._contract.operations for way in operation.security for need in way}
        try:
            return build_schemes(scheme for scheme in self._contract.schemes if scheme.name in used)
        except ContractError as error:
            self._refused += error.diagnostics
            return ()

    def _hooks(self, imports: Imports) -> tuple[HookView, ...]:
        try:
            return HookBuilder(self._contract, self._annotator, imports, f"{self._options.package}.models").build()
        except ContractError as error:
            self._refused += error.diagnostics
            return ()

    def _tag(self, name: str, description: str, imports: Imports) -> TagView:
        constants = Constants()
        answers = AnswerBuilder(
            self._problems,
            self._annotator,
            self._options.server_headers,
            imports,
            constants,
            self._contract.schemas,
        )
        views: list[OperationView] = []
        for operation in self._contract.operations:
            if operation.tag != name:
                continue
            constants.prefix = constant_name(operation.id)
            try:
                views.append(self._operation(operation, imports, constants, answers))
            except ContractError as error:
                self._refused += error.diagnostics
        return TagView(
            name=name,
            module=module_name(name),
            class_prefix=class_name(name),
            description=description,
            operations=tuple(views),
        )

    def _operation(
        self, operation: Operation, imports: Imports, constants: Constants, builder: AnswerBuilder
    ) -> OperationView:
        parameters = build_parameters(operation, constants, self._annotator, self._contract, imports)
        body = build_body(operation, constants, self._annotator, self._contract, imports)
        answers = builder.build(operation)
        plain = answers[0] if len(answers) == 1 and answers[0].plain else None
        declared = [problem.class_name for problem in self._problems.of_operation(operation)]
        return OperationView(
            id=operation.id,
            method_name=method_name(operation.id),
            constant=constants.prefix,
            http_method=operation.method,
            path=operation.path,
            summary=operation.summary,
            description=operation.description,
            note=_note(operation, self._contract),
            principal=_principal(operation),
            parameters=parameters,
            body=body,
            answers=answers,
            return_hint=plain.body_hint or "None" if plain else " | ".join(a.class_name for a in answers) or "None",
            plain_answer=plain,
            closed_query=operation.closed_query,
            idempotency_key=_idempotency_key(operation, parameters),
            accept_name=_accept_name(operation, parameters, imports),
            fields=tuple(operation_fields(operation, self._problems, declared, self._contract, self._shapes)),
        )


def _accept_name(operation: Operation, parameters: Iterable[ParameterView], imports: Imports) -> str | None:
    """The argument that says which of several media types the caller likes best."""
    if len({media.name for response in operation.responses if response.success for media in response.media}) < 2:
        return None
    imports.add("tallystick.runtime.negotiation", "preferred_media")
    return "accept_" if any(one.identifier == "accept" for one in parameters) else "accept"


def _note(operation: Operation, contract: Contract) -> str:
    """What is old about an operation, in sentences."""
    old = ", ".join(parameter.name for parameter in operation.parameters if parameter.deprecated)
    return " ".join(
        filter(None, [lifecycle(operation, contract.schemas).note, old and f"Deprecated parameters: {old}."])
    )


def _principal(operation: Operation) -> PrincipalUse:
    if not operation.security:
        return "none"
    return "optional" if () in operation.security else "required"


def _idempotency_key(operation: Operation, parameters: Iterable[ParameterView]) -> ParameterView | None:
    if not operation.extensions.get("x-idempotency"):
        return None
    found = (p for p in parameters if p.location == "header" and p.wire_name.lower() == "idempotency-key")
    return next(found, None)
