"""What the fuzz checks and gates need to know of a contract, by operation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

Json = Any


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    location: str
    required: bool
    schema: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class FuzzOperation:
    """One operation of the contract; `scopes` are those that every caller needs."""

    id: str
    method: str
    path: str
    secured: bool
    scopes: frozenset[str]
    statuses: frozenset[int]
    parameters: tuple[Parameter, ...] = ()
    idempotent: bool = False
    takes_body: bool = False
    max_body_bytes: int | None = None
    closed_query: bool = False
    body_examples: tuple[Json, ...] = field(default=(), hash=False, compare=False)

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_write(self) -> bool:
        return self.method not in SAFE_METHODS

    @property
    def names_one_thing(self) -> bool:
        """Whether the path ends with a parameter: `/things/{id}`."""
        return self.path.endswith("}")

    def parameter(self, location: str, name: str) -> Parameter | None:
        """A parameter by place and name; header names in any case."""
        wanted = name.lower() if location == "header" else name
        for parameter in self.parameters:
            known = parameter.name.lower() if location == "header" else parameter.name
            if parameter.location == location and known == wanted:
                return parameter
        return None


class FuzzContract:
    """The operations of a bundled OpenAPI document."""

    def __init__(self, document: Mapping[str, Json]) -> None:
        self._document = document
        self.operations: dict[tuple[str, str], FuzzOperation] = {
            (operation.method, operation.path): operation for operation in self._read()
        }

    def find(self, method: str, path: str) -> FuzzOperation | None:
        """The operation of a path template."""
        return self.operations.get((method.upper(), path))

    def match(self, method: str, path: str) -> FuzzOperation | None:
        """The operation that serves a concrete path; a literal segment wins over a parameter."""
        segments = path.split("/")
        found = [
            operation
            for (declared, template), operation in self.operations.items()
            if declared == method.upper() and _fits(template.split("/"), segments)
        ]
        return min(found, key=lambda operation: operation.path.count("{"), default=None)

    def _read(self) -> Iterator[FuzzOperation]:
        for path, item in self._document.get("paths", {}).items():
            shared = [self._parameter(node) for node in item.get("parameters", [])]
            for method in METHODS:
                if method in item:
                    yield self._operation(method.upper(), path, item[method], shared)

    def _operation(self, method: str, path: str, node: Mapping[str, Json], shared: list[Parameter]) -> FuzzOperation:
        own = [self._parameter(parameter) for parameter in node.get("parameters", [])]
        taken = {(parameter.location, parameter.name) for parameter in own}
        security = node.get("security", self._document.get("security", []))
        body = self._resolve(node.get("requestBody", {}))
        return FuzzOperation(
            id=node.get("operationId", f"{method} {path}"),
            method=method,
            path=path,
            secured=bool(security) and {} not in security,
            scopes=_common_scopes(security),
            statuses=frozenset(int(status) for status in node.get("responses", {}) if status.isdigit()),
            parameters=(*own, *(each for each in shared if (each.location, each.name) not in taken)),
            idempotent=node.get("x-idempotency") is True,
            takes_body=bool(body),
            max_body_bytes=node.get("x-max-body-bytes", self._document.get("x-max-body-bytes")),
            closed_query=node.get("x-closed-query", self._document.get("x-closed-query", False)) is True,
            body_examples=tuple(self._examples(body)),
        )

    def _parameter(self, node: Mapping[str, Json]) -> Parameter:
        node = self._resolve(node)
        schema = self._resolve(node.get("schema", {}))
        return Parameter(node["name"], node["in"], bool(node.get("required")), schema)

    def _examples(self, body: Mapping[str, Json]) -> Iterator[Json]:
        for content in body.get("content", {}).values():
            if "example" in content:
                yield content["example"]
            for example in content.get("examples", {}).values():
                resolved = self._resolve(example)
                if "value" in resolved:
                    yield resolved["value"]

    def _resolve(self, node: Mapping[str, Json]) -> Mapping[str, Json]:
        """Follow a local `$ref`; what stands beside it wins."""
        seen = set[str]()
        while "$ref" in node and node["$ref"] not in seen:
            seen.add(node["$ref"])
            target: Json = self._document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[unquote(part).replace("~1", "/").replace("~0", "~")]
            node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
        return node


def _common_scopes(security: list[Mapping[str, list[str]]]) -> frozenset[str]:
    """The scopes that each alternative wants: only those can be missing for certain."""
    alternatives = [frozenset(scope for scopes in each.values() for scope in scopes) for each in security]
    return frozenset.intersection(*alternatives) if alternatives else frozenset()


def _fits(template: list[str], segments: list[str]) -> bool:
    return len(template) == len(segments) and all(
        known == given or (known.startswith("{") and given != "")
        for known, given in zip(template, segments, strict=True)
    )
