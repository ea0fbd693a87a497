"""The types of generated models and parameters: JSON Schema's meaning, Rust's speed.

Pydantic's strict mode alone refuses `1.0` as an integer and takes `"1577836800"` as a date; these types do neither.
Use them in models and adapters whose configuration says `strict=True`; never pass `strict` per call, it would
override them.
"""

from tallystick.runtime.types.core import Bounds, Length, Pattern
from tallystick.runtime.types.exact import AnyJson, Exact, Opt, Unique
from tallystick.runtime.types.model import ContractModel
from tallystick.runtime.types.numbers import Decimal, Int32, Int64, Integer, Number
from tallystick.runtime.types.strings import (
    Base64Url,
    Byte,
    Email,
    Hostname,
    IPv4,
    IPv6,
    JsonPointer,
    Uri,
    UriReference,
    Uuid,
)
from tallystick.runtime.types.times import Date, DateTime, Duration, Time

__all__ = [
    "AnyJson",
    "Base64Url",
    "Bounds",
    "Byte",
    "ContractModel",
    "Date",
    "DateTime",
    "Decimal",
    "Duration",
    "Email",
    "Exact",
    "Hostname",
    "IPv4",
    "IPv6",
    "Int32",
    "Int64",
    "Integer",
    "JsonPointer",
    "Length",
    "Number",
    "Opt",
    "Pattern",
    "Time",
    "Unique",
    "Uri",
    "UriReference",
    "Uuid",
]
