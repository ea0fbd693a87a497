"""Finds the problems a contract declares: closed schemas with a constant `type` and `status`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tallystick.generator.ir import ProblemView
from tallystick.spec.model import Contract, MediaType, Operation, Response
from tallystick.spec.names import class_name
from tallystick.spec.nodes import Object

SUFFIX = "Problem"
PROBLEM_JSON = "application/problem+json"
# RFC 9457, our own, and RFC 6749's.
STANDARD_MEMBERS = frozenset(
    {"type", "title", "status", "detail", "instance", "request_id", "errors", "error_description"}
)
_PREFIX = "#/components/schemas/"
# What the module of the problems imports.
_MODULE_NAMES = frozenset({"Any", "ClassVar", "Mapping", "Problem", "ProblemSpec", "Sequence", "Violation"})


def schema_name(schema: Mapping[str, Any] | None) -> str | None:
    """The component a schema refers to, if it is a plain reference."""
    reference = schema.get("$ref") if isinstance(schema, Mapping) else None
    return reference.removeprefix(_PREFIX) if isinstance(reference, str) else None


class Problems:
    """The problems of a contract by schema name, and which of them each answer declares."""

    def __init__(self, contract: Contract) -> None:
        self._schemas = contract.schemas
        media: dict[str, str] = {}
        for name, media_type in _problem_media(contract, self):
            # Of several media types a problem is sent as the one that RFC 9457 made for it.
            if name not in media or media_type == PROBLEM_JSON:
                media[name] = media_type
        self.by_schema: dict[str, ProblemView] = {
            name: self._view(name, media_type) for name, media_type in sorted(media.items())
        }

    def names(self, schema: Mapping[str, Any] | None, seen: frozenset[str] = frozenset()) -> tuple[str, ...]:
        """The schema names of the problems that a body schema allows; empty if it is no problem."""
        name = schema_name(schema)
        node: Any = self._schemas.get(name, {}) if name is not None else schema
        if not isinstance(node, Mapping) or name in seen:
            return ()
        if name is not None:
            if _is_problem(node):
                return (name,)
            seen |= {name}
        alternatives = node.get("oneOf") or node.get("anyOf") or ()
        found = [self.names(one, seen) for one in alternatives]
        return tuple(one for names in found for one in names) if found and all(found) else ()

    def schema_names(self) -> frozenset[str]:
        """Schemas that only say which problems there are: raised as classes, so nobody needs models of them."""
        return frozenset(name for name in self._schemas if self.names({"$ref": _PREFIX + name}))

    def extra_members(self, name: str) -> dict[str, tuple[Object, bool]]:
        """Members of a problem that the run time does not fill, with their schemas and whether they are required."""
        node = self._schemas[name]
        required = node.get("required", ())
        return {
            key: (schema, key in required)
            for key, schema in node["properties"].items()
            if key not in STANDARD_MEMBERS and "const" not in schema
        }

    def of(self, response: Response) -> tuple[ProblemView, ...]:
        """The problems that an answer can be."""
        return tuple(self.by_schema[name] for media in response.media for name in self.names(media.schema))

    def of_operation(self, operation: Operation) -> tuple[ProblemView, ...]:
        """All problems an operation declares, in the order of its statuses."""
        found = (problem for response in operation.responses for problem in self.of(response))
        return tuple({problem.class_name: problem for problem in found}.values())

    def _view(self, name: str, media_type: str) -> ProblemView:
        node = self._schemas[name]
        constants = {
            key: value["const"]
            for key, value in node["properties"].items()
            if isinstance(value, dict) and "const" in value
        }
        return ProblemView(
            class_name=_class_name(name),
            status=int(constants["status"]),
            media_type=media_type,
            constants=constants,
            members=tuple(node["properties"]),
            extras=(),
            description=node.get("description", "") or str(constants.get("title", name)),
        )


def _class_name(schema: str) -> str:
    name = class_name(schema.removesuffix(SUFFIX) or schema)
    return f"{name}_" if name in _MODULE_NAMES else name


def _is_problem(node: Mapping[str, Any]) -> bool:
    properties = node.get("properties", {})
    fixed = [properties.get(key) for key in ("type", "status")]
    has_constants = all(isinstance(one, dict) and "const" in one for one in fixed)
    return has_constants and type(properties["status"]["const"]) is int


def _problem_media(contract: Contract, problems: Problems) -> Iterator[tuple[str, str]]:
    for operation in contract.operations:
        for response in operation.responses:
            for media in response.media:
                yield from ((name, media.name) for name in problems.names(media.schema))


def is_problem_answer(problems: Problems, media: tuple[MediaType, ...]) -> bool:
    """Whether every body of an answer is a problem, so that handlers raise it instead of returning it."""
    return bool(media) and all(problems.names(one.schema) for one in media)
