"""Python names for what a contract names. The same contract name always gives the same Python name.

Nothing is numbered: where two names of one scope become the same, `collisions` reports both places, or `told_apart`
spells them out.
"""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tallystick.spec.errors import Diagnostic, Position

# Words of `userID`, `HTTPServer`, `X-Request-Id`, `sha256Sum`, `größe`; digits stay with the word before them.
_WORD = re.compile(
    r"[A-Z]{2,}s(?![a-z])\d*"  # IDs
    r"|[A-Z]+(?=[A-Z][^\W\dA-Z_])"  # HTTP of HTTPServer
    r"|[A-Z]?[^\W\dA-Z_]+\d*"
    r"|[A-Z]+\d*"
    r"|\d+"
)
_SMALL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")
_SIGNS = {"+": "plus", "-": "minus"}
_SYMBOLS = {
    "<": "lt", ">": "gt", "=": "eq", "!": "not", "*": "star", "/": "slash", "%": "percent", "&": "and", "|": "or",
    "~": "tilde", "^": "caret", ".": "dot", ",": "comma", ":": "colon", ";": "semicolon", "?": "question", "#": "hash",
    "@": "at", "$": "dollar", "+": "plus", "-": "minus", "_": "underscore", " ": "space", "": "empty",
}  # fmt: skip
# Names that generated annotations use: a field or method of that name would hide them in its class.
_TYPE_NAMES = frozenset({"bool", "bytes", "dict", "float", "int", "list", "str"})
# The same for methods and attributes of handlers, routers, answers and the registry.
_MEMBER_TYPES = frozenset({"date", "datetime", "time", "timedelta", "type", "types"})
_METHODS = _MEMBER_TYPES | {"endpoints"}
_TAGS = _MEMBER_TYPES | {"implementations"}
_ATTRIBUTES = _MEMBER_TYPES | {"body", "code", "content_type", "encode", "media_type", "schemes", "status"}


def words(name: str) -> list[str]:
    """The words a name consists of, in lower case: `X-Request-Id` -> x, request, id."""
    text = unicodedata.normalize("NFKC", name)
    found = [word.lower() for word in _WORD.findall(text)]
    if not found:
        return [_SYMBOLS.get(char, f"u{ord(char):x}") for char in text] or ["empty"]
    sign = _SIGNS.get(text[0])
    return [sign, *found] if sign and len(text) > 1 and text[1].isalnum() else found


def snake(name: str) -> str:
    """`userID` -> user_id, `If-None-Match` -> if_none_match. May be a keyword or begin with a digit."""
    return "_".join(words(name))


def pascal(name: str) -> str:
    """`user_id` -> UserId, `HTTPServer` -> HttpServer; a name that is PascalCase already stays as it is."""
    if re.fullmatch(r"[A-Z][A-Za-z0-9]*", name) and not name.isupper():
        return name
    return "".join(word[:1].upper() + word[1:] for word in words(name))


def identifier(name: str, *, reserved: Iterable[str] = (), prefix: str = "n") -> str:
    """A snake_case identifier: no keyword, no type name, no leading digit or underscore, nothing reserved."""
    result = snake(name)
    if not result.isidentifier():
        result = f"{prefix}_{result}" if f"{prefix}_{result}".isidentifier() else _spelled(name, prefix)
    if keyword.iskeyword(result) or result in _TYPE_NAMES or result in reserved:
        return f"{result}_"
    return result


def _spelled(name: str, prefix: str) -> str:
    return "_".join([prefix, *(f"u{ord(char):x}" for char in name)])


def method_name(operation_id: str) -> str:
    """The method of an operation: `getItem` -> get_item."""
    return identifier(operation_id, reserved=_METHODS, prefix="call")


def parameter_name(name: str, reserved: Iterable[str] = ("self", "body", "principal")) -> str:
    """The argument of a parameter: `X-Request-Id` -> x_request_id, `body` -> body_."""
    return identifier(name, reserved=reserved, prefix="p")


