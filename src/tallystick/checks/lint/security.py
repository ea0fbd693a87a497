"""Security, and the answers it brings."""

from __future__ import annotations

from collections.abc import Iterator

from tallystick.checks.lint.findings import Finding, at_key, at_node, rule
from tallystick.checks.lint.view import Operation, View
from tallystick.spec.pointers import child


def missing_status(operation: Operation, status: str, reason: str) -> Finding:
    """A finding that the operation does not declare a status."""
    message = f"{operation.method} {operation.path} does not declare {status}: {reason}"
    pointer = child(operation.pointer, "responses")
    return Finding(message, pointer, operation.position, f'add "{status}" to its responses')


def declares(operation: Operation, status: str) -> bool:
    """Whether the status is among the answers, by itself or in a range."""
    return not {status, f"{status[0]}XX", "default"}.isdisjoint(operation.responses)


@rule("operation-security-explicit")
def operation_security_explicit(view: View) -> Iterator[Finding]:
    for each in view.operations:
        if "security" not in each.node:
            message = f"{each.method} {each.path} does not say who may call it"
            yield Finding(message, each.pointer, each.position, "add `security`; a public operation says `[]`")


@rule("secured-operation-has-401")
def secured_operation_has_401(view: View) -> Iterator[Finding]:
    for each in view.operations:
        if each.requires_login and not declares(each, "401"):
            yield missing_status(each, "401", "a request without credentials gets it")


@rule("secured-operation-has-403")
def secured_operation_has_403(view: View) -> Iterator[Finding]:
    for each in view.operations:
        needs_scope = each.requires_login and all(any(requirement.values()) for requirement in each.security)
        if needs_scope and not declares(each, "403"):
            yield missing_status(each, "403", "a token without the scope gets it")


@rule("public-operation-has-no-401")
def public_operation_has_no_401(view: View) -> Iterator[Finding]:
    for each in view.operations:
        if not each.security and "401" in each.responses:
            pointer = child(each.pointer, "responses")
            message = f"{each.method} {each.path} is public and declares 401"
            yield at_key(each.node["responses"], "401", pointer, message, "remove the status, or secure the operation")


@rule("unauthorized-has-www-authenticate")
def unauthorized_has_www_authenticate(view: View) -> Iterator[Finding]:
    for each in view.operations:
        part = each.responses.get("401")
        if part and not any(name.lower() == "www-authenticate" for name in part.node.get("headers") or ()):
            yield at_node(part.node, part.pointer, "this 401 has no header WWW-Authenticate", "declare the header")
