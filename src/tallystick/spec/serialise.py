"""The bundle as JSON and as YAML: the same input gives the same bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_/$(][A-Za-z0-9_/$().,;=+*?!'<>{}|\[\]@%^&~ -]*(?<! )")
"""Text that needs no quotes in block style: it begins like a word, holds no colon, hash or quote."""
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_NOT_PRINTABLE = re.compile("[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_LONGEST_KEY = 1000  # of an implicit key; readers give up after 1,024 characters


def to_json(bundle: Any) -> str:
    return json.dumps(bundle, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_yaml(bundle: Any) -> str:
    """Block style that versions 1.1 and 1.2 read alike, with long texts as blocks. Plain data only, no NaN."""
    return "\n".join(_lines(bundle, "")) + "\n"


def _lines(node: Any, indent: str) -> Iterator[str]:
    """The lines of a value that stands by itself."""
    if isinstance(node, dict) and node:
        for key, value in node.items():
            name = _quoted(key) if len(key) <= _LONGEST_KEY else f"? {_quoted(key)}\n{indent}"
            yield from _entry(f"{indent}{name}:", value, indent + "  ")
    elif isinstance(node, list) and node:
        for value in node:
            yield from _element(value, indent)
    else:
        yield indent + _scalar(node, indent)


def _entry(head: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, dict | list) and value:
        yield head
        yield from _lines(value, indent)
    else:
        yield f"{head} {_scalar(value, indent)}"


def _element(value: Any, indent: str) -> Iterator[str]:
    """The first line of what an element holds stands behind its dash."""
    inner = indent + "  "
    if isinstance(value, dict | list) and value:
        lines = _lines(value, inner)
        yield f"{indent}- {next(lines)[len(inner) :]}"
        yield from lines
    else:
        yield f"{indent}- {_scalar(value, inner)}"


def _scalar(value: Any, indent: str) -> str:
    if isinstance(value, str):
        return _text(value, indent)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, int | None):
        return json.dumps(value)
    return "[]" if isinstance(value, list) else "{}"


def _float(value: float) -> str:
    """With a point, without which YAML 1.1 sees text."""
    text = json.dumps(value, allow_nan=False)
    return text if "." in text else text.replace("e", ".0e")


def _text(text: str, indent: str) -> str:
    if "\n" not in text:
        return _quoted(text)
    body = text.removesuffix("\n")
    # A block takes its indentation from its first line, and only one line end at its end is beyond doubt.
    if _NOT_PRINTABLE.search(text) or not body or body[0] in " \n" or body[-1] in " \n":
        return _escaped(text)
    lines = "\n".join(f"{indent}{line}" if line else "" for line in body.split("\n"))
    return f"{'|' if body != text else '|-'}\n{lines}"


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    if "\n" in text or _NOT_PRINTABLE.search(text):
        return _escaped(text)
    return "'" + text.replace("'", "''") + "'"


def _escaped(text: str) -> str:
    escaped = json.dumps(text, ensure_ascii=False)
    return _NOT_PRINTABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", escaped)
