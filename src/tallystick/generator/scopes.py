"""Names that would stand twice in one scope of the generated package."""

from __future__ import annotations

from tallystick.generator.imports import Imports
from tallystick.generator.ir import TagView
from tallystick.spec.errors import Diagnostic
from tallystick.spec.model import Contract, Operation
from tallystick.spec.names import Named, class_name, collisions, constant_name, module_name


def check_names(contract: Contract) -> list[Diagnostic]:
    """Operations share one table, tags one folder and one registry: none may take another's place."""
    first: dict[str, Operation] = {}
    for operation in contract.operations:
        first.setdefault(operation.tag, operation)
    operations = [Named(one.id, constant_name(one.id), one.position) for one in contract.operations]
    tags = [Named(tag, module_name(tag), one.position) for tag, one in first.items()]
    # Two names may be the same module, the same class, or both.
    classes = [Named(tag, class_name(tag), one.position) for tag, one in first.items()]
    found = collisions("tag", tags) or collisions("tag", classes)
    return [*collisions("operationId", operations), *found]


def check_tag(tag: TagView, imports: Imports, package: str) -> list[Diagnostic]:
    """Models that are called like a class of the tag's own."""
    own = {answer.class_name: f"the answer {answer.class_name}" for answer in tag.answer_classes}
    for suffix in ("Handlers", "Router"):
        own[tag.class_prefix + suffix] = f"the class {tag.class_prefix}{suffix} of the tag {tag.name!r}"
    return [
        Diagnostic(
            rule="name-collision",
            message=f"the schema {name!r} and {own[name]} both become `{name}` in Python",
            pointer=f"/components/schemas/{name}",
            hint="rename the schema in the contract",
        )
        for name in imports.names(f"{package}.models")
        if name in own
    ]
