"""Names that would stand twice in one scope of the generated package."""

from __future__ import annotations

from tallystick.generator.imports import Imports
from tallystick.generator.ir import TagView
from tallystick.generator.problems import Problems
from tallystick.spec.errors import Diagnostic, Position
from tallystick.spec.model import Contract, Operation
from tallystick.spec.names import Named, class_name, collisions, method_name, module_name
from tallystick.spec.nodes import key_position
from tallystick.spec.servers import VARIABLE


def check_names(contract: Contract, problems: Problems) -> list[Diagnostic]:
    """Operations share one table, tags one folder and one registry, problems one module."""
    first: dict[str, Operation] = {}
    for operation in contract.operations:
        first.setdefault(operation.tag, operation)
    operations = [Named(one.id, method_name(one.id), one.position) for one in contract.operations]
    tags = [Named(tag, module_name(tag), one.position) for tag, one in first.items()]
    # Two names may be the same module, the same class, or both.
    classes = [Named(tag, class_name(tag), one.position) for tag, one in first.items()]
    raised = [Named(name, view.class_name, _place(contract, name)) for name, view in problems.by_schema.items()]
    return [
        *collisions("operationId", operations),
        *(collisions("tag", tags) or collisions("tag", classes)),
        *collisions("problem", raised),
    ]


def check_routes(contract: Contract) -> list[Diagnostic]:
    """Operations of different servers that would be served at one place."""
    first: dict[tuple[str, str], Operation] = {}
    found: list[Diagnostic] = []
    for operation in contract.operations:
        for base in operation.bases:
            place = VARIABLE.sub("{}", base + operation.path)
            earlier = first.setdefault((operation.method, place), operation)
            if earlier is not operation:
                message = (
                    f"{operation.id} and {earlier.id} are both served at {operation.method} {base}{operation.path}"
                )
                hint = "correct the servers of one of them"
                found.append(Diagnostic("route-collision", message, operation.position, hint=hint))
    return found


def check_tag(tag: TagView, imports: Imports, package: str, contract: Contract) -> list[Diagnostic]:
    """Models that are called like a class of the tag's own."""
    own = {answer.class_name: f"the answer {answer.class_name}" for answer in tag.answer_classes}
    for suffix in ("Handlers", "Router"):
        own[tag.class_prefix + suffix] = f"the class {tag.class_prefix}{suffix} of the tag {tag.name!r}"
    found: list[Diagnostic] = []
    for name in imports.names(f"{package}.models"):
        if name in own:
            schema = next((one for one in contract.schemas if class_name(one) == name), name)
            message = f"the schema {schema!r} and {own[name]} both become `{name}` in Python"
            hint = "rename the schema in the contract"
            found.append(Diagnostic("name-collision", message, _place(contract, schema), hint=hint))
    return found


def _place(contract: Contract, schema: str) -> Position | None:
    return key_position(contract.document["components"]["schemas"], schema)
