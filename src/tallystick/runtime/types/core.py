"""How a scalar type of the run time is built: core schemas, and the annotations that narrow them.

A type whose value is an object keeps to one shape, so that handlers may pass real objects while JSON is judged as
JSON Schema judges it: `json_or_python(json=text -> checks -> object, python=object)`. A type whose value stays text
is a string schema with checks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from math import ceil, floor
from typing import Any, cast

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

from tallystick.runtime.patterns import translate


@dataclass(frozen=True, slots=True)
class Scalar:
    """Annotation that replaces whatever Pydantic would make of the hint by a schema of our own."""

    build: Callable[[], CoreSchema]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return _built(self.build)


# Scalars of several parts, by identity: where many classes form one validator, each is in it once.
SHARED: dict[int, CoreSchema] = {}
_COMPOUND = frozenset({"chain", "json-or-python", "union", "custom-error", "lax-or-strict"})


@cache
def _built(build: Callable[[], CoreSchema]) -> CoreSchema:
    """One schema for all uses of a scalar: thousands of fields hold the same one."""
    schema = build()
    if schema["type"] in _COMPOUND:
        SHARED[id(schema)] = schema
    return schema


def text(code: str, message: str, *steps: CoreSchema) -> CoreSchema:
    """A string that passes all steps; whatever they say, the error is this one."""
    checks = core_schema.custom_error_schema(
        core_schema.chain_schema(list(steps)), custom_error_type=code, custom_error_message=message
    )
    return core_schema.chain_schema([core_schema.str_schema(strict=True), checks])


def parsed(code: str, message: str, *steps: CoreSchema, value: CoreSchema) -> CoreSchema:
    """A string in JSON, turned by the steps into an object that `value` accepts; in Python the object itself."""
    # The last step is there for its serialiser.
    json = core_schema.chain_schema([text(code, message, *steps), value])
    return core_schema.json_or_python_schema(json_schema=json, python_schema=value)


def matching(pattern: str) -> CoreSchema:
    """A string that the Rust expression is found in."""
    return core_schema.str_schema(strict=True, pattern=pattern)


def with_text_check(inner: CoreSchema, check: CoreSchema) -> CoreSchema:
    """Lets a check see the text: after a type that stays text, before one that turns it into an object."""
    if inner["type"] != "json-or-python":
        return core_schema.chain_schema([inner, check])
    json = core_schema.chain_schema([core_schema.str_schema(strict=True), check, inner["json_schema"]])
    return core_schema.json_or_python_schema(json_schema=json, python_schema=inner["python_schema"])


@dataclass(frozen=True, slots=True)
class Length:
    """`minLength` and `maxLength` in code points, of the text as sent, whatever object it turns into."""

    minimum: int | None = None
    maximum: int | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        check = core_schema.str_schema(strict=True, min_length=self.minimum, max_length=self.maximum)
        inner = handler(source)
        return check if dict(inner) == {"type": "str"} else with_text_check(inner, check)


@dataclass(frozen=True, slots=True)
class Pattern:
    """`pattern`, with the ECMA-262 expression as the contract has it, which is what the error shows."""

    source: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        check = core_schema.custom_error_schema(
            core_schema.str_schema(strict=True, pattern=translate(self.source).pattern),
            custom_error_type="string_pattern_mismatch",
            custom_error_context={"pattern": self.source},
        )
        return with_text_check(handler(source), check)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Limits of a number, pushed into the core schema: no Python runs."""

    ge: int | float | None = None
    gt: int | float | None = None
    le: int | float | None = None
    lt: int | float | None = None
    multiple_of: int | float | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return self.apply(handler(source))

    def apply(self, schema: CoreSchema) -> CoreSchema:
        """The schema with these limits added to the number in it."""
        changed: dict[str, Any] = dict(schema)
        match changed["type"]:
            case "int":
                return core_schema.chain_schema([schema, self._integer()]) if _bounded(changed) else self._integer()
            case "float":
                return core_schema.chain_schema([schema, self._number()]) if _bounded(changed) else self._number()
            case "decimal":
                return self._decimal(changed)
            case "chain":
                changed["steps"] = [*changed["steps"][:-1], self.apply(changed["steps"][-1])]
            case "union":
                changed["choices"] = [*changed["choices"][:-1], self.apply(changed["choices"][-1])]
            case "json-or-python":
                changed["json_schema"] = self.apply(changed["json_schema"])
                changed["python_schema"] = self.apply(changed["python_schema"])
            case other:
                raise TypeError(f"Bounds narrow numbers, not {other!r}")
        return changed

    def _integer(self) -> CoreSchema:
        def whole(value: int | float | None, nearest: Callable[[float], int]) -> int | None:
            return value if value is None or isinstance(value, int) else nearest(value)

        factor = None if self.multiple_of is None else Fraction(str(self.multiple_of)).numerator
        return core_schema.int_schema(
            strict=True,
            ge=whole(self.ge, ceil),
            gt=whole(self.gt, floor),
            le=whole(self.le, floor),
            lt=whole(self.lt, ceil),
            multiple_of=factor,
        )

    def _decimal(self, changed: dict[str, Any]) -> CoreSchema:
        limits = {word: getattr(self, word) for word in ("ge", "gt", "le", "lt")}
        changed.update({word: Decimal(str(limit)) for word, limit in limits.items() if limit is not None})
        bounded = cast("CoreSchema", changed)
        return bounded if self.multiple_of is None else core_schema.chain_schema([bounded, self._multiple()])

    def _multiple(self) -> CoreSchema:
        factor = Fraction(str(self.multiple_of))

        def check(value: Decimal) -> Decimal:
            # Decimals divide exactly only as far as their context says.
            if Fraction(value) % factor:
                raise PydanticKnownError("multiple_of", {"multiple_of": self.multiple_of})
            return value

        return core_schema.no_info_plain_validator_function(check)

    def _number(self) -> CoreSchema:
        limited = core_schema.float_schema(
            strict=True, allow_inf_nan=False, ge=self.ge, gt=self.gt, le=self.le, lt=self.lt
        )
        if self.multiple_of is None:
            return limited
        read = core_schema.float_schema(strict=True, allow_inf_nan=False)
        judge = core_schema.no_info_plain_validator_function(_multiples(self.multiple_of))
        return core_schema.chain_schema([read, judge, limited])


def _multiples(factor: int | float) -> Callable[[float], float]:
    """Judges by the decimals as they are written: the multiples of floats that Pydantic knows are approximate."""
    exact = Fraction(repr(factor))

    def judge(value: float) -> float:
        if Fraction(repr(value)) % exact:
            raise PydanticKnownError("multiple_of", {"multiple_of": factor})
        return value

    return judge


def _bounded(schema: dict[str, Any]) -> bool:
    return not schema.keys() <= {"type", "strict", "allow_inf_nan"}
