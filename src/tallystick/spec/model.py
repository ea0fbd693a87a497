"""The contract as the generator sees it: operations and what belongs to them, read from a normalised document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tallystick.spec.errors import Position
from tallystick.spec.grammar import operations_of
from tallystick.spec.nodes import Object, position_of
from tallystick.spec.servers import Server, base_paths, read_servers

ParameterLocation = Literal["path", "query", "header", "cookie"]

DEFAULT_STYLES: Mapping[str, str] = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}


@dataclass(frozen=True, slots=True)
class MediaType:
    """One media type of a body, with its schema (None: anything)."""

    name: str
    schema: Object | None
    node: Object


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter after path and operation level were merged; `whole`: it is all of the query (OpenAPI 3.2)."""

    name: str
    location: ParameterLocation
    required: bool
    style: str
    explode: bool
    schema: Object | None
    content: str | None
    description: str
    missing_status: int | None
    allow_empty_value: bool
    position: Position | None
    deprecated: bool = False
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """What an operation takes."""

    required: bool
    media: tuple[MediaType, ...]
    description: str


@dataclass(frozen=True, slots=True)
class Header:
    """A declared response header; `content` is its media type if it is declared by content instead of schema."""

    name: str
    required: bool
    schema: Object | None
    description: str
    content: str | None
    explode: bool
    position: Position | None


