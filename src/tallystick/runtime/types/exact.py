"""Constants, enumerations, lists and free JSON, judged type by type: `true` is not 1, and 1.0 is."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Annotated, Any, Never, TypeAlias, TypeVar, cast, get_args

from pydantic import BaseModel, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, SchemaValidator, core_schema

from tallystick.runtime.types.core import Scalar
from tallystick.runtime.types.numbers import Integer

T = TypeVar("T")

_MOST_SHOWN = 10


class Exact:
    """Annotation: one of these JSON values, equal as JSON Schema compares. For strings alone a `Literal` does."""

    def __init__(self, *values: Any) -> None:
        self.values = values

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        choices = [self._booleans(), self._integers(handler), self._strings(), self._others()]
        either = core_schema.union_schema([choice for choice in choices if choice], mode="left_to_right")
        shown = [json.dumps(value) for value in self.values[:_MOST_SHOWN]]
        expected = " or ".join([*shown, "another of its values"] if len(shown) < len(self.values) else shown)
        return core_schema.custom_error_schema(
            either,
            custom_error_type="literal_error",
            custom_error_context={"expected": expected},
        )

    def _booleans(self) -> CoreSchema | None:
        values = [value for value in self.values if isinstance(value, bool)]
        if not values:
            return None
        return core_schema.chain_schema([core_schema.bool_schema(strict=True), core_schema.literal_schema(values)])

    def _integers(self, handler: GetCoreSchemaHandler) -> CoreSchema | None:
        values = [int(value) for value in self.values if _is_whole(value)]
        if not values:
            return None
        return core_schema.chain_schema([handler.generate_schema(Integer), core_schema.literal_schema(values)])

    def _strings(self) -> CoreSchema | None:
        values = [value for value in self.values if isinstance(value, str)]
        return core_schema.literal_schema(values) if values else None

    def _others(self) -> CoreSchema | None:
        values = [canonical(value) for value in self.values if not _is_simple(value)]
        if not values:
            return None

        def check(value: Any) -> Any:
            if canonical(value) not in values:
                raise ValueError(value)
            return value

        return core_schema.no_info_plain_validator_function(check)


def _is_whole(value: Any) -> bool:
    return not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))


def _is_simple(value: Any) -> bool:
    return isinstance(value, (bool, str)) or _is_whole(value)


def canonical(value: Any) -> Any:
    """A value that is equal to another's exactly where JSON Schema calls the two equal, and can be hashed."""
    match value:
        case bool():
            return ("bool", value)
        case int() | float() | str() | None:
            return value
        case list() | tuple():
            return ("array", *(canonical(item) for item in value))
        case dict():
            return ("object", frozenset((key, canonical(item)) for key, item in value.items()))
        case _:
            return value


@dataclass(frozen=True, slots=True)
class Items:
    """`minItems` and `maxItems` of an array, `minProperties` and `maxProperties` of a map."""

    minimum: int | None = None
    maximum: int | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema: dict[str, Any] = dict(handler(source))
        if schema["type"] not in ("list", "dict"):
            raise TypeError(f"Items count the items of lists and maps, not of {schema['type']!r}")
        if self.minimum is not None:
            schema["min_length"] = self.minimum
        if self.maximum is not None:
            schema["max_length"] = self.maximum
        return schema


