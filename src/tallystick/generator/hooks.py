"""Webhooks and callbacks: one class of messages for each, with what the run time needs to send them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tallystick.generator.annotations import Annotator
from tallystick.generator.imports import Imports
from tallystick.generator.ir import HookView, MessageField
from tallystick.generator.media import FORM, base_name, is_json
from tallystick.generator.policies import policy_fields
from tallystick.spec.errors import ContractError, Diagnostic
from tallystick.spec.expressions import Expression, parse_template
from tallystick.spec.model import Contract, Hook, MediaType, Parameter, SecurityScheme
from tallystick.spec.names import Named, class_name, collisions, parameter_name, pascal
from tallystick.spec.nodes import position_of

# What messages have already.
_RESERVED = frozenset({"self", "definition", "media_type", "payload", "url"})
_WEBHOOKS, _OUTGOING = "tallystick.runtime.webhooks", "tallystick.runtime.outgoing"


@dataclass(frozen=True, slots=True)
class HookBuilder:
    """Builds the messages of one contract; `imports` are those of their module."""

    contract: Contract
    annotator: Annotator
    imports: Imports
    models: str

    def build(self) -> tuple[HookView, ...]:
        """One view per webhook and callback.

        Raises:
            ContractError: two would have one name; a policy cannot be carried out.
        """
        refused: list[Diagnostic] = []
        views: list[HookView] = []
        for hook in self.contract.hooks:
            try:
                views.append(self._view(hook))
            except ContractError as error:
                refused += error.diagnostics
        named = [Named(hook.name, _class_name(hook), position_of(hook.operation.node)) for hook in self.contract.hooks]
        refused += collisions("webhook or callback", named)
        taken = {view.class_name for view in views} & set(self.imports.names(self.models))
        for name in sorted(taken):
            message = f"a webhook or callback and a schema both become `{name}` in Python"
            refused.append(Diagnostic("name-collision", message, hint="rename the schema in the contract"))
        if refused:
            raise ContractError(refused)
        return tuple(views)

    def _view(self, hook: Hook) -> HookView:
        operation = hook.operation
        media = operation.body.media if operation.body is not None else ()
        contents = {one.name: self._content(one) for one in media}
        parameters = [one for one in operation.parameters if one.location != "path" and not _is_ignored(one)]
        named = _named(parameters)
        self.imports.add(_WEBHOOKS, "Callback" if hook.owner else "Webhook", "Definition")
        fields = [*self._payload(hook, contents), *(self._field(one, name) for one, name in named)]
        result = self._result(hook)
        return HookView(
            class_name=_class_name(hook),
            base="Callback" if hook.owner else "Webhook",
            summary=operation.summary or f"The {'callback' if hook.owner else 'webhook'} {hook.name}",
            description=_description(hook),
            fields=tuple(fields),
            result=result,
            definition=tuple(self._definition(hook, contents, named)),
        )

    def _payload(self, hook: Hook, contents: dict[str, tuple[str, str]]) -> Iterator[MessageField]:
        if not contents or hook.operation.body is None:
            return
        hint = " | ".join(dict.fromkeys(hint for hint, _ in contents.values()))
        if hook.operation.body.required:
            yield MessageField("payload", hint, None)
        else:
            yield MessageField("payload", f"{hint} | None", "None")
        exact = [name for name in contents if "*" not in name]
        if len(contents) > 1 or not exact:
            # Of a range the caller says which media type it is.
            yield MessageField("media_type", "str", repr(exact[0]) if exact else None)

    def _field(self, parameter: Parameter, name: str) -> MessageField:
        annotation = self.annotator.annotate(parameter.schema)
        self.imports.update(annotation.imports)
        if parameter.required:
            return MessageField(name, annotation.hint, None)
        return MessageField(name, f"{annotation.hint} | None", "None")

    def _definition(
        self,
        hook: Hook,
        contents: dict[str, tuple[str, str]],
        parameters: Iterable[tuple[Parameter, str]],
    ) -> Iterator[tuple[str, str]]:
        operation = hook.operation
        yield "name", repr(hook.name)
        yield "method", repr(operation.method)
        if contents:
            yield "content", _mapping(contents)
            yield "required", repr(operation.body is not None and operation.body.required)
        fields = [self._outgoing(one, name) for one, name in parameters]
        if fields:
            yield "fields", f"({''.join(f'{one},' for one in fields)})"
        answers = [self._expected(hook, index) for index in range(len(operation.responses))]
        if answers:
            self.imports.add(_WEBHOOKS, "Expected")
            yield "answers", f"({''.join(f'{one},' for one in answers)})"
        if operation.security:
            yield from self._security(hook)
        for name, value in policy_fields(operation):
            if name == "timeout":
                yield name, value
        if hook.owner:
            pieces = self._url(hook)
            if pieces:
                yield "url", pieces

    def _content(self, media: MediaType) -> tuple[str, str]:
        """The hint of a body, and the expression that writes it."""
        name = base_name(media.name)
        if is_json(name) or name == FORM:
            annotation = self.annotator.annotate(media.schema)
            self.imports.update(annotation.imports)
            kind = "FormContent" if name == FORM else "JsonContent"
            self.imports.add(_OUTGOING, kind)
            return annotation.hint, f"{kind}({annotation.text})"
        kind, hint = ("TextContent", "str") if name.startswith("text/") else ("RawContent", "bytes")
        self.imports.add(_OUTGOING, kind)
        return hint, f"{kind}()"

    def _outgoing(self, parameter: Parameter, name: str) -> str:
        annotation = self.annotator.annotate(parameter.schema)
        self.imports.add(_OUTGOING, "Sent", "Typed")
        arguments = [repr(name), repr(parameter.name), repr(parameter.location), f"Typed({annotation.text})"]
        arguments += [f"style={parameter.style!r}"] if parameter.style not in ("form", "simple") else []
        arguments += ["explode=True"] if parameter.explode else []
        arguments += ["content=True"] if parameter.content is not None and is_json(base_name(parameter.content)) else []
        return f"Sent({', '.join(arguments)})"

    def _expected(self, hook: Hook, index: int) -> str:
        response = hook.operation.responses[index]
        status = response.status.upper() if response.status != "default" else response.status
        contents = {one.name: self._content(one) for one in response.media}
        return f"Expected({status!r}, {_mapping(contents)})" if contents else f"Expected({status!r})"

    def _result(self, hook: Hook) -> str:
        successes = [one for one in hook.operation.responses if one.status[:1] == "2"]
        hints = [self._content(media)[0] for one in successes for media in one.media]
        return " | ".join(dict.fromkeys(hints)) or "None"

    def _security(self, hook: Hook) -> Iterator[tuple[str, str]]:
        known = {one.name: one for one in self.contract.schemes}
        ways = hook.operation.security
        used = dict.fromkeys(name for way in ways for name, _ in way)
        requirements = ("".join(f"Requirement({name!r})," for name, _ in way) for way in ways)
        self.imports.add("tallystick.runtime.operation", "Requirement")
        yield "security", "(" + "".join(f"({one})," for one in requirements) + ")"
        if used:
            self.imports.add(_WEBHOOKS, "Credential")
            yield "schemes", "{" + ", ".join(f"{name!r}: {_credential(known[name])}" for name in used) + "}"

    def _url(self, hook: Hook) -> str:
        pieces = url_pieces(hook)
        if any(isinstance(one, Expression) for one in pieces):
            self.imports.add("tallystick.runtime.expressions", "From")
        texts = (
            repr(one) if isinstance(one, str) else f"From({one.source!r}, {one.place!r}, {one.name!r})"
            for one in pieces
        )
        return "(" + "".join(f"{one}," for one in texts) + ")" if pieces else ""


def url_pieces(hook: Hook) -> tuple[str | Expression, ...]:
    """The URL of a callback, in pieces; nothing where the contract leaves open what it is."""
    pieces = parse_template(hook.url)
    first = pieces[0] if pieces else ""
    is_open = isinstance(first, str) and "://" not in first
    return () if is_open else pieces


def _class_name(hook: Hook) -> str:
    method = "" if hook.alone else pascal(hook.operation.method)
    if hook.owner is None:
        return f"{class_name(hook.name)}{method}Webhook"
    place = "" if hook.alone else pascal(hook.url)
    return f"{class_name(hook.owner)}{pascal(hook.name)}{place}{method}Callback"


def _description(hook: Hook) -> str:
    operation = hook.operation
    what = f"callback {hook.name} of {hook.owner}, to {hook.url}" if hook.owner else f"webhook {hook.name}"
    old = "Deprecated." if operation.deprecated else ""
    return "\n\n".join(filter(None, [operation.description.strip(), old, f"{operation.method} for the {what}"]))


def _refusal(parameter: Parameter) -> Diagnostic:
    what = f"the parameter {parameter.name!r} is the whole query in {parameter.content}, which is not sent"
    hint = "use application/x-www-form-urlencoded, or parameters of the query"
    return Diagnostic("unsupported-parameter", what, parameter.position, hint=hint)


def _named(parameters: Sequence[Parameter]) -> list[tuple[Parameter, str]]:
    refused = [_refusal(one) for one in parameters if one.whole and one.content is not None]
    if refused:
        raise ContractError(refused)
    chosen = [(one, parameter_name(one.name, _RESERVED)) for one in parameters]
    found = collisions("parameter", [Named(one.name, name, one.position) for one, name in chosen])
    if found:
        raise ContractError(found)
    return chosen


def _is_ignored(parameter: Parameter) -> bool:
    """OpenAPI leaves these to the body and to security."""
    return parameter.location == "header" and parameter.name.lower() in ("accept", "authorization", "content-type")


def _mapping(contents: dict[str, tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{name!r}: {expression}" for name, (_, expression) in contents.items()) + "}"


def _credential(scheme: SecurityScheme) -> str:
    match scheme.type, scheme.scheme:
        case "apiKey", _:
            return f"Credential('apiKey', {scheme.location!r}, {scheme.parameter!r})"
        case "mutualTLS", _:
            return "Credential('mutualTLS')"
        case "http", "basic":
            return "Credential('basic')"
        case "http", other if other != "bearer":
            return f"Credential('http', name={other!r})"
    return "Credential('bearer')"
