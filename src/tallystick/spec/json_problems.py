"""Where JSON is broken. Looked for only once the parser has noticed that something is."""

from __future__ import annotations

import json
import re

from tallystick.spec.errors import Diagnostic
from tallystick.spec.limits import MAX_DEPTH, MAX_DIGITS
from tallystick.spec.scalars import UnusableNumber, finite_float
from tallystick.spec.text import Text

LEXEME = re.compile(r'[{}\[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}\[\],:"]+')
_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]')
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_LONE = re.compile("[\ud800-\udfff]")


def syntax_problem(error: json.JSONDecodeError, text: Text) -> Diagnostic:
    message = error.msg[0].lower() + error.msg[1:]
    return Diagnostic("json-syntax", message, text.position(error.pos), hint="correct the JSON syntax")


def depth_problem(text: Text) -> list[Diagnostic]:
    """The first bracket beyond the depth limit."""
    depth = 0
    for match in _BRACKET.finditer(text.content):
        lexeme = match.group()
        depth += (lexeme in "{[") - (lexeme in "}]")
        if depth > MAX_DEPTH:
            message = f"more than {MAX_DEPTH} levels of nesting"
            return [Diagnostic("nesting", message, text.position(match.start()), hint="flatten the structure")]
    return []


def duplicate_keys(text: Text) -> list[Diagnostic]:
    """Each key that repeats one of the same object."""
    problems: list[Diagnostic] = []
    stack: list[dict[str, int] | None] = []
    expects_key = False
    for match in LEXEME.finditer(text.content):
        lexeme, keys = match.group(), stack[-1] if stack else None
        if lexeme in ("{", "["):
            stack.append({} if lexeme == "{" else None)
            expects_key = lexeme == "{"
        elif lexeme in ("}", "]"):
            stack.pop()
            expects_key = False
        elif lexeme == ",":
            expects_key = keys is not None
        elif expects_key and keys is not None:
            key, expects_key = json.loads(lexeme), False
            if key in keys:
                message = f'the key "{key}" appears twice, first at {text.position(keys[key])}'
                where = text.position(match.start())
                problems.append(Diagnostic("duplicate-key", message, where, hint="remove one of them"))
            keys.setdefault(key, match.start())
    return problems


def unusable_numbers(text: Text) -> list[Diagnostic]:
    """NaN, infinities and numbers beyond what a 64-bit float or the digit limit can hold."""
    problems = []
    for match in LEXEME.finditer(text.content):
        reason = _why_unusable(match.group())
        if reason:
            problems.append(Diagnostic("number", reason, text.position(match.start()), hint="quote it if it is text"))
    return problems


def _why_unusable(lexeme: str) -> str:
    if lexeme in ("NaN", "Infinity", "-Infinity"):
        return f"{lexeme} is a number that JSON does not have"
    if lexeme[0] not in "-0123456789":
        return ""
    if lexeme.lstrip("-").isdecimal():
        return f"the number has more than {MAX_DIGITS} digits" if len(lexeme) > MAX_DIGITS else ""
    try:
        finite_float(lexeme)
    except UnusableNumber as error:
        return str(error)
    return ""


def lone_surrogates(text: Text) -> list[Diagnostic]:
    """Escapes of half a character: such text has no UTF-8."""
    if not _SURROGATE.search(text.content):
        return []
    problems = []
    for match in LEXEME.finditer(text.content):
        if match.group()[0] == '"' and _LONE.search(json.loads(match.group(), strict=False)):
            message = "the text holds half of a surrogate pair"
            problems.append(Diagnostic("json-syntax", message, text.position(match.start()), hint="write both halves"))
    return problems
