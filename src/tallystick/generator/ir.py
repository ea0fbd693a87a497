"""What the templates print: operations as Python names and ready-made expressions. Templates decide nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tallystick.spec.servers import Server

PrincipalUse = Literal["none", "optional", "required"]

_ROUTER_NAMES = frozenset(
    {"answer", "body_reply", "call", "empty_reply", "found", "handler", "lines_reply", "model_bytes"}
    | {
        "events_reply",
        "partial_content",
        "preferred_media",
        "ranged_reply",
        "raw_reply",
        "remembered",
        "unknown_query",
        "whole_events_reply",
    }
)


@dataclass(frozen=True, slots=True)
class ParameterView:
    """One parameter of a handler method, and the module constant that decodes it."""

    identifier: str
    location: str
    wire_name: str
    constant: str
    hint: str
    default: str | None
    declaration: str
    description: str

    @property
    def positional(self) -> bool:
        """Whether handlers take it by position."""
        return self.location == "path"

    @property
    def local(self) -> str:
        """Its variable in the router, where other names stand already."""
        return f"{self.identifier}_" if self.identifier in _ROUTER_NAMES else self.identifier


@dataclass(frozen=True, slots=True)
class BodyView:
    """The body parameter of a handler method, and the module constant that decodes it."""

    constant: str
    hint: str
    declaration: str
    required: bool


@dataclass(frozen=True, slots=True)
class HeaderView:
    """A typed field of an answer that is sent as a header; `adapter` is the type of what is written as JSON first."""

    identifier: str
    wire_name: str
    hint: str
    required: bool
    encoder: Literal["typed", "repeated", "date", "json", "styled"] = "typed"
    explode: bool = False
    adapter: str | None = None
    adapter_name: str = ""


@dataclass(frozen=True, slots=True)
class AnswerView:
    """One class of `responses`: a declared status and media type.

    Without `media_type` beside a body the handler says which one it is: the contract names a range. `adapter` is the
    type of a JSON body that is no model, kept in the constant `adapter_name`.
    """

    class_name: str
    status: int | None
    media_type: str | None
    body_hint: str | None
    encoder: Literal["model", "json", "bytes", "lines", "records", "events", "whole_events", "ranged", "text", "empty"]
    headers: tuple[HeaderView, ...]
    description: str
    adapter: str | None = None
    adapter_name: str = ""
    declared: str = ""

    @property
    def plain(self) -> bool:
        """Whether its body alone says everything."""
        return self.status is not None and not self.headers and (self.media_type is not None or self.body_hint is None)


@dataclass(frozen=True, slots=True)
class MemberView:
    """A member that a problem has beyond those of RFC 9457: a keyword argument of its class."""

    identifier: str
    wire_name: str
    hint: str
    required: bool


@dataclass(frozen=True, slots=True)
class ProblemView:
    """One class of `problems`."""

    class_name: str
    status: int
    media_type: str
    constants: Mapping[str, object]
    members: tuple[str, ...]
    extras: tuple[MemberView, ...]
    description: str


@dataclass(frozen=True, slots=True)
class OperationView:
    """One operation, as handlers, routers and the operation table need it."""

    id: str
    method_name: str
    constant: str
    http_method: str
    path: str
    summary: str
    description: str
    note: str
    principal: PrincipalUse
    parameters: tuple[ParameterView, ...]
    body: BodyView | None
    answers: tuple[AnswerView, ...]
    return_hint: str
    plain_answer: AnswerView | None
    closed_query: bool
    idempotency_key: ParameterView | None
    fields: tuple[tuple[str, str], ...]
    accept_name: str | None = None

    @property
    def ranged(self) -> bool:
        """Whether clients may ask for a part of its content."""
        return any(answer.encoder == "ranged" for answer in self.answers)

    @property
    def positional(self) -> tuple[ParameterView, ...]:
        """Path parameters, in the order of the path."""
        return tuple(p for p in self.parameters if p.positional)

    @property
    def keyword(self) -> tuple[ParameterView, ...]:
        """All other parameters, keyword-only; the idempotency key is the run time's own affair."""
        return tuple(p for p in self.parameters if not p.positional and p != self.idempotency_key)

    @property
    def decodes(self) -> bool:
        """Whether anything of the request has to be decoded or refused."""
        return bool(self.parameters) or self.body is not None or self.closed_query


@dataclass(frozen=True, slots=True)
class TagView:
    """All operations of one tag: one module in handlers, routers, responses and unimplemented."""

    name: str
    module: str
    class_prefix: str
    description: str
    operations: tuple[OperationView, ...]

    @property
    def answer_classes(self) -> tuple[AnswerView, ...]:
        """Every answer class of the tag; plain models need none."""
        return tuple(a for op in self.operations if op.plain_answer is None for a in op.answers)

    @property
    def adapters(self) -> Mapping[str, str]:
        """The types of contents and headers of its answer classes, by the names of their constants."""
        found = {a.adapter_name: a.adapter for a in self.answer_classes if a.adapter}
        headers = (h for a in self.answer_classes for h in a.headers)
        return found | {h.adapter_name: h.adapter for h in headers if h.adapter}


@dataclass(frozen=True, slots=True)
class SchemeView:
    """One field of `security.Verifiers`."""

    name: str
    identifier: str
    port: str
    expression: str
    description: str


@dataclass(frozen=True, slots=True)
class MessageField:
    """A field of a message: its payload, or a parameter of the request that carries it."""

    identifier: str
    hint: str
    default: str | None


@dataclass(frozen=True, slots=True)
class HookView:
    """One class of `webhooks`; `definition` is keyword arguments of the run time's."""

    class_name: str
    base: Literal["Webhook", "Callback"]
    summary: str
    description: str
    fields: tuple[MessageField, ...]
    result: str
    definition: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class PackageView:
    """Everything that is printed."""

    package: str
    title: str
    version: str
    tags: tuple[TagView, ...]
    problems: tuple[ProblemView, ...]
    schemes: tuple[SchemeView, ...]
    servers: tuple[Server, ...] = ()
    hooks: tuple[HookView, ...] = ()
    shapes: tuple[tuple[str, str], ...] = ()

    @property
    def operations(self) -> tuple[OperationView, ...]:
        """All operations, tag by tag."""
        return tuple(operation for tag in self.tags for operation in tag.operations)
