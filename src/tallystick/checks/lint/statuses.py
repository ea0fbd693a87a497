"""Every status that can happen is declared, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tallystick.checks.lint.findings import Finding, at_key, at_value, rule
from tallystick.checks.lint.security import declares, missing_status
from tallystick.checks.lint.view import View
from tallystick.spec.pointers import child

_RANGE = re.compile(r"[1-5][xX]{2}")


@rule("no-default-response")
def no_default_response(view: View) -> Iterator[Finding]:
    yield from _undesirable(view, re.compile("default"), "`default` allows every answer")


@rule("no-range-response")
def no_range_response(view: View) -> Iterator[Finding]:
    yield from _undesirable(view, _RANGE, "a range allows answers that nobody has thought of")


def _undesirable(view: View, form: re.Pattern[str], message: str) -> Iterator[Finding]:
    for each in view.operations:
        for status in each.responses:
            if form.fullmatch(status):
                pointer = child(each.pointer, "responses")
                yield at_key(each.node["responses"], status, pointer, message, "declare each status")


@rule("success-response")
def success_response(view: View) -> Iterator[Finding]:
    for each in view.operations:
        if not any(status[0] in "23d" for status in each.responses):
            yield missing_status(each, "200", "an operation without success can only fail")


@rule("request-can-be-unreadable")
def request_can_be_unreadable(view: View) -> Iterator[Finding]:
    for each in view.operations:
        if each.has_input and not declares(each, "400"):
            yield missing_status(each, "400", "a request can be unreadable")


@rule("parameters-have-422")
def parameters_have_422(view: View) -> Iterator[Finding]:
    for each in view.operations:
        if each.has_input and not declares(each, "422"):
            yield missing_status(each, "422", "what is sent can break the contract")


@rule("request-can-be-refused")
def request_can_be_refused(view: View) -> Iterator[Finding]:
    """The least that a contract has to admit; `request-can-be-unreadable` and `parameters-have-422` ask for more."""
    for each in view.operations:
        if each.has_input and not declares(each, "400") and not declares(each, "422"):
            yield missing_status(each, "400", "a request can break the contract")


@rule("path-id-has-404")
def path_id_has_404(view: View) -> Iterator[Finding]:
    for each in view.operations:
        if "{" in each.path and not declares(each, "404"):
            yield missing_status(each, "404", "not every id exists")


@rule("deleted-thing-can-be-missed")
def deleted_thing_can_be_missed(view: View) -> Iterator[Finding]:
    """Less than `path-id-has-404` asks for: what can be deleted can be asked for later, itself and what is below."""
    deleted = [each.path for each in view.operations if each.method == "delete" and "{" in each.path]
    for each in view.operations:
        below = any(each.path == path or each.path.startswith(path + "/") for path in deleted)
        if below and each.method in ("get", "patch") and not (declares(each, "404") or declares(each, "410")):
            yield missing_status(each, "404", "it can be asked for after the thing was deleted")


@rule("answered-body-has-406")
def answered_body_has_406(view: View) -> Iterator[Finding]:
    for each in view.operations:
        answers = any(part.node.get("content") for part in each.success.values())
        if answers and not declares(each, "406"):
            yield missing_status(each, "406", "a client may accept only what there is not")


@rule("body-has-413")
def body_has_413(view: View) -> Iterator[Finding]:
    for each in view.operations:
        if each.body and not declares(each, "413"):
            yield missing_status(each, "413", "every body has a limit")


@rule("body-has-415")
def body_has_415(view: View) -> Iterator[Finding]:
    for each in view.operations:
        if each.body and not declares(each, "415"):
            yield missing_status(each, "415", "every body has a media type")


@rule("body-has-max-bytes")
def body_has_max_bytes(view: View) -> Iterator[Finding]:
    for each in view.operations:
        if each.body and "x-max-body-bytes" not in each.extensions:
            message = f"{each.method} {each.path} does not say how large its body may be"
            yield Finding(message, each.pointer, each.position, "add `x-max-body-bytes`")


@rule("if-match-has-412")
def if_match_has_412(view: View) -> Iterator[Finding]:
    for each in view.operations:
        if each.header("If-Match") and not declares(each, "412"):
            yield missing_status(each, "412", "the version that If-Match names can be outdated")


@rule("if-match-has-428")
def if_match_has_428(view: View) -> Iterator[Finding]:
    for each in view.operations:
        header = each.header("If-Match")
        if header is None or header.node.get("required") is not True:
            continue
        if header.node.get("x-missing-status") != 428:
            message = "a required If-Match has no `x-missing-status: 428`"
            yield at_value(header.node, "name", header.pointer, message, "add it beside `required`")
        if not declares(each, "428"):
            yield missing_status(each, "428", "If-Match can be missing")


@rule("if-none-match-has-304")
def if_none_match_has_304(view: View) -> Iterator[Finding]:
    for each in view.operations:
        if each.header("If-None-Match") and "304" not in each.responses:
            yield missing_status(each, "304", "If-None-Match asks for it")


@rule("rate-limit-has-429")
def rate_limit_has_429(view: View) -> Iterator[Finding]:
    for each in view.operations:
        limited = "x-rate-limit" in each.extensions
        if limited and not declares(each, "429"):
            yield missing_status(each, "429", "`x-rate-limit` answers it")
        elif not limited and "429" in each.responses:
            pointer = child(each.pointer, "responses")
            message = f"{each.method} {each.path} declares 429 and has no limit"
            yield at_key(each.node["responses"], "429", pointer, message, "add `x-rate-limit`, or remove the status")


@rule("idempotency-has-header")
def idempotency_has_header(view: View) -> Iterator[Finding]:
    for each in view.operations:
        header, wanted = each.header("Idempotency-Key"), each.node.get("x-idempotency") is True
        if wanted and header is None:
            message = "`x-idempotency` needs the header parameter Idempotency-Key"
            yield at_key(each.node, "x-idempotency", each.pointer, message, "declare the parameter")
        elif header and not wanted:
            message = "the header Idempotency-Key does nothing without `x-idempotency`"
            yield Finding(message, header.pointer, each.position, "add `x-idempotency: true` to the operation")
