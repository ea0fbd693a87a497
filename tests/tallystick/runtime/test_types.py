"""Scalar types judge JSON as JSON Schema does: one row per case, also put to jsonschema where it has an opinion."""

import datetime as dt
import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

import jsonschema
import pytest
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from tallystick.runtime import types

STRICT = ConfigDict(strict=True)

INTEGER = {"type": "integer"}
NUMBER = {"type": "number"}


def text(format_: str) -> dict[str, Any]:
    return {"type": "string", "format": format_}


@dataclass(frozen=True)
class Row:
    """A JSON text, the type and schema it is judged by, and the verdict; `alone` says why jsonschema sees it else."""

    kind: Any
    schema: dict[str, Any]
    json: str
    accepted: bool
    alone: str = ""


LEAP = "its checker knows no leap seconds"
LARGE = "valid, but no finite double: refused rather than read as infinity"
NO_JSON = "no JSON text at all, which Python's reader takes"
WEAK = "its checker looks for an @ only"

ROWS = [
    Row(types.Integer, INTEGER, "1", True),
    Row(types.Integer, INTEGER, "1.0", True),
    Row(types.Integer, INTEGER, "1e2", True),
    Row(types.Integer, INTEGER, "1e20", True),
    Row(types.Integer, INTEGER, "1.5", False),
    Row(types.Integer, INTEGER, '"1"', False),
    Row(types.Integer, INTEGER, "true", False),
    Row(types.Integer, INTEGER, "null", False),
    Row(types.Integer, INTEGER, "1e400", False),
    Row(types.Integer, INTEGER, "NaN", False),
    Row(types.Integer, INTEGER, "12345678901234567890123", True),
    Row(types.Integer, INTEGER, "9" * 5000, False, "more digits than Python reads"),
    Row(types.Int32, INTEGER, "2147483647", True),
    Row(types.Int32, INTEGER, "2147483648", False, "int32 is a note to it"),
    Row(types.Int64, INTEGER, "-9223372036854775809", False, "int64 is a note to it"),
    Row(Annotated[types.Integer, types.Bounds(ge=1, le=100)], {**INTEGER, "minimum": 1}, "1.0", True),
    Row(Annotated[types.Integer, types.Bounds(ge=1, le=100)], {**INTEGER, "minimum": 1}, "0", False),
    Row(Annotated[types.Int32, types.Bounds(gt=0.5)], {**INTEGER, "exclusiveMinimum": 0.5}, "0", False),
    Row(Annotated[types.Integer, types.Bounds(multiple_of=2.5)], {**INTEGER, "multipleOf": 2.5}, "10", True),
    Row(Annotated[types.Integer, types.Bounds(multiple_of=2.5)], {**INTEGER, "multipleOf": 2.5}, "4", False),
    Row(types.Number, NUMBER, "1", True),
    Row(types.Number, NUMBER, "1.5", True),
    Row(types.Number, NUMBER, "NaN", False, NO_JSON),
    Row(types.Number, NUMBER, "Infinity", False, NO_JSON),
    Row(types.Number, NUMBER, "1e400", False, LARGE),
    Row(types.Number, NUMBER, "true", False),
    Row(types.Number, NUMBER, '"1"', False),
    Row(Annotated[types.Number, types.Bounds(multiple_of=0.1)], {"multipleOf": 0.1}, "0.3", True, "binary fractions"),
    Row(Annotated[types.Number, types.Bounds(multiple_of=0.25)], {"multipleOf": 0.25}, "2.5e-42", False),
    Row(Annotated[types.Number, types.Bounds(multiple_of=0.25)], {"multipleOf": 0.25}, "0.2500000001", False),
    Row(Annotated[types.Number, types.Bounds(multiple_of=0.25)], {"multipleOf": 0.25}, "1e300", True),
    Row(types.Date, text("date"), '"2024-02-29"', True),
    Row(types.Date, text("date"), '"2023-02-29"', False),
    Row(types.Date, text("date"), '"1577836800"', False),
    Row(types.Date, text("date"), '"0"', False),
    Row(types.Date, text("date"), "0", False),
    Row(types.Date, text("date"), '"2024-02-29T00:00:00Z"', False),
    Row(types.DateTime, text("date-time"), '"2024-02-29T12:00:00Z"', True),
    Row(types.DateTime, text("date-time"), '"2024-02-29t12:00:00.123456789z"', True),
    Row(types.DateTime, text("date-time"), '"2024-02-29T12:00:00+23:59"', True),
    Row(types.DateTime, text("date-time"), '"2024-02-29T12:00:00"', False),
    Row(types.DateTime, text("date-time"), '"2024-02-29 12:00:00Z"', False),
    Row(types.DateTime, text("date-time"), '"2024-02-29T12:00Z"', False),
    Row(types.DateTime, text("date-time"), '"2024-02-29T12:00:00+24:00"', False),
    Row(types.DateTime, text("date-time"), '"1700000000"', False),
    Row(types.DateTime, text("date-time"), "1700000000", False),
    Row(types.DateTime, text("date-time"), '"2016-12-31T23:59:60Z"', True, LEAP),
    Row(types.DateTime, text("date-time"), '"2016-12-31T22:59:60-01:00"', True, LEAP),
    Row(types.DateTime, text("date-time"), '"2016-12-31T22:59:60Z"', False),
    Row(types.DateTime, text("date-time"), '"0001-01-01T00:00:00+01:00"', True),
    Row(types.DateTime, text("date-time"), '"9999-12-31T23:59:59-01:00"', True),
    Row(types.DateTime, text("date-time"), '"0000-01-01T00:00:00Z"', False),
    Row(types.Time, text("time"), '"12:00:00Z"', True),
    Row(types.Time, text("time"), '"12:00:00"', False),
    Row(types.Time, text("time"), '"23:59:60Z"', True, LEAP),
    Row(types.Uuid, text("uuid"), '"018f4e5c-7f3a-7c1b-9d2e-3f4a5b6c7d8E"', True),
    Row(types.Uuid, text("uuid"), '"018f4e5c7f3a7c1b9d2e3f4a5b6c7d8e"', False),
    Row(types.Uuid, text("uuid"), '"urn:uuid:018f4e5c-7f3a-7c1b-9d2e-3f4a5b6c7d8e"', False),
    Row(types.Uuid, text("uuid"), '"{018f4e5c-7f3a-7c1b-9d2e-3f4a5b6c7d8e}"', False),
    Row(types.Email, text("email"), '"a@localhost"', True),
    Row(types.Email, text("email"), '"\\"a b\\"@b.test"', True),
    Row(types.Email, text("email"), '"a@[127.0.0.1]"', True),
    Row(types.Email, text("email"), '"a@[IPv6:::1]"', True),
    Row(types.Email, text("email"), '"!#$%&\'*+/=?^_`{|}~-@b.test"', True),
    Row(types.Email, text("email"), '"John <a@b.test>"', False, WEAK),
    Row(types.Email, text("email"), '"a..b@b.test"', False, WEAK),
    Row(types.Email, text("email"), '"a@b.test\\n"', False, WEAK),
    Row(types.Email, text("email"), '"ü@b.test"', False, WEAK),
    Row(types.Email, text("email"), '"a"', False),
    Row(types.IPv4, text("ipv4"), '"127.0.0.1"', True),
    Row(types.IPv4, text("ipv4"), '"127.0.0.01"', False),
    Row(types.IPv6, text("ipv6"), '"::ffff:1.2.3.4"', True),
    Row(types.IPv6, text("ipv6"), '"fe80::1%eth0"', False),
    Row(types.Uri, text("uri"), '"urn:a:b"', True),
    Row(types.Uri, text("uri"), '"/a"', False, "it has no checker for URIs"),
    Row(types.UriReference, text("uri-reference"), '"/a?b=%20#c"', True),
    Row(types.UriReference, text("uri-reference"), '"a b"', False, "it has no checker for URIs"),
    Row(types.Hostname, text("hostname"), '"a-b.test"', True),
    Row(types.Hostname, text("hostname"), '"a_b.test"', False, "it has no checker for host names"),
    Row(types.Duration, text("duration"), '"P1Y2M3DT4H5M6S"', True),
    Row(types.Duration, text("duration"), '"P1Y2W"', False, "it has no checker for durations"),
    Row(types.JsonPointer, text("json-pointer"), '"/a~2"', False, "it has no checker for pointers"),
    Row(types.Byte, text("byte"), '"YQ=="', True),
    Row(types.Byte, text("byte"), '"YQ"', False, "byte is a note to it"),
    Row(types.Decimal, text("decimal"), '"1e5"', False, "decimal is a note to it"),
    Row(Annotated[str, types.Length(1, 2)], {"type": "string", "maxLength": 2}, '"\\ud83d\\ude00\\ud83d\\ude00"', True),
    Row(Annotated[str, types.Length(1, 2)], {"type": "string", "maxLength": 2}, '"abc"', False),
    Row(Annotated[types.Date, types.Length(maximum=3)], {**text("date"), "maxLength": 3}, '"2024-02-29"', False),
    Row(Annotated[types.Uuid, types.Pattern("^0")], {"pattern": "^0"}, '"118f4e5c-7f3a-7c1b-9d2e-3f4a5b6c7d8e"', False),
    Row(Annotated[str, types.Pattern(r"^\d$")], {"pattern": r"^\d$"}, '"٣"', False, "its digits are Unicode's"),
    Row(Annotated[Literal[1, 2], types.Exact(1, 2)], {"enum": [1, 2]}, "1.0", True),
    Row(Annotated[Literal[1, 2], types.Exact(1, 2)], {"enum": [1, 2]}, "true", False),
    Row(Annotated[Literal[True], types.Exact(True)], {"const": True}, "1", False),
    Row(Annotated[Any, types.Exact(None, 2.5, {"a": [1]})], {"enum": [None, 2.5, {"a": [1]}]}, '{"a": [1.0]}', True),
    Row(Annotated[Any, types.Exact(None, 2.5, {"a": [1]})], {"enum": [None, 2.5, {"a": [1]}]}, '{"a": [true]}', False),
    Row(Annotated[list[types.AnyJson], types.Unique()], {"uniqueItems": True}, "[1, true, [1], [true]]", True),
    Row(Annotated[list[types.AnyJson], types.Unique()], {"uniqueItems": True}, "[1, 1.0]", False),
    Row(Annotated[list[types.AnyJson], types.Unique()], {"uniqueItems": True}, '[{"a": 1}, {"a": 1.0}]', False),
    Row(types.AnyJson, {}, '{"a": [null, 1.5, "x", true]}', True),
    Row(types.AnyJson, {}, '{"a": [1e400]}', False, LARGE),
    Row(types.AnyJson, {}, "[NaN]", False, NO_JSON),
    Row(types.AnyJson, {}, '"\\ud800"', False, "no text in UTF-8"),
    Row(types.Nothing, {"not": {}}, "null", False),
]  # fmt: skip


