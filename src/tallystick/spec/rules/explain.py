"""Errors of a JSON Schema validator as diagnostics: the likeliest mistake, its place, and the next step."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from tallystick.spec.errors import Diagnostic, Position
from tallystick.spec.nodes import Key, key_position, position_of
from tallystick.spec.pointers import child, join, look_up

_KINDS = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number", float: "number"}
_KEY_FORMS = {
    "^/": "a path begins with a slash",
    "^[1-5]": "a status is a number like 404, a range like 4XX, or default",
}

_TOO_SHORT = ("this is empty or too short", "at least {value}")
_TOO_LONG = ("this is too long", "at most {value}")
_OUT_OF_RANGE = ("{shown} is out of range", "{keyword} is {value}")
_WORDS = {
    "const": ("{shown} is not allowed", "write {value}"),
    "pattern": ("{shown} has the wrong form", "it must match {value}"),
    "format": ("{shown} is no {value}", "write a valid {value}"),
    "uniqueItems": ("a value stands here twice", "remove one of them"),
    "not": ("these fields exclude each other", "not allowed together: {value}"),
    **dict.fromkeys(("minItems", "minProperties", "minLength"), _TOO_SHORT),
    **dict.fromkeys(("maxItems", "maxProperties", "maxLength"), _TOO_LONG),
    **dict.fromkeys(("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"), _OUT_OF_RANGE),
}
"""What is wrong and what to do, by the keyword that is broken."""


@dataclass(frozen=True, slots=True)
class _Mistake:
    """One validator error; `value` is what the schema demands, `path` leads to `instance` from the root."""

    path: tuple[Key, ...]
    keyword: str
    value: Any
    instance: Any
    schema: Any
    message: str
    in_key: bool


def explain(
    rule: str, root: Any, error: Any, pointer: str = "", start: Position | None = None, rules: Any = None
) -> Iterator[Diagnostic]:
    """`error` is a jsonschema ValidationError about `root`, which stands at `pointer` of the document, at `start`.

    `rules` is the schema that refused it, where its references are to be followed.
    """
    mistake = _likeliest(error)
    if _is_consequence(mistake):
        return
    here = pointer + join(mistake.path)
    if mistake.in_key and isinstance(mistake.instance, str):
        container = _at(root, mistake.path)
        hint = f"it must match {mistake.value}" if mistake.keyword == "pattern" else "choose another name"
        where = key_position(container, mistake.instance)
        yield Diagnostic(
            rule, f'"{mistake.instance}" cannot be a name here', where, child(here, mistake.instance), hint
        )
    elif mistake.keyword in ("unevaluatedProperties", "additionalProperties") and isinstance(mistake.instance, dict):
        yield from _unknown_fields(rule, mistake, here, rules)
    else:
        where = position_of(mistake.instance) or start
        if mistake.path and position_of(mistake.instance) is None:
            where = position_of(_at(root, mistake.path[:-1]), mistake.path[-1])
        message, hint = _words(mistake)
        yield Diagnostic(rule, f"{_place(mistake.path)}{message}", where, here, hint)


def _is_consequence(mistake: _Mistake) -> bool:
    """`responses` without any status lack `default` too, which is not the mistake."""
    lacks_default = mistake.keyword == "required" and mistake.value == ["default"]
    is_responses = mistake.path[-1:] == ("responses",)
    return lacks_default and is_responses and not any(key.startswith("x-") for key in mistake.instance)


def _at(root: Any, path: tuple[Key, ...]) -> Any:
    for key in path:
        root = root[key]
    return root


def _likeliest(error: Any) -> _Mistake:
    """Of several alternatives, what is wrong with the one that fits best."""
    allowed: list[Any] = []
    while error.validator in ("oneOf", "anyOf") and error.context:
        branches: dict[int, list[Any]] = {}
        for each in error.context:
            branches.setdefault(each.schema_path[0], []).append(each)
        closest: list[Any] = min(branches.values(), key=_distance)
        outer, error = error, min(closest, key=_weight)
        same_place = [each for each in outer.context if each.path == error.path and each.validator == "enum"]
        allowed = [value for each in same_place for value in each.validator_value]
    return _Mistake(
        path=tuple(error.absolute_path),
        keyword=error.validator,
        value=list(dict.fromkeys(allowed)) if allowed and error.validator == "enum" else error.validator_value,
        instance=error.instance,
        schema=error.schema,
        message=error.message,
        in_key="propertyNames" in error.absolute_schema_path,
    )


def _distance(errors: list[Any]) -> tuple[bool, bool, int]:
    """How far a value is from an alternative: of another kind or variant, then by the number of errors."""
    other_kind = any(each.validator == "type" and not each.path for each in errors)
    not_reference = any(each.validator == "required" and each.validator_value == ["$ref"] for each in errors)
    other_variant = any(each.validator in ("enum", "const") and len(each.path) == 1 for each in errors)
    return other_kind or not_reference, other_variant, len(errors)


def _weight(error: Any) -> tuple[bool, int]:
    """Unknown fields are often only a consequence; deeper errors are nearer to the mistake."""
    return error.validator in ("unevaluatedProperties", "additionalProperties"), -len(error.absolute_path)


def _unknown_fields(rule: str, mistake: _Mistake, pointer: str, rules: Any) -> Iterator[Diagnostic]:
    """One finding per field; none where fields only seem unknown because of another error in the object."""
    known = _known_fields(mistake.schema, rules)
    forms = [form for form in mistake.schema.get("patternProperties") or () if "x-" not in form]
    for key in mistake.instance:
        if key in known or key.startswith("x-") or any(_fits(key, form) for form in forms):
            continue
        near = get_close_matches(key, known, n=1, cutoff=0.6)
        hint = f'did you mean "{near[0]}"?' if near else f"known here: {', '.join(sorted(known))}"
        for start, words in _KEY_FORMS.items():
            hint = words if any(form.replace("\\", "").startswith(start) for form in forms) else hint
        where = key_position(mistake.instance, key)
        yield Diagnostic(rule, f'unknown field "{key}"', where, child(pointer, key), hint)


def _fits(key: str, form: str) -> bool:
    return key.startswith("/") if "/" in form else key[:1] in "12345" and len(key) == 3


def _known_fields(schema: Any, rules: Any) -> set[str]:
    if not isinstance(schema, dict):
        return set()
    reference = schema.get("$ref")
    if rules is not None and isinstance(reference, str) and reference.startswith("#/$defs/"):
        return _known_fields(look_up(rules, reference), rules) | _known_fields({**schema, "$ref": None}, rules)
    parts = [schema.get(word) for word in ("if", "then", "else")]
    for word in ("allOf", "anyOf", "oneOf"):
        parts += schema.get(word) or ()
    parts += (schema.get("dependentSchemas") or {}).values()
    return set(schema.get("properties") or ()).union(*(_known_fields(part, rules) for part in parts))


def _place(path: tuple[Key, ...]) -> str:
    """Names the nearest key, for messages that are read without the excerpt."""
    names = [key for key in path if isinstance(key, str)]
    return f"{names[-1]}: " if names else ""


def _words(mistake: _Mistake) -> tuple[str, str]:
    value = mistake.value
    match mistake.keyword:
        case "required":
            # The validator reports each missing field by itself and quotes its name first.
            missing = mistake.message.split("'")[1] if "'" in mistake.message else ", ".join(value)
            return f'the field "{missing}" is missing', "add it"
        case "type":
            expected = " or ".join([value] if isinstance(value, str) else value)
            return f"this is {_kind(mistake.instance)}, not {expected}", f"write {expected} here"
        case "enum":
            return f"{_shown(mistake.instance)} is not allowed", f"allowed are: {', '.join(map(str, value))}"
        case "oneOf" if all(list(each) == ["required"] for each in value):
            choices = " and ".join(each["required"][0] for each in value)
            return f"exactly one of {choices} has to stand here", "keep one of them"
    words = _WORDS.get(mistake.keyword)
    if words is None:
        return _short(mistake.message), "see the specification of this object"
    facts = {"shown": _shown(mistake.instance), "value": _shown(value), "keyword": mistake.keyword}
    return words[0].format(**facts), words[1].format(**facts)


def _kind(value: Any) -> str:
    return "null" if value is None else next(name for kind, name in _KINDS.items() if isinstance(value, kind))


def _shown(value: Any) -> str:
    return _short(json.dumps(value, ensure_ascii=False))


def _short(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= 120 else line[:117] + "..."
