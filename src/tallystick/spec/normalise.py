"""The normalised document: what models and operations are generated from. It lives in memory.

- Schemas speak JSON Schema 2020-12, also those of a 3.0 contract.
- Every object, enumeration and union has a name in `components.schemas`; `$ref`s remain for schemas only. Parameters,
  headers, bodies, responses, links, examples and callbacks stand where they are used.
- What only requests or only answers have is there in the schemas of these alone (`readOnly`, `writeOnly`).
- Parameters of a path are among those of its operations, where an operation's own wins by name and place.
- Every operation has an operationId, and at least one tag.
"""

from __future__ import annotations

from typing import Any

from tallystick.spec.dialect import modernise
from tallystick.spec.directions import turn
from tallystick.spec.errors import Diagnostic, Position, Severity
from tallystick.spec.grammar import Kind, Place, children, operations_of, walk
from tallystick.spec.hoist import Hoister
from tallystick.spec.names import class_name, pascal, words
from tallystick.spec.nodes import Array, Object, copy_object, copy_value, position_of
from tallystick.spec.operation_ids import derived_ids, operations
from tallystick.spec.pointers import child, look_up, split_fragment

_SCHEMAS = "#/components/schemas/"
_KEPT = ("schemas", "securitySchemes")
_DEEPEST = 50


def normalise(bundled: Object) -> Object:
    """A normalised copy of a bundled document."""
    document = copy_object(bundled)
    modernise(document)
    components = document.setdefault("components", Object())
    schemas = components.setdefault("schemas", Object())
    hoister = Hoister(schemas)
    for name in list(schemas):
        hoister.component(name)
    _hoist_components(components, hoister)
    _inline_references(document)
    derived = derived_ids(document)
    for found in operations(document):
        found.operation["operationId"] = derived.get(id(found.operation)) or found.operation["operationId"]
        _complete(found.operation, found.item)
        _hoist_operation(found.operation, class_name(found.operation["operationId"]), hoister)
    for item in document.get("paths", {}).values():
        item.pop("parameters", None)
    _name_deep_references(document, hoister)
    turn(document)
    for section in [section for section in components if section not in _KEPT and not section.startswith("x-")]:
        del components[section]
    components["schemas"] = Object(dict(sorted(schemas.items())), marks=schemas.marks)
    return document


def invented(bundled: Object) -> list[Diagnostic]:
    """What `normalise` had to make up: operationIds and tags that the contract does not give."""
    found: list[Diagnostic] = []
    untagged: list[tuple[Position | None, str]] = []
    derived = derived_ids(bundled)
    for one in operations(bundled):
        place, pointer = position_of(one.operation), child("", one.section, one.path, *one.keys)
        if id(one.operation) in derived and one.section == "paths":
            message = f'no operationId: "{derived[id(one.operation)]}" is derived from method and path'
            found.append(Diagnostic("operation-id-derived", message, place, pointer, severity=Severity.INFO))
        if not one.operation.get("tags") and one.section == "paths":
            untagged.append((place, pointer))
    if untagged:
        # They all go to one place: that is one thing to know, however many they are.
        message = f'operations without a tag go to the group "default": {len(untagged)}, of which this is the first'
        found.append(Diagnostic("tag-derived", message, *untagged[0], severity=Severity.INFO))
    return found


def _complete(operation: Object, item: Object) -> None:
    operation["tags"] = operation.get("tags") or Array(["default"])
    own = operation.get("parameters") or Array()
    known = {(each["name"], each["in"]) for each in own}
    shared = [copy_value(each) for each in item.get("parameters", ()) if (each["name"], each["in"]) not in known]
    if shared or own:
        operation["parameters"] = Array([*shared, *own], marks=own.marks)


def _hoist_components(components: Object, hoister: Hoister) -> None:
    for name, node in (components.get("responses") or {}).items():
        _hoist_response(node, _with_suffix(name, "Response"), hoister)
    for name, node in (components.get("requestBodies") or {}).items():
        _hoist_content(node, _with_suffix(name, "Request", "Body"), hoister)
    for name, node in (components.get("mediaTypes") or {}).items():
        _hoist_content(Object({"content": Object({name: node})}), class_name(name), hoister)
    for section, suffix in (("parameters", "Parameter"), ("headers", "Header")):
        for name, node in (components.get(section) or {}).items():
            _hoist_parameter(node, _with_suffix(name, suffix), hoister)


def _with_suffix(name: str, *suffixes: str) -> str:
    base = class_name(name)
    return base if base.endswith(suffixes) else base + suffixes[0]


def _hoist_operation(operation: Object, name: str, hoister: Hoister) -> None:
    taken: set[str] = set()
    for parameter in operation.get("parameters", ()):
        own = name + pascal(parameter["name"])
        # A name may be given again at another place.
        _hoist_parameter(parameter, own + pascal(parameter["in"]) if own in taken else own, hoister)
        taken.add(own)
    if "requestBody" in operation:
        _hoist_content(operation["requestBody"], f"{name}Request", hoister)
    for status, response in operation.get("responses", {}).items():
        _hoist_response(response, f"{name}Response{pascal(str(status))}", hoister)
    for key, callback in (operation.get("callbacks") or {}).items():
        items = [url for url in callback if not url.startswith("x-")]
        for expression, item in callback.items():
            # A callback may lead to several places, each with what is sent there.
            place = pascal(expression) if len(items) > 1 else ""
            for method, _, inner in operations_of(item):
                inner.setdefault("operationId", f"{name}{pascal(key)}{place}{pascal(method.lower())}")
                _complete(inner, item)
                _hoist_operation(inner, class_name(inner["operationId"]), hoister)


