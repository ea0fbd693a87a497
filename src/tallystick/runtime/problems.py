"""Every error answer: what the run time refuses, what handlers raise, and the one renderer (RFC 9457)."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from html import escape
from types import MappingProxyType
from typing import Any, ClassVar, Literal, NoReturn

from pydantic_core import to_json

from tallystick.runtime.reply import Headers, Reply, header_value

PROBLEM_JSON = "application/problem+json"
PROBLEM_PREFIX = "/problems/"

# An answer to hostile input stays small: the first violations tell enough.
MAX_VIOLATIONS = 50
MAX_TEXT = 500

Location = Literal["path", "query", "header", "cookie", "body"]


class Kind(Enum):
    """Why the run time itself refuses a request: slug, status by the RFC, title."""

    BAD_REQUEST = ("bad-request", 400, "Bad request")
    UNAUTHORIZED = ("unauthorized", 401, "Unauthorized")
    FORBIDDEN = ("forbidden", 403, "Forbidden")
    NOT_FOUND = ("not-found", 404, "Not found")
    METHOD_NOT_ALLOWED = ("method-not-allowed", 405, "Method not allowed")
    NOT_ACCEPTABLE = ("not-acceptable", 406, "Not acceptable")
    CONTENT_TOO_LARGE = ("content-too-large", 413, "Content too large")
    URI_TOO_LONG = ("uri-too-long", 414, "URI too long")
    UNSUPPORTED_MEDIA_TYPE = ("unsupported-media-type", 415, "Unsupported media type")
    RANGE_NOT_SATISFIABLE = ("range-not-satisfiable", 416, "Range not satisfiable")
    VALIDATION_FAILED = ("validation-failed", 422, "Validation failed")
    IDEMPOTENCY_KEY_REUSED = ("idempotency-key-reused", 422, "Idempotency key reused")
    PRECONDITION_REQUIRED = ("precondition-required", 428, "Precondition required")
    TOO_MANY_REQUESTS = ("too-many-requests", 429, "Too many requests")
    HEADER_FIELDS_TOO_LARGE = ("header-fields-too-large", 431, "Header fields too large")
    INTERNAL_ERROR = ("internal-error", 500, "Internal error")
    NOT_IMPLEMENTED = ("not-implemented", 501, "Not implemented")
    SERVICE_UNAVAILABLE = ("service-unavailable", 503, "Service unavailable")

    def __init__(self, slug: str, status: int, title: str) -> None:
        self.slug = slug
        self.status = status
        self.title = title


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: where (location and JSON pointer, RFC 6901), a stable code, a sentence for people."""

    location: Location
    pointer: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ProblemSpec:
    """How the contract declares one problem: its status, its fixed members, every member it allows.

    An error answer of another shape has all its members fixed, and perhaps a place for the sentence; one that is no
    object is a template, for which the empty place is the text itself; one without content has no media type. XML is
    `written` already: one piece, or two between which the sentence stands.
    """

    name: str
    status: int
    media_type: str
    constants: Mapping[str, Any]
    members: frozenset[str]
    sentence: tuple[str | int, ...] = ()
    template: str | list[Any] | None = None
    written: tuple[str, ...] = ()


class Problem(Exception):
    """Base of the problem classes generated from the contract; raise one to answer with it."""

    spec: ClassVar[ProblemSpec]

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: Sequence[Violation] = (),
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail or self.spec.name)
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}
        self.members = members or {}


