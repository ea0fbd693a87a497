"""Integer and number as JSON Schema means them. No digits get lost; see `digits`."""

from decimal import Decimal as _Decimal
from typing import Annotated, Any, TypeAlias

from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from tallystick.runtime.types.core import Bounds, Scalar, matching, parsed
from tallystick.runtime.types.digits import EXACTLY, PreciseFloat, marked

# Up to here doubles are whole numbers one by one.
_EXACT = 2**53


def _whole(value: float) -> int:
    if not value.is_integer():
        raise PydanticCustomError("int_type", "Input should be a valid integer")
    # The nearest double to 1e30 is not 10 to the 30th: its shortest digits are.
    return int(value) if abs(value) < _EXACT else int(_Decimal(repr(value)))


def _integer() -> CoreSchema:
    # `1.0` and `1e2` are integers of JSON Schema; past 64 bits the engine's own conversion gives up.
    from_float = core_schema.chain_schema(
        [
            core_schema.float_schema(strict=True, allow_inf_nan=False),
            core_schema.no_info_plain_validator_function(_whole),
        ]
    )
    either = core_schema.union_schema([core_schema.int_schema(strict=True), from_float], mode="left_to_right")
    typed = core_schema.custom_error_schema(either, custom_error_type="int_type")
    return core_schema.json_or_python_schema(
        json_schema=core_schema.chain_schema([typed, core_schema.int_schema(strict=True)]),
        python_schema=core_schema.int_schema(strict=True),
    )


def _number() -> CoreSchema:
    number = core_schema.float_schema(strict=True, allow_inf_nan=False)
    kept = core_schema.is_instance_schema(PreciseFloat)
    return core_schema.json_or_python_schema(
        json_schema=number, python_schema=core_schema.union_schema([kept, number], mode="left_to_right")
    )


def _decimal_number() -> CoreSchema:
    number = core_schema.union_schema(
        [core_schema.int_schema(strict=True), core_schema.float_schema(strict=True, allow_inf_nan=False)],
        mode="left_to_right",
    )
    typed = core_schema.custom_error_schema(number, custom_error_type="float_type")
    exact = core_schema.decimal_schema(strict=False, allow_inf_nan=False)
    return core_schema.json_or_python_schema(
        json_schema=core_schema.chain_schema([typed, exact]),
        python_schema=core_schema.decimal_schema(strict=True, allow_inf_nan=False),
        serialization=core_schema.plain_serializer_function_ser_schema(_written, info_arg=True, when_used="json"),
    )


def _written(number: _Decimal, info: core_schema.SerializationInfo) -> Any:
    if info.context is EXACTLY:
        return marked(number)
    return int(number) if number == number.to_integral_value() else float(number)


def _decimal() -> CoreSchema:
    return parsed(
        "invalid_decimal",
        "Input should be a decimal number in plain notation",
        matching(r"^-?[0-9]+(?:\.[0-9]+)?$"),
        core_schema.decimal_schema(strict=False),
        value=core_schema.decimal_schema(strict=True),
    )


Integer: TypeAlias = Annotated[int, Scalar(_integer)]
Int32: TypeAlias = Annotated[Integer, Bounds(ge=-(2**31), le=2**31 - 1)]
Int64: TypeAlias = Annotated[Integer, Bounds(ge=-(2**63), le=2**63 - 1)]
Number: TypeAlias = Annotated[float, Scalar(_number)]
# Of a number (`type: number, format: decimal`).
DecimalNumber: TypeAlias = Annotated[_Decimal, Scalar(_decimal_number)]
# Of a string (`type: string, format: decimal`): every digit survives.
Decimal: TypeAlias = Annotated[_Decimal, Scalar(_decimal)]
