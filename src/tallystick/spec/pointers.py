"""JSON pointers (RFC 6901) and the fragments that hold them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import unquote

from tallystick.spec.nodes import Key


def escape(token: Key) -> str:
    text = str(token)
    # Nearly every token needs no escape, and a large contract asks a million times.
    return text.replace("~", "~0").replace("/", "~1") if "/" in text or "~" in text else text


def unescape(token: str) -> str:
    return token.replace("~1", "/").replace("~0", "~")


def join(tokens: Iterable[Key]) -> str:
    """`/paths/~1items/get`; the empty string for no tokens."""
    return "".join(f"/{escape(token)}" for token in tokens)


def child(pointer: str, *tokens: Key) -> str:
    return f"{pointer}/{escape(tokens[0])}" if len(tokens) == 1 else pointer + join(tokens)


def split(pointer: str) -> tuple[str, ...]:
    """The tokens of a pointer; takes it with or without `#` in front."""
    return tuple(unescape(token) for token in pointer.removeprefix("#").split("/")[1:])


def split_fragment(fragment: str) -> tuple[str, ...]:
    """The tokens of a URI fragment, which is percent-encoded on top."""
    return split(unquote(fragment))


def step(node: Any, token: str) -> tuple[Key, Any] | None:
    """The key (an index in arrays) and value one token further, or None."""
    if isinstance(node, dict):
        return (token, node[token]) if token in node else None
    if isinstance(node, list) and token.isdecimal() and len(token) < 10 and str(int(token)) == token:
        index = int(token)
        return (index, node[index]) if index < len(node) else None
    return None


def look_up(root: Any, pointer: str) -> Any:
    """The value at a pointer. Raises KeyError."""
    node = root
    for token in split(pointer):
        found = step(node, token)
        if found is None:
            raise KeyError(pointer)
        node = found[1]
    return node