@dataclass(frozen=True, slots=True)
class Unique:
    """`uniqueItems`: no two items are equal, before any of them is turned into an object. The order is kept."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_wrap_validator_function(_unique, handler(source))


def _unique(value: Any, handler: core_schema.ValidatorFunctionWrapHandler) -> Any:
    result = handler(value)
    if _repeats(value):
        raise PydanticCustomError("unique_items", "Items should be unique")
    return result


def _repeats(items: list[Any]) -> bool:
    try:
        # Python calls more values equal than JSON Schema does: what is distinct here is distinct there.
        if len(set(items)) == len(items):
            return False
        exact = [canonical(item) for item in items]
        return len(set(exact)) < len(exact)
    except TypeError:  # arrays, objects, and what handlers make, have no hash
        exact = [canonical(item) for item in items]
        return any(item in exact[:place] for place, item in enumerate(exact))


@dataclass(frozen=True, slots=True)
class _Absent:
    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        nullable = handler(source)
        assert nullable["type"] == "nullable"
        # In Python None stands for absent; in JSON null is not absent.
        return core_schema.json_or_python_schema(json_schema=nullable["schema"], python_schema=nullable)


def _is_none(value: Any) -> bool:
    return value is None


# A property that may be absent and is never null: None in Python, refused as null in JSON, left out when written.
Opt: TypeAlias = Annotated[T | None, _Absent(), Field(exclude_if=_is_none)]


def _any_validator() -> SchemaValidator:
    again = core_schema.definition_reference_schema("any")
    value = core_schema.union_schema(
        [
            core_schema.str_schema(strict=True),
            core_schema.bool_schema(strict=True),
            core_schema.int_schema(strict=True),
            core_schema.float_schema(strict=True, allow_inf_nan=False),
            core_schema.list_schema(again, strict=True),
            core_schema.dict_schema(core_schema.str_schema(strict=True), again, strict=True),
            core_schema.none_schema(),
        ],
        mode="left_to_right",
        ref="any",
    )
    return SchemaValidator(core_schema.definitions_schema(again, [value]))


_ANY = _any_validator()


def _any_json() -> CoreSchema:
    # Its own validator: a recursive definition cannot be part of a schema that Pydantic puts together.
    checked = core_schema.no_info_plain_validator_function(_ANY.validate_python)
    return core_schema.json_or_python_schema(
        json_schema=core_schema.custom_error_schema(
            checked,
            custom_error_type="invalid_json_value",
            custom_error_message="Input should be a JSON value with finite numbers",
        ),
        python_schema=core_schema.any_schema(),
        serialization=core_schema.plain_serializer_function_ser_schema(_same),
    )


def _same(value: Any) -> Any:
    return value


# Any JSON value; numbers are finite.
AnyJson: TypeAlias = Annotated[Any, Scalar(_any_json)]


class Judges:
    """Annotation of `X | Any`: X judges values of these JSON types (`number` for all numbers), all others pass.

    What schemas without `type` mean.
    """

    def __init__(self, *kinds: str) -> None:
        self._kinds = frozenset(kinds)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        judging: Any = reduce(or_, (kind for kind in get_args(source) if kind is not Any))
        # What the schema of a class says of other types, where it says more than its fields.
        conforms = getattr(judging, "__conforms__", None)

        def check(value: Any, judge: Callable[[Any], Any], info: core_schema.ValidationInfo) -> Any:
            if _kind(value) in self._kinds:
                return judge(value)
            if info.mode != "json":
                return value
            return conforms.check(value, _ANY.validate_python, "json") if conforms else _ANY.validate_python(value)

        return core_schema.with_info_wrap_validator_function(
            check,
            handler.generate_schema(judging),
            serialization=core_schema.plain_serializer_function_ser_schema(_same),
        )


class Family:
    """Annotation: instances of subclasses are written as what they are, not as the class that is annotated."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema: dict[str, Any] = {**handler(source), "serialization": core_schema.simple_ser_schema("any")}
        return cast("CoreSchema", schema)


def _kind(value: Any) -> str:
    """The JSON type of a value, or of what it is written as."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case list() | tuple():
            return "array"
        case dict() | BaseModel():
            return "object"
        case _:
            return "string"


def _nothing() -> CoreSchema:
    def refuse(_: Any) -> Any:
        raise PydanticCustomError("no_value_allowed", "No value is allowed here")

    return core_schema.no_info_plain_validator_function(refuse)


# The schema `false`.
Nothing: TypeAlias = Annotated[Never, Scalar(_nothing)]
