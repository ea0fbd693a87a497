"""Judges JSON text by a type of the contract, and says what is wrong in the contract's own names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar, cast

from pydantic import ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from tallystick.runtime.pointers import pointer_to
from tallystick.runtime.problems import MAX_VIOLATIONS, Location, Violations
from tallystick.runtime.types.building import JsonJudge
from tallystick.runtime.types.digits import NotWhole, may_be_long, restored

T = TypeVar("T")

# Pydantic's error types under names that do not depend on it. Types not listed keep their name.
_CODES = {
    "extra_forbidden": "unknown",
    "int_type": "integer_type",
    "int_parsing": "integer_type",
    "int_parsing_size": "integer_type",
    "int_from_float": "integer_type",
    "float_type": "number_type",
    "float_parsing": "number_type",
    "finite_number": "number_type",
    "bool_type": "boolean_type",
    "bool_parsing": "boolean_type",
    "list_type": "array_type",
    "tuple_type": "array_type",
    "set_type": "array_type",
    "dict_type": "object_type",
    "model_type": "object_type",
    "model_attributes_type": "object_type",
    "dataclass_type": "object_type",
    "none_required": "null_type",
    "literal_error": "enum",
    "union_tag_invalid": "discriminator",
    "union_tag_not_found": "discriminator",
    "recursion_loop": "too_deep",
}
# In JSON's words, and without a copy of what the client sent.
_MESSAGES = {
    "missing": "This value is required.",
    "unknown": "The contract knows no value of this name.",
    "integer_type": "Input should be an integer.",
    "number_type": "Input should be a number.",
    "boolean_type": "Input should be true or false.",
    "string_type": "Input should be a string.",
    "array_type": "Input should be an array.",
    "object_type": "Input should be an object.",
    "null_type": "Input should be null.",
    "discriminator": "The value that chooses the type of this object is missing or not a declared one.",
    "uuid_parsing": "Input should be a UUID.",
    "date_from_datetime_parsing": "Input should be a date.",
    "date_parsing": "Input should be a date.",
    "datetime_from_date_parsing": "Input should be a date-time.",
    "datetime_parsing": "Input should be a date-time.",
    "time_parsing": "Input should be a time.",
    "decimal_parsing": "Input should be a decimal number.",
    "json_invalid": "The value cannot be read.",
}


class Validator(Generic[T]):
    """A type of the contract, compiled when it is first used or by `prepare`; takes JSON text only."""

    __slots__ = ("_check", "_ready", "_skip", "_type")

    def __init__(self, type_: Any) -> None:
        self._type = type_
        self._skip = 0
        self._ready = False
        self._check: Callable[..., Any] = self._first

    def prepare(self) -> None:
        """Compile the type now, if it is not."""
        if not self._ready:
            judge = JsonJudge(self._type, ConfigDict(strict=True, allow_inf_nan=False))
            self._skip = judge.skip
            self._check = judge.check
            self._ready = True

    def _first(self, text: str | bytes, *, context: Any = None) -> Any:
        self.prepare()
        return self._check(text, context=context)

    def errors(self, text: str | bytes, context: Any = None) -> tuple[T | None, list[ErrorDetails]]:
        """The value, and what is wrong with it (then the value is None); `context` is for types that ask for it."""
        try:
            value = self._check(text, context=context)
            return cast("T", restored(text, value) if may_be_long(text) else value), []
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)
            for each in found if self._skip else ():
                each["loc"] = each["loc"][self._skip :]
            return None, found
        except NotWhole as error:
            return None, [ErrorDetails(type="int_type", loc=error.place, msg="Input should be an integer", input=None)]


def report(errors: Sequence[ErrorDetails], value: Any, found: Violations, location: Location, base: str) -> None:
    """Note validation errors as violations; `value` is the plain data that was judged, `base` its pointer."""
    for error in errors[:MAX_VIOLATIONS]:
        code = _CODES.get(error["type"], error["type"])
        message = _MESSAGES.get(code) or _sentence(error["msg"])
        pointer = base + pointer_to(*_path(error, value))
        found.add(location, pointer, code, message)


def _sentence(text: str) -> str:
    return text if text.endswith(".") else text + "."


def _path(error: ErrorDetails, value: Any) -> list[str | int]:
    """The error's location without the segments that name union members and validators: those lead nowhere in data."""
    path: list[str | int] = []
    last = len(error["loc"]) - 1
    for place, segment in enumerate(error["loc"]):
        if isinstance(value, dict) and segment in value:
            value = value[str(segment)]
        elif isinstance(value, list) and isinstance(segment, int) and segment < len(value):
            value = value[segment]
        elif not (place == last and error["type"] == "missing"):
            continue
        path.append(segment)
    return path
