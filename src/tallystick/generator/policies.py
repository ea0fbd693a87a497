"""Policies that the contract asks for by extensions, as fields of the operation table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tallystick.generator.lifecycle import SINCE, SUNSET, moment
from tallystick.generator.media import base_name, is_bytes
from tallystick.spec.errors import ContractError, Diagnostic, Position
from tallystick.spec.model import Operation
from tallystick.spec.nodes import position_of

_PERIODS = ("second", "minute", "hour", "day")
_COUNTED_BY = ("address", "principal")


def policy_fields(operation: Operation) -> Iterator[tuple[str, str]]:
    """Name and Python expression of each policy.

    Raises:
        ContractError: values that mean nothing, or an idempotent operation without the header that carries the key.
    """
    refused = [_refusal(operation, name, hint) for name, (holds, hint) in _RULES.items() if not holds(operation, name)]
    if refused:
        raise ContractError(refused)
    extensions = operation.extensions
    limit = extensions.get("x-rate-limit")
    if limit:
        yield "rate_limit", f"RateLimit({limit['requests']!r}, {limit['per']!r}, {limit.get('by', 'address')!r})"
    for extension, field in (("x-max-body-bytes", "max_body_bytes"), ("x-timeout", "timeout")):
        if extension in extensions:
            yield field, repr(extensions[extension])
    if extensions.get("x-idempotency"):
        yield "idempotent", "True"
    if operation.deprecated:
        yield "deprecated", "True"
    if "x-transaction" in extensions:
        yield "transaction", repr(extensions["x-transaction"])


def _is_number(value: Any, *types: type) -> bool:
    return type(value) in types and value > 0


def _is_limit(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and value.keys() <= {"requests", "per", "by"}
        and _is_number(value.get("requests"), int)
        and value.get("per") in _PERIODS
        and value.get("by", "address") in _COUNTED_BY
    )


def _has_key(operation: Operation, name: str) -> bool:
    value = operation.extensions.get(name, False)
    keys = [p for p in operation.parameters if p.location == "header" and p.name.lower() == "idempotency-key"]
    return value is False or (value is True and bool(keys))


def _has_bytes(operation: Operation, name: str) -> bool:
    value = operation.extensions.get(name, False)
    media = operation.body.media if operation.body is not None else ()
    return value is False or (value is True and any(is_bytes(base_name(one.name)) for one in media))


def _is_since(operation: Operation, name: str) -> bool:
    since, sunset = moment(operation.extensions.get(name)), moment(operation.extensions.get(SUNSET))
    if name not in operation.extensions:
        return True
    # RFC 9745, section 4: what is not deprecated yet cannot end.
    return operation.deprecated and since is not None and (sunset is None or since <= sunset)


def _given(test: Callable[[Any], bool]) -> Callable[[Operation, str], bool]:
    return lambda operation, name: name not in operation.extensions or test(operation.extensions[name])


_RULES: Mapping[str, tuple[Callable[[Operation, str], bool], str]] = {
    "x-rate-limit": (
        _given(_is_limit),
        f"write {{requests: 10, per: {'|'.join(_PERIODS)}, by: {'|'.join(_COUNTED_BY)}}}",
    ),
    "x-max-body-bytes": (_given(lambda value: _is_number(value, int)), "write a number of bytes"),
    "x-timeout": (_given(lambda value: _is_number(value, int, float)), "write a number of seconds"),
    "x-closed-query": (_given(lambda value: isinstance(value, bool)), "write true or false"),
    SINCE: (_is_since, "write deprecated: true, and a date such as 2026-01-31 that is not after x-sunset"),
    SUNSET: (_given(lambda value: moment(value) is not None), "write a date such as 2026-12-31, or a date-time"),
    "x-transaction": (_given(lambda value: value in ("read", "write")), "write read or write"),
    "x-stream": (_has_bytes, "write true, and declare a body of bytes such as application/octet-stream"),
    "x-idempotency": (_has_key, "write true, and declare the header parameter Idempotency-Key"),
}


def _place(operation: Operation, name: str) -> Position | None:
    if name in operation.node:
        return position_of(operation.node, name)
    # The path or the whole contract says it; objects know their place.
    return position_of(operation.extensions[name]) or operation.position


def _refusal(operation: Operation, name: str, hint: str) -> Diagnostic:
    return Diagnostic(
        rule="invalid-extension",
        message=f"{name} of {operation.id} cannot be carried out",
        position=_place(operation, name),
        hint=hint,
    )