def field_name(name: str, reserved: Iterable[str] = ()) -> str:
    """The field of a property: `userID` -> user_id, `_links` -> links, `class` -> class_."""
    return identifier(name, reserved=reserved, prefix="field")


def class_name(name: str) -> str:
    """The class of a schema, tag or operation: `list-items` -> ListItems, `Item` -> Item."""
    result = pascal(name)
    if not result.isidentifier():
        result = f"Schema{result}" if f"Schema{result}".isidentifier() else _spelled(name, "Schema")
    if keyword.iskeyword(result) or hasattr(builtins, result):
        return f"{result}_"
    return result


def member_name(value: str) -> str:
    """The member of an enumeration: `created_at` -> CREATED_AT, `-created_at` -> MINUS_CREATED_AT."""
    result = snake(value).upper()
    if not result.isidentifier():
        result = f"VALUE_{result}" if f"VALUE_{result}".isidentifier() else _spelled(value, "VALUE").upper()
    return result


def constant_name(name: str) -> str:
    """A module constant: `getItem` -> GET_ITEM."""
    return identifier(name, prefix="c").upper()


def module_name(tag: str) -> str:
    """The module of a tag: `Pet Store` -> pet_store."""
    return identifier(tag, reserved=_TAGS, prefix="tag")


def attribute_name(name: str) -> str:
    """The attribute of a response header or a security scheme: `X-Count` -> x_count, `Status` -> status_."""
    # RFC 9110 writes it ETag, but nobody says "e tag".
    return "etag" if name.lower() == "etag" else identifier(name, reserved=_ATTRIBUTES)


def told_apart(names: Iterable[str], convert: Callable[[str], str]) -> dict[str, str]:
    """A Python name for each name of one scope, no two alike, in whatever order they come.

    Where several become the same, one that is written so already keeps it; the others are spelled out:
    `user_id` and `userID` -> user_id, user_u49_u44.
    """
    usual: dict[str, list[str]] = {}
    for name in dict.fromkeys(names):
        usual.setdefault(convert(name), []).append(name)
    result = {alike[0]: python for python, alike in usual.items() if len(alike) == 1}
    taken = set(usual)
    for python, alike in usual.items():
        for name in sorted(alike) if len(alike) > 1 else ():
            kept = name == (python.lower() if python.isupper() else python)
            result[name] = python if kept else _unused(_spelled_out(python, name), taken)
            taken.add(result[name])
    return result


def _spelled_out(python: str, name: str) -> str:
    """All but small letters and digits by their code points; in capitals where the usual name is."""
    spelled = "".join(char if char in _SMALL else f"_u{ord(char):x}_" for char in name)
    text = re.sub("__+", "_", spelled).strip("_")
    if python.isupper():
        return f"VALUE_{text.upper()}"
    plain = spelled == name or not text.isidentifier() or python[0].isupper()
    return f"{python.rstrip('_')}_{text}" if plain else text


def _unused(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


@dataclass(frozen=True, slots=True)
class Named:
    """A contract name, what it becomes in Python, and where it stands."""

    name: str
    python: str
    position: Position | None = None
    pointer: str = ""


def collisions(scope: str, named: Iterable[Named]) -> list[Diagnostic]:
    """One finding for each name that becomes the same as an earlier, different one. `scope` says of what."""
    first: dict[str, Named] = {}
    found: list[Diagnostic] = []
    for each in named:
        earlier = first.setdefault(each.python, each)
        if earlier is each:
            continue
        place = f" at {earlier.position}" if earlier.position else ""
        message = f'{scope} "{each.name}" and "{earlier.name}"{place} both become `{each.python}` in Python'
        found.append(
            Diagnostic("name-collision", message, each.position, each.pointer, "rename one of the two in the contract")
        )
    return found


def distinct(scope: str, names: Mapping[str, Position | None], python: Mapping[str, str]) -> list[Diagnostic]:
    """Collisions among the keys of a mapping of contract names to Python names."""
    return collisions(scope, [Named(name, python[name], position) for name, position in names.items()])