def accepts(kind: Any, source: str) -> bool:
    try:
        TypeAdapter(kind, config=STRICT).validate_json(source)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.schema} {row.json[:40]}" for row in ROWS])
def test_verdicts(row: Row) -> None:
    """A wrong verdict lets in what the contract forbids, or turns a rightful client away."""
    assert accepts(row.kind, row.json) is row.accepted
    if not row.alone:
        checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
        validator = jsonschema.Draft202012Validator(row.schema, format_checker=checker)
        assert validator.is_valid(json.loads(row.json)) is row.accepted


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('"2016-12-31T23:59:60Z"', dt.datetime(2017, 1, 1, tzinfo=dt.UTC)),
        ('"0001-01-01T00:00:00+01:00"', dt.datetime.min.replace(tzinfo=dt.UTC)),
        ('"9999-12-31T23:59:59-01:00"', dt.datetime.max.replace(tzinfo=dt.UTC)),
    ],
)
def test_date_times_at_the_edge_can_be_turned_to_utc(source: str, expected: dt.datetime) -> None:
    """`astimezone` in a handler or a database driver would otherwise overflow: a 500."""
    value = TypeAdapter(types.DateTime, config=STRICT).validate_json(source)
    assert value.astimezone(dt.UTC) == expected


class Sample(types.ContractModel):
    """Something of everything."""

    model_config = ConfigDict(extra="forbid")

    user_id: Annotated[types.Integer, Field(alias="userID")]
    seen_at: types.Opt[types.DateTime] = None
    data: types.Opt[types.Byte] = None
    note: str | None = None
    id: Annotated[types.Opt[types.Uuid], Field(alias="ID")] = None