def _hoist_response(response: Any, name: str, hoister: Hoister) -> None:
    if not isinstance(response, Object):
        return
    _hoist_content(response, name, hoister)
    for header, node in (response.get("headers") or {}).items():
        _hoist_parameter(node, name + pascal(header), hoister)


def _hoist_parameter(node: Any, name: str, hoister: Hoister) -> None:
    if isinstance(node, Object):
        if "schema" in node:
            node["schema"] = hoister.inline(_spelled_out(node["schema"]), name)
        _hoist_content(node, name, hoister)


def _hoist_content(node: Any, name: str, hoister: Hoister) -> None:
    content = node.get("content") if isinstance(node, Object) else None
    for media, each in (content or {}).items():
        if not isinstance(each, Object):
            continue
        alone = content is None or len(content) == 1 or media == "application/json"
        own = name if alone else name + _media_suffix(media)
        if "schema" in each:
            each["schema"] = hoister.inline(_spelled_out(each["schema"]), own)
        if "itemSchema" in each:
            each["itemSchema"] = hoister.inline(each["itemSchema"], f"{own}Item")
        for field, encoding in [*(each.get("encoding") or {}).items(), ("item", each.get("itemEncoding"))]:
            for header, one in (encoding or {}).get("headers", {}).items():
                _hoist_parameter(one, own + pascal(field) + pascal(header), hoister)


def _spelled_out(schema: Any) -> Any:
    """A boolean schema as an object that says the same."""
    return {True: Object(), False: Object({"not": Object()})}[schema] if isinstance(schema, bool) else schema


def _media_suffix(media: str) -> str:
    kind, _, subtype = media.partition(";")[0].partition("/")
    named = {"x-www-form-urlencoded": "Form", "form-data": "Multipart", "*": f"{pascal(kind)}Any"}
    return named.get(subtype) or "".join(word.capitalize() for word in words(subtype) if word not in ("json", "vnd"))


def _inline_references(document: Object) -> None:
    """Puts what is referenced in place of the references, except for schemas."""
    stack = [Place(document, Kind.DOCUMENT, "")]
    while stack:
        place = stack.pop()
        if place.kind is Kind.SCHEMA:
            continue
        node = place.node
        for _ in range(_DEEPEST):
            if place.kind is Kind.DATA or not (isinstance(node, Object) and isinstance(node.get("$ref"), str)):
                break
            notes = {key: node[key] for key in ("summary", "description") if key in node}
            target = copy_value(look_up(document, "/" + "/".join(map(_escape, split_fragment(node["$ref"][1:])))))
            node = Object({**target, **notes}, marks=target.marks)
        if node is not place.node:
            place.parent[place.key] = node
        stack.extend(children(Place(node, place.kind, place.pointer, place.parent, place.key)))


def _escape(token: str) -> str:
    return token.replace("~", "~0").replace("/", "~1")


def _name_deep_references(document: Object, hoister: Hoister) -> None:
    """References into the inside of schemas or operations: what they name becomes a component."""
    for place in list(walk(document)):
        node = place.node
        if place.kind is not Kind.SCHEMA or not isinstance(node, Object) or not isinstance(node.get("$ref"), str):
            continue
        tokens = split_fragment(node["$ref"].removeprefix("#"))
        if len(tokens) > 3 or tokens[:2] != ("components", "schemas"):
            node["$ref"] = _named_target(document, tokens, hoister)


def _moved(document: Object, node: Any, token: str) -> Any:
    """The node, or what took the token with it when it was given a name."""
    while isinstance(node, Object) and token not in node:
        alone = node if "$ref" in node else next((each for each in node.get("anyOf", ()) if "$ref" in each), None)
        if alone is None:
            raise KeyError(token)
        node = look_up(document, "/" + "/".join(map(_escape, split_fragment(alone["$ref"][1:]))))
    return node


def _named_target(document: Object, tokens: tuple[str, ...], hoister: Hoister) -> str:
    parent: Any = document
    for token in tokens[:-1]:
        parent = _moved(document, parent, token)
        parent = parent[int(token) if isinstance(parent, list) else token]
    parent = _moved(document, parent, tokens[-1])
    key: Any = int(tokens[-1]) if isinstance(parent, list) else tokens[-1]
    target = parent[key]
    if isinstance(target, Object) and isinstance(target.get("$ref"), str) and target["$ref"].startswith(_SCHEMAS):
        further = split_fragment(target["$ref"].removeprefix("#"))
        if len(further) > 3:
            target["$ref"] = _named_target(document, further, hoister)
        return str(target["$ref"])
    ignored = {"components", "schemas", "properties", "paths", "content", "schema", "$defs", "definitions"}
    name = "".join(pascal(token) for token in tokens if token not in ignored)
    parent[key] = hoister.named(target, name)
    return str(parent[key]["$ref"])