class Refusal(Exception):
    """The run time refuses; which declared problem that becomes is chosen per operation."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        errors: Sequence[Violation] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}


def default_spec(kind: Kind) -> ProblemSpec:
    """The plain problem of a kind, for answers that no operation declares."""
    return DEFAULT_SPECS[kind]


def _default_spec(kind: Kind) -> ProblemSpec:
    constants = {"type": PROBLEM_PREFIX + kind.slug, "title": kind.title, "status": kind.status}
    members = frozenset({"type", "title", "status", "detail", "instance", "request_id", "errors"})
    return ProblemSpec(kind.slug, kind.status, PROBLEM_JSON, constants, members)


DEFAULT_SPECS: Mapping[Kind, ProblemSpec] = MappingProxyType({kind: _default_spec(kind) for kind in Kind})


@dataclass(slots=True)
class Violations:
    """Collects what is wrong at every location of a request, so that one answer tells it all."""

    found: list[Violation] = field(default_factory=list)
    malformed: str | None = None

    def add(self, location: Location, pointer: str, code: str, message: str) -> None:
        """Note that a value breaks a rule of the contract (422)."""
        self.found.append(Violation(location, pointer, code, message))

    def add_malformed(self, location: Location, pointer: str, code: str, message: str) -> None:
        """Note that a value cannot even be read: syntax or encoding (400)."""
        self.malformed = self.malformed or message
        self.found.append(Violation(location, pointer, code, message))

    def refuse(self) -> None:
        """Raise one refusal with everything found; return when nothing was.

        Raises:
            Refusal: 400 if anything could not be read, else 422.
        """
        if self.found:
            self._raise()

    def _raise(self) -> NoReturn:
        if self.malformed is not None:
            raise Refusal(Kind.BAD_REQUEST, self.malformed, errors=self.found)
        count = len(self.found)
        detail = "One value breaks" if count == 1 else f"{count} values break"
        raise Refusal(Kind.VALIDATION_FAILED, f"{detail} the contract; see errors.", errors=self.found)


def render(
    spec: ProblemSpec,
    *,
    detail: str | None = None,
    errors: Sequence[Violation] = (),
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, Any] | None = None,
    request_id: str | None = None,
    instance: str | None = None,
) -> Reply:
    """Write one problem as its declared media type, with the members its schema allows."""
    body: dict[str, Any] = dict(spec.constants)
    detail = detail or str(spec.constants.get("title", spec.name))
    optional = {
        **(members or {}),
        "detail": _clip(detail),
        # RFC 6749 section 5.2: the same sentence under the name that OAuth clients read.
        "error_description": _ascii(_clip(detail)),
        "instance": instance,
        "request_id": request_id,
        "errors": [_violation(one) for one in errors[:MAX_VIOLATIONS]] or None,
    }
    body.update({k: v for k, v in optional.items() if v is not None and k in spec.members})
    if spec.sentence or spec.written or spec.template is not None:
        told = "; ".join(f"{one.location} {one.pointer}: {one.message}" for one in errors[:MAX_VIOLATIONS])
        sentence = _clip(told or detail)
        if spec.written:
            return _reply(spec, escape(sentence or "", quote=False).join(spec.written).encode(), headers)
        return _reply(spec, _with_sentence(spec, sentence), headers)
    return _reply(spec, body, headers)


def _reply(spec: ProblemSpec, body: Any, headers: Mapping[str, str] | None) -> Reply:
    raw_headers: Headers = [(b"content-type", spec.media_type.encode("ascii"))] if spec.media_type else []
    raw_headers += [(name.lower().encode("ascii"), header_value(value)) for name, value in (headers or {}).items()]
    if not spec.media_type:
        return Reply(spec.status, raw_headers)
    if isinstance(body, bytes):
        return Reply(spec.status, raw_headers, body)
    if isinstance(body, str) and spec.media_type.startswith("text/"):
        # A sentence may quote the request: no reader shall take it for markup.
        told = body if spec.media_type.startswith("text/plain") else escape(body, quote=False)
        return Reply(spec.status, raw_headers, told.encode("utf-8"))
    return Reply(spec.status, raw_headers, to_json(body, by_alias=True))


def _with_sentence(spec: ProblemSpec, text: str | None) -> Any:
    """The body of a shape that is no problem."""
    if spec.template == "":
        return text
    body: Any = copy.deepcopy(dict(spec.constants) if spec.template is None else spec.template)
    if not spec.sentence:
        return body
    node: Any = body
    for step in spec.sentence[:-1]:
        node = node[step]
    node[spec.sentence[-1]] = text
    return body


def _violation(violation: Violation) -> dict[str, str]:
    return {
        "location": violation.location,
        "pointer": _clip(violation.pointer) or "",
        "code": violation.code,
        "message": _clip(violation.message) or "",
    }


def _clip(text: str | None) -> str | None:
    if text is None:
        return None
    clean = text.encode("utf-8", "replace").decode("utf-8")
    return "".join(c if c.isprintable() else "�" for c in clean[:MAX_TEXT])


def _ascii(text: str | None) -> str | None:
    """RFC 6749 allows printable ASCII without quote and backslash in error_description."""
    if text is None:
        return None
    return text.replace('"', "'").replace("\\", "/").encode("ascii", "replace").decode("ascii")