def errors(kind: type[types.ContractModel], source: str) -> list[tuple[str, tuple[int | str, ...]]]:
    with pytest.raises(ValidationError) as caught:
        kind.model_validate_json(source)
    return [(error["type"], error["loc"]) for error in caught.value.errors()]


def test_null_is_not_absent() -> None:
    """An optional property that is not nullable must refuse null, or a PATCH would clear what it cannot."""
    assert errors(Sample, '{"userID": 1, "seen_at": null}') == [("string_type", ("seen_at",))]
    assert Sample.model_validate_json('{"userID": 1, "note": null}').model_fields_set == {"user_id", "note"}
    assert Sample.model_validate_json('{"userID": 1}').model_fields_set == {"user_id"}


def test_what_is_absent_is_not_written() -> None:
    """Written as null it would break the contract."""
    sample = Sample(user_id=1, seen_at=None, id=UUID(int=1))
    assert json.loads(sample.model_dump_json()) == {"userID": 1, "note": None, "ID": str(UUID(int=1))}


def test_json_goes_by_the_names_of_the_contract_only() -> None:
    """A property by its Python name would be one that the contract does not have."""
    assert errors(Sample, '{"user_id": 1}') == [("missing", ("userID",)), ("extra_forbidden", ("user_id",))]
    assert errors(Sample, '{"userID": 1, "id": "x"}') == [("extra_forbidden", ("id",))]


