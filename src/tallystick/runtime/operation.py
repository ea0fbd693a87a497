"""What the contract says of one operation, as data that the run time reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tallystick.runtime.problems import Kind, ProblemSpec, default_spec

DEFAULT_MAX_BODY_BYTES = 1024 * 1024
_READING = frozenset({"GET", "HEAD", "OPTIONS", "QUERY", "TRACE"})


@dataclass(frozen=True, slots=True)
class Requirement:
    """One scheme that has to admit the caller, and the scopes or roles it must grant."""

    scheme: str
    scopes: tuple[str, ...] = ()


# Alternatives (OR) of requirements that must all hold (AND). No alternative: public. An empty one: optional.
Security = tuple[tuple[Requirement, ...], ...]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`x-rate-limit`: at most `requests` in each `per`, counted by client address or by principal."""

    requests: int
    per: Literal["second", "minute", "hour", "day"]
    by: Literal["address", "principal"] = "address"


@dataclass(frozen=True, slots=True)
class Link:
    """What an answer of `status` is good for: another operation, whose parameters and body are taken from this one.

    Values are constants or runtime expressions such as `$response.body#/id`, as the contract writes them.
    """

    status: str
    name: str
    operation_id: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True, slots=True)
class Server:
    """One server that the contract names, and the paths below which its operations stand ("" is the root)."""

    url: str
    bases: tuple[str, ...] = ("",)
    description: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the contract."""

    id: str
    method: str
    path: str
    tag: str
    statuses: tuple[int, ...]
    security: Security = ()
    request_media: tuple[str, ...] = ()
    body_required: bool = False
    response_media: tuple[str, ...] = ()
    problems: frozenset[str] = frozenset()
    refusals: Mapping[Kind, ProblemSpec] = field(default_factory=dict)
    query: frozenset[str] = frozenset()
    closed_query: bool = False
    required_headers: Mapping[str, Kind] = field(default_factory=dict)
    max_body_bytes: int = DEFAULT_MAX_BODY_BYTES
    rate_limit: RateLimit | None = None
    idempotent: bool = False
    timeout: float | None = None
    deprecated: bool = False
    # Header fields of every answer: `deprecation` (RFC 9745) and `sunset` (RFC 8594).
    lifecycle: tuple[tuple[bytes, bytes], ...] = ()
    # `x-transaction`; by the method where the contract does not say it.
    transaction: Literal["read", "write"] | None = None
    # Whether an answer may be a stream, which its handler's dependencies have to outlive.
    streams: bool = False
    # Where the servers of the contract put it: it is served at `path` below each.
    bases: tuple[str, ...] = ("",)
    # The names of its callbacks, whose URLs are found in its requests and answers.
    callbacks: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether it may change what is stored."""
        if self.transaction is None:
            return self.method not in _READING
        return self.transaction == "write"

    def refusal(self, kind: Kind) -> ProblemSpec:
        """The declared problem that answers a refusal of this kind here."""
        return self.refusals.get(kind) or default_spec(kind)