@dataclass(frozen=True, slots=True)
class Response:
    """One declared answer; `status` is as written: `200`, `4XX` or `default`."""

    status: str
    description: str
    headers: tuple[Header, ...]
    media: tuple[MediaType, ...]
    position: Position | None

    @property
    def code(self) -> int | None:
        """The exact status, None for a range or `default`."""
        return int(self.status) if self.status.isdigit() else None

    @property
    def success(self) -> bool:
        """Whether it is what a handler returns (2xx and 3xx), not raises."""
        return self.status[:1] in ("1", "2", "3")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; `security` is OR of AND of (scheme, scopes); empty means public.

    It is served at `path` below each of `bases`.
    """

    id: str
    method: str
    path: str
    tag: str
    summary: str
    description: str
    deprecated: bool
    security: tuple[tuple[tuple[str, tuple[str, ...]], ...], ...]
    parameters: tuple[Parameter, ...]
    body: Body | None
    responses: tuple[Response, ...]
    extensions: Mapping[str, Any]
    position: Position | None
    node: Object = field(repr=False)
    bases: tuple[str, ...] = ("",)

    @property
    def closed_query(self) -> bool:
        """Whether unknown keys are refused; a query that is one value is closed by its schema, or open."""
        return bool(self.extensions.get("x-closed-query")) and not any(one.whole for one in self.parameters)

    def response(self, status: int) -> Response | None:
        """The answer declared for exactly this status."""
        return next((r for r in self.responses if r.code == status), None)


@dataclass(frozen=True, slots=True)
class Hook:
    """A request that the server sends: a webhook, or a callback of the operation `owner`.

    `name` is the key in the contract; `url` is the key of a callback's path item, an expression as a rule. The
    operation's `security` is its own: what the document asks of its callers it does not ask of us.
    """

    name: str
    operation: Operation
    owner: str | None = None
    url: str = ""
    alone: bool = True


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """A security scheme: `type` and `scheme` as written; `location` and `parameter` of an apiKey."""

    name: str
    type: str
    scheme: str
    location: str
    parameter: str
    description: str
    position: Position | None


@dataclass(frozen=True, slots=True)
class Contract:
    """A whole contract, from its normalised document."""

    title: str
    version: str
    tags: Mapping[str, str]
    schemes: tuple[SecurityScheme, ...]
    servers: tuple[Server, ...]
    operations: tuple[Operation, ...]
    hooks: tuple[Hook, ...]
    schemas: Mapping[str, Object]
    document: Object = field(repr=False)


def read(document: Object) -> Contract:
    """Read a normalised document: parameters merged, references other than those to schemas resolved."""
    components = document.get("components", {})
    declared = {tag["name"]: tag.get("description", "") for tag in document.get("tags", ())}
    operations = tuple(_operations(document))
    used = {operation.tag: declared.get(operation.tag, "") for operation in operations}
    ordered = {name: text for name, text in declared.items() if name in used} | used
    return Contract(
        title=document["info"]["title"],
        version=str(document["info"]["version"]),
        tags=ordered,
        schemes=tuple(_scheme(name, node) for name, node in components.get("securitySchemes", {}).items()),
        servers=read_servers(document.get("servers")),
        operations=operations,
        hooks=tuple(_hooks(document)),
        schemas=components.get("schemas", {}),
        document=document,
    )


def _operations(document: Object) -> Iterator[Operation]:
    root_security = document.get("security", ())
    root_extensions = _extensions(document)
    root_bases = base_paths(read_servers(document.get("servers")))
    for path, item in document.get("paths", {}).items():
        item_bases = base_paths(read_servers(item["servers"])) if item.get("servers") else root_bases
        order = list(item)
        for method, _, node in sorted(operations_of(item), key=lambda one: order.index(one[1][0])):
            inherited = root_extensions | _extensions(item)
            found = _operation(path, method, node, root_security, inherited)
            own = node.get("servers")
            yield replace(found, bases=base_paths(read_servers(own)) if own else item_bases)


def _hooks(document: Object) -> Iterator[Hook]:
    """Webhooks and callbacks; those of webhooks and callbacks too."""
    extensions = _extensions(document)
    waiting: list[tuple[str, Object]] = []
    for name, item in (document.get("webhooks") or {}).items():
        for method, node in _methods(item):
            operation = _operation(name, method, node, (), extensions | _extensions(item))
            waiting.append((operation.id, node))
            yield Hook(name, operation, alone=len(list(_methods(item))) == 1)
    for item in document.get("paths", {}).values():
        waiting += [(node["operationId"], node) for _, node in _methods(item)]
    for owner, holder in waiting:  # which grows: callbacks may have callbacks
        for name, callback in (holder.get("callbacks") or {}).items():
            items = [(url, item) for url, item in callback.items() if not url.startswith("x-")]
            found = [(url, method, node, item) for url, item in items for method, node in _methods(item)]
            for url, method, node, item in found:
                operation = _operation(url, method, node, (), extensions | _extensions(item))
                waiting.append((operation.id, node))
                yield Hook(name, operation, owner, url, alone=len(found) == 1)


def _methods(item: Any) -> Iterator[tuple[str, Object]]:
    yield from ((method, node) for method, _, node in operations_of(item))


def _operation(path: str, method: str, node: Object, root_security: Any, inherited: Mapping[str, Any]) -> Operation:
    responses = node.get("responses", {})
    return Operation(
        id=node["operationId"],
        method=method,
        path=path,
        tag=(node.get("tags") or ["default"])[0],
        summary=node.get("summary", ""),
        description=node.get("description", ""),
        deprecated=bool(node.get("deprecated", False)),
        security=tuple(
            tuple((scheme, tuple(scopes)) for scheme, scopes in alternative.items())
            for alternative in node.get("security", root_security)
        ),
        parameters=tuple(_parameter(one) for one in node.get("parameters", ())),
        body=_body(node["requestBody"]) if "requestBody" in node else None,
        responses=tuple(
            _response(status, answer, position_of(responses, status))
            for status, answer in responses.items()
            if not status.startswith("x-")
        ),
        extensions={**inherited, **_extensions(node)},
        position=position_of(node, "operationId"),
        node=node,
    )


def _parameter(node: Object) -> Parameter:
    if node["in"] == "querystring":
        return _querystring(node)
    location: ParameterLocation = node["in"]
    style = node.get("style", DEFAULT_STYLES[location])
    content = next(iter(node.get("content", {}).items()), None)
    return Parameter(
        name=node["name"],
        location=location,
        required=bool(node.get("required", False)),
        style=style,
        explode=bool(node.get("explode", style in ("form", "cookie"))),
        schema=content[1].get("schema") if content else node.get("schema"),
        content=content[0] if content else None,
        description=node.get("description", ""),
        missing_status=node.get("x-missing-status"),
        allow_empty_value=bool(node.get("allowEmptyValue", False)),
        deprecated=node.get("deprecated") is True,
        position=position_of(node),
    )


def _querystring(node: Object) -> Parameter:
    """All of the query as one value. A form is what an exploded object in the style `form` is."""
    (media, content), *_ = node["content"].items()
    is_form = media.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded"
    return Parameter(
        name=node["name"],
        location="query",
        required=bool(node.get("required", False)),
        style="form",
        explode=True,
        schema=content.get("schema"),
        content=None if is_form else media,
        description=node.get("description", ""),
        missing_status=node.get("x-missing-status"),
        allow_empty_value=False,
        position=position_of(node),
        whole=True,
    )


def _body(node: Object) -> Body:
    return Body(bool(node.get("required", False)), _media(node), node.get("description", ""))


def _response(status: str, node: Object, position: Position | None) -> Response:
    headers = tuple(
        _header(name, header, position_of(node["headers"], name))
        for name, header in node.get("headers", {}).items()
        if name.lower() != "content-type"
    )
    return Response(status, node.get("description", ""), headers, _media(node), position)


def _header(name: str, node: Object, position: Position | None) -> Header:
    content = next(iter(node.get("content", {}).items()), None)
    return Header(
        name=name,
        required=bool(node.get("required", False)),
        schema=content[1].get("schema") if content else node.get("schema"),
        description=node.get("description", ""),
        content=content[0] if content else None,
        explode=bool(node.get("explode", False)),
        position=position,
    )


def _media(node: Object) -> tuple[MediaType, ...]:
    return tuple(MediaType(name, one.get("schema"), one) for name, one in node.get("content", {}).items())


def _scheme(name: str, node: Object) -> SecurityScheme:
    return SecurityScheme(
        name=name,
        type=node["type"],
        scheme=str(node.get("scheme", "")).lower(),
        location=node.get("in", ""),
        parameter=node.get("name", ""),
        description=node.get("description", ""),
        position=position_of(node),
    )


def _extensions(node: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key.startswith("x-")}
