"""Contract text inside Python source: whatever it holds, it stays text."""

from __future__ import annotations

import textwrap

_WIDTH = 100


def literal(value: object) -> str:
    """A Python literal of JSON-like data, deterministic."""
    return repr(dict(value) if isinstance(value, dict) else value)


def docstring_text(text: str) -> str:
    """Text that may stand between triple quotes: no quote, backslash or control character can end or escape it."""
    clean = clean_text(text).replace("\\", "\\\\").replace('"""', "'''")
    # A quote at the very end would join the closing ones.
    return clean[:-1] + "'" if clean.endswith('"') else clean


def clean_text(text: str) -> str:
    """Text without control characters: spaces stand for them."""
    if text.replace("\n", "").isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)


def docstring(text: str, fallback: str) -> str:
    """A whole docstring, wrapped; `fallback` where there is no text."""
    source = docstring_text(clean_text(text).strip() or clean_text(fallback).strip())
    lines: list[str] = []
    for line in source.split("\n"):
        lines += textwrap.wrap(line, _WIDTH, break_long_words=False, break_on_hyphens=False) or [""]
    while lines and not lines[-1]:
        lines.pop()
    body = "\n".join(lines)
    closing = "\n" if len(lines) > 1 else ""
    prefix = "\\" if body.startswith('"') else ""
    return f'"""{prefix}{body}{closing}"""'
