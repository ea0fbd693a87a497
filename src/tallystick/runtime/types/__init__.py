"""The types of generated models and parameters: JSON Schema's meaning, Rust's speed.

Pydantic's strict mode alone refuses `1.0` as an integer and takes `"1577836800"` as a date; these types do neither.
Use them in models and adapters whose configuration says `strict=True`; never pass `strict` per call, it would
override them.
"""

from pydantic import Discriminator

from tallystick.runtime.types.building import Later
from tallystick.runtime.types.core import Bounds, Length, Pattern
from tallystick.runtime.types.digits import PreciseFloat
from tallystick.runtime.types.exact import AnyJson, Exact, Family, Items, Judges, Nothing, Opt, Unique
from tallystick.runtime.types.model import CheckedModel, ContractModel, ContractRoot, CountedModel
from tallystick.runtime.types.numbers import Decimal, DecimalNumber, Int32, Int64, Integer, Number
from tallystick.runtime.types.schema import Conforms, Default, Format, Schemas
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
from tallystick.runtime.types.uploads import Uploaded, UploadSize

__all__ = [
    "AnyJson",
    "Base64Url",
    "Bounds",
    "Byte",
    "CheckedModel",
    "Conforms",
    "ContractModel",
    "ContractRoot",
    "CountedModel",
    "Date",
    "DateTime",
    "Decimal",
    "DecimalNumber",
    "Default",
    "Discriminator",
    "Duration",
    "Email",
    "Exact",
    "Family",
    "Format",
    "Hostname",
    "IPv4",
    "IPv6",
    "Int32",
    "Int64",
    "Integer",
    "Items",
    "JsonPointer",
    "Judges",
    "Later",
    "Length",
    "Nothing",
    "Number",
    "Opt",
    "Pattern",
    "PreciseFloat",
    "Schemas",
    "Time",
    "Unique",
    "UploadSize",
    "Uploaded",
    "Uri",
    "UriReference",
    "Uuid",
]
