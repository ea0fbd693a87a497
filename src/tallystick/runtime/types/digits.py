"""Numbers of more digits than a double holds: they come out as they went in.

pydantic-core reads JSON numbers as integers of any size or as doubles. A text that holds a longer number is looked at
again once it is judged: its digits take the place of what was rounded. Writing such a number takes a second step, too.
Nothing here costs anything where there is no such number.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from jiter import LosslessFloat, from_json
from pydantic import BaseModel, RootModel
from pydantic_core import to_json

# A double says any number of fifteen digits exactly.
_LONG = b"0" * 16
_AS_ZEROS = bytes.maketrans(b"123456789.", b"0000000000")
# What stands for a number while JSON is written; no client can know it.
_SECRET = secrets.token_hex(8)
_MARK = f"\x01{_SECRET}:"
_WRITTEN = f"\\u0001{_SECRET}:".encode("ascii")
_PLACES = re.compile(rb'"' + re.escape(_WRITTEN) + rb'([0-9.eE+-]+)"')
_ALIVE: set[int] = set()
# Past so many digits before or after the point, decimals are written with an exponent.
_LONGEST_PLAIN = 100

EXACTLY: Mapping[str, bool] = {"exactly": True}
"""The context of serialisation in which decimals are marked; whoever passes it has to call `finished`."""


class PreciseFloat(float):
    """A double that remembers the digits of the number that it was read from.

    Attributes:
        digits: the number as JSON text.
    """

    __slots__ = ("digits",)
    digits: str

    def __new__(cls, digits: str) -> PreciseFloat:
        number = super().__new__(cls, digits)
        number.digits = digits
        _ALIVE.add(id(number))
        return number

    def __del__(self) -> None:
        _ALIVE.discard(id(self))

    def __getnewargs__(self) -> tuple[str]:  # type: ignore[override]  # what is copied is made of its digits
        return (self.digits,)


def may_be_long(text: str | bytes) -> bool:
    """Whether a JSON text may hold a number of more digits than a double says exactly."""
    if len(text) < len(_LONG):
        return False
    raw = text.encode("utf-8") if isinstance(text, str) else text
    return _LONG in raw.translate(_AS_ZEROS)


def read_exactly(text: bytes) -> Any:
    """Plain data of a JSON text with all digits. Raises ValueError."""
    return _plain(from_json(text, float_mode="lossless-float", cache_mode="none"))


def _plain(raw: Any) -> Any:
    match raw:
        case LosslessFloat():
            return _exact(raw, float(raw))
        case list():
            return [_plain(each) for each in raw]
        case dict():
            return {key: _plain(each) for key, each in raw.items()}
        case _:
            return raw


def rounded(value: Any) -> Any:
    """The same plain data with doubles only, for those who know no others."""
    match value:
        case PreciseFloat():
            return float.__float__(value)
        case list() if _ALIVE:
            return [rounded(each) for each in value]
        case dict() if _ALIVE:
            return {key: rounded(each) for key, each in value.items()}
        case _:
            return value


class NotWhole(ValueError):
    """A number that is an integer as a double only; `place` is where it stands."""

    def __init__(self, place: tuple[str | int, ...]) -> None:
        super().__init__(place)
        self.place = place


def restored(text: str | bytes, value: Any) -> Any:
    """The value that was read from a JSON text, with all digits that the text has.

    Raises:
        NotWhole: what was taken as an integer has a fraction.
    """
    raw = text.encode("utf-8") if isinstance(text, str) else text
    return _restored(from_json(raw, float_mode="lossless-float", cache_mode="none"), value, ())


def _restored(raw: Any, value: Any, place: tuple[str | int, ...]) -> Any:
    match value:
        case float() | Decimal():
            return _exact(raw, value)
        case int() if isinstance(raw, LosslessFloat) and not isinstance(value, bool):
            return _whole(Decimal(str(raw)), place)
        case list() if isinstance(raw, list):
            value[:] = [_restored(raw[number], each, (*place, number)) for number, each in enumerate(value)]
        case dict() if isinstance(raw, dict):
            value.update({key: _restored(raw[key], each, (*place, key)) for key, each in value.items() if key in raw})
        case RootModel():
            vars(value)["root"] = _restored(raw, value.root, place)
        case BaseModel() if isinstance(raw, dict):
            _restore_fields(raw, value, place)
    return value


def _whole(number: Decimal, place: tuple[str | int, ...]) -> int:
    if number != number.to_integral_value():
        raise NotWhole(place)
    return int(number)


def _restore_fields(raw: Mapping[str, Any], model: BaseModel, place: tuple[str | int, ...]) -> None:
    members = vars(model)
    for name, field in type(model).model_fields.items():
        key = field.alias or name
        if key in raw and name in members:
            members[name] = _restored(raw[key], members[name], (*place, key))
    for key, each in (model.__pydantic_extra__ or {}).items():
        if key in raw:
            model.__pydantic_extra__[key] = _restored(raw[key], each, (*place, key))  # type: ignore[index]  # it is one


def _exact(raw: Any, value: float | Decimal) -> float | Decimal:
    if not isinstance(raw, LosslessFloat | int):
        return value
    digits = str(raw)
    if isinstance(value, Decimal):
        return Decimal(digits)
    return value if Decimal(digits) == Decimal(repr(value)) else PreciseFloat(digits)


def marked(number: Decimal) -> str:
    """What stands for a finite number until `finished`."""
    return f"{_MARK}{number:f}" if abs(number.adjusted()) < _LONGEST_PLAIN else f"{_MARK}{number}"


def finished(written: bytes, value: Any) -> bytes:
    """JSON that a value was written as in the context `EXACTLY`, with all digits."""
    if _ALIVE:
        written = to_json(_with_marks(from_json(written, cache_mode="none"), value))
    return _PLACES.sub(rb"\1", written) if _WRITTEN in written else written


def _with_marks(tree: Any, value: Any) -> Any:
    """What was written, with marks where the value has more digits."""
    match value:
        case PreciseFloat() if isinstance(tree, float):
            return _MARK + value.digits
        case list() | tuple() if isinstance(tree, list):
            return [_with_marks(one, each) for one, each in zip(tree, value, strict=True)]
        case dict() if isinstance(tree, dict):
            return {key: _with_marks(each, value.get(key)) for key, each in tree.items()}
        case RootModel():
            return _with_marks(tree, value.root)
        case BaseModel() if isinstance(tree, dict):
            members: dict[str, Any] = {**vars(value), **(value.__pydantic_extra__ or {})}
            names: dict[str, str] = {
                field.alias: name for name, field in type(value).model_fields.items() if field.alias
            }
            return {key: _with_marks(each, members.get(str(names.get(key, key)))) for key, each in tree.items()}
        case _:
            return tree