def test_handlers_pass_objects_and_json_gets_text() -> None:
    """Handlers construct answers from real dates and bytes."""
    moment = dt.datetime(2024, 2, 29, 12, tzinfo=dt.UTC)
    written = json.loads(Sample(user_id=1, seen_at=moment, data=b"\x00\xff").model_dump_json())
    assert written["seen_at"] == "2024-02-29T12:00:00Z"
    assert written["data"] == "AP8="


def test_python_values_are_strict_too() -> None:
    """A string where a date-time belongs is a mistake of a handler, and has to show."""
    with pytest.raises(ValidationError):
        Sample(user_id=1, seen_at="2024-02-29T12:00:00Z")  # type: ignore[arg-type]  # the mistake


class Counted(types.CountedModel):
    """At least one property."""

    model_config = ConfigDict(extra="allow")
    __min_properties__ = 1
    __max_properties__ = 2

    inner: types.Opt["Counted"] = None


def test_properties_are_counted_at_every_depth() -> None:
    assert errors(Counted, '{"inner": {}}') == [("too_few_properties", ("inner",))]
    assert errors(Counted, '{"a": 1, "b": 2, "c": 3}') == [("too_many_properties", ())]


class Checked(types.CheckedModel):
    """Judged by its schema too."""

    model_config = ConfigDict(extra="allow")
    __conforms__ = types.Conforms(
        types.Schemas('{"Checked": {"properties": {"list": {"contains": {"const": 1}}}}}'), "Checked"
    )


def test_an_attached_schema_says_where_and_never_echoes() -> None:
    """The message goes to the client: it must not repeat what the client sent."""
    with pytest.raises(ValidationError) as caught:
        Checked.model_validate_json('{"list": ["secret"]}')
    (error,) = caught.value.errors()
    assert (error["type"], error["loc"]) == ("schema_contains", ("list",))
    assert "secret" not in error["msg"]
    assert Checked.model_validate_json('{"list": [1]}').model_extra == {"list": [1]}


def test_defaults_are_made_anew() -> None:
    """A default that is shared could be changed for everybody."""
    made = types.Default(lambda: list[types.Date], '["2024-02-29"]')
    assert made() == [dt.date(2024, 2, 29)]
    assert made() is not made()
