"""Parameters mean what OpenAPI's style table says, and are judged as strictly as bodies."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict

from tallystick.runtime.operation import Operation
from tallystick.runtime.parameters import Parameter, unknown_query
from tallystick.runtime.problems import Kind, Location, Refusal, Violations
from tallystick.runtime.styles import Style
from tallystick.runtime.types import Bounds, Date, Integer, Length, Number, Pattern, Uuid
from tests.support.calls import codes, make_call

COLORS = ["blue", "black", "brown"]
RGB = {"R": 100, "G": 200, "B": 150}


class Color(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    R: Integer
    G: Integer
    B: Integer = 0


TYPES: dict[str, Any] = {"string": str, "array": list[str], "object": dict[str, Integer]}
PROPERTIES = {"R": "integer", "G": "integer", "B": "integer"}

# The table of OpenAPI 3.1 (section 4.8.12.4): location, style, explode, serialised, value.
TABLE: list[tuple[Any, Style, bool, str, Any]] = [
    ("path", "matrix", False, ";color=", ""),
    ("path", "matrix", False, ";color", ""),
    ("path", "matrix", False, ";color=blue", "blue"),
    ("path", "matrix", False, ";color=blue,black,brown", COLORS),
    ("path", "matrix", False, ";color=R,100,G,200,B,150", RGB),
    ("path", "matrix", True, ";color=blue", "blue"),
    ("path", "matrix", True, ";color=blue;color=black;color=brown", COLORS),
    ("path", "matrix", True, ";R=100;G=200;B=150", RGB),
    ("path", "label", False, ".", ""),
    ("path", "label", False, ".blue", "blue"),
    ("path", "label", False, ".blue,black,brown", COLORS),
    ("path", "label", False, ".R,100,G,200,B,150", RGB),
    ("path", "label", True, ".blue", "blue"),
    ("path", "label", True, ".blue.black.brown", COLORS),
    ("path", "label", True, ".R=100.G=200.B=150", RGB),
    ("path", "simple", False, "blue", "blue"),
    ("path", "simple", False, "blue,black,brown", COLORS),
    ("path", "simple", False, "R,100,G,200,B,150", RGB),
    ("path", "simple", True, "blue,black,brown", COLORS),
    ("path", "simple", True, "R=100,G=200,B=150", RGB),
    ("header", "simple", False, "blue", "blue"),
    ("header", "simple", False, "blue, black ,brown", COLORS),
    ("header", "simple", False, "R,100,G,200,B,150", RGB),
    ("header", "simple", True, "R=100, G=200, B=150", RGB),
    ("query", "form", False, "color=", ""),
    ("query", "form", False, "color=blue", "blue"),
    ("query", "form", False, "color=blue,black,brown", COLORS),
    ("query", "form", False, "color=blue%2Cblack%2Cbrown", COLORS),
    ("query", "form", False, "color=a%2Cb,c", ["a,b", "c"]),
    ("query", "form", False, "color=R,100,G,200,B,150", RGB),
    ("query", "form", True, "color=", ""),
    ("query", "form", True, "color=blue", "blue"),
    ("query", "form", True, "color=blue&color=black&color=brown", COLORS),
    ("query", "form", True, "R=100&G=200&B=150", RGB),
    ("query", "spaceDelimited", False, "color=blue%20black%20brown", COLORS),
    ("query", "spaceDelimited", False, "color=blue+black+brown", COLORS),
    ("query", "spaceDelimited", False, "color=R%20100%20G%20200%20B%20150", RGB),
    ("query", "pipeDelimited", False, "color=blue%7Cblack%7Cbrown", COLORS),
    ("query", "pipeDelimited", False, "color=blue|black|brown", COLORS),
    ("query", "pipeDelimited", False, "color=R%7C100%7CG%7C200%7CB%7C150", RGB),
    ("query", "spaceDelimited", True, "color=blue&color=black&color=brown", COLORS),
    ("query", "deepObject", True, "color[R]=100&color[G]=200&color[B]=150", RGB),
    ("query", "deepObject", False, "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150", RGB),
    ("cookie", "form", False, "color=blue", "blue"),
    ("cookie", "form", False, "color=blue,black,brown", COLORS),
    ("cookie", "form", False, "color=R,100,G,200,B,150", RGB),
    ("cookie", "form", True, "color=blue; color=black; color=brown", COLORS),
    ("cookie", "form", True, "other=1; R=100; G=200; B=150", RGB),
    ("cookie", "cookie", False, "color=100%25", "100%25"),
    ("cookie", "form", False, "color=100%25", "100%"),
    ("cookie", "form", False, "color=100%", "100%"),
    ("cookie", "form", False, 'color="blue"', "blue"),
]


def kind_of(value: Any) -> str:
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"


@pytest.mark.parametrize(("location", "style", "explode", "text", "value"), TABLE)
def test_style_table(location: Any, style: Style, explode: bool, text: str, value: Any) -> None:
    kind = kind_of(value)
    parameter: Parameter[Any] = Parameter(
        "color", location, TYPES[kind], kind=kind, properties=PROPERTIES, style=style, explode=explode
    )
    raw = text.encode()
    call = make_call(
        raw if location == "query" else b"",
        headers=[(location.encode() if location == "cookie" else b"color", raw)],
        path={"color": text},
    )
    found = Violations()
    assert parameter.decode(call, found) == value
    assert found.found == []


@pytest.mark.parametrize(
    ("parameter", "query", "value"),
    [
        (Parameter("f", "query", Any, kind="object", style="deepObject"), b"f[a][b]=x", {"a": {"b": "x"}}),
        (Parameter("f", "query", Any, kind="object", style="deepObject"), b"f[a[b]=x", {"a[b": "x"}),
        (
            Parameter("f", "query", Any, kind="object", style="deepObject", properties={"a": {"b": "integer"}}),
            b"f[a][b]=1",
            {"a": {"b": 1}},
        ),
        (
            Parameter("f", "query", Any, kind="object", style="deepObject", properties={"a": "array:integer"}),
            b"f[a]=1&f[a]=2",
            {"a": [1, 2]},
        ),
        (
            Parameter("f", "query", Any, kind="object", style="deepObject", properties={"a": "array:integer"}),
            b"f[a][]=1&f[a][]=2",
            {"a": [1, 2]},
        ),
        (
            Parameter("f", "query", Any, kind="object", style="deepObject", properties={"a": "array:integer"}),
            b"f[a][10]=3&f[a][2]=2",
            {"a": [2, 3]},
        ),
        (
            Parameter("f", "query", Any, kind="object", style="deepObject", properties={"*": "number"}),
            b"f[a]=1.5",
            {"a": 1.5},
        ),
        (Parameter("f", "query", int | str, kind="any"), b"f=5", 5),
        (Parameter("f", "query", bool | str, kind="any"), b"f=5", "5"),
        (Parameter("f", "query", list[int | str], kind="array", items="any"), b"f=5&f=x", [5, "x"]),
        (Parameter("f", "query", Color, content="application/json"), b"f=%7B%22R%22:1,%22G%22:2%7D", Color(R=1, G=2)),
        (Parameter("f", "query", str, content="text/plain"), b"f=1", "1"),
        (Parameter("f", "query", Integer, kind="integer", allow_empty_value=True), b"f=", None),
        (Parameter("f", "query", Integer, kind="integer", allow_empty_value=True, default=3), b"f", 3),
        (Parameter("f", "query", list[Integer], kind="array", items="integer", explode=False), b"f=", []),
        (Parameter("f", "query", str), b"f=a%2Bb+c", "a+b c"),
        (Parameter("f", "query", str), b"&&f=a=b&", "a=b"),
        (Parameter("ä b", "query", str), b"%C3%A4+b=%E2%98%83", "☃"),
        (Parameter("f", "query", Uuid), b"f=00000000-0000-4000-8000-000000000000", UUID(int=0x4000_8000 << 48)),
        (Parameter("f", "query", Date), b"f=2024-02-29", date(2024, 2, 29)),
        (Parameter("f", "query", bool, kind="boolean"), b"f=true", True),
        (Parameter("f", "query", Number, kind="number"), b"f=-1.5e2", -150.0),
    ],
)
def test_values_beyond_the_table(parameter: Parameter[Any], query: bytes, value: Any) -> None:
    found = Violations()
    assert parameter.decode(make_call(query), found) == value
    assert found.found == []


LIMIT: Parameter[int] = Parameter(
    "limit", "query", Annotated[Integer, Bounds(ge=1, le=100)], kind="integer", default=20
)


@pytest.mark.parametrize(
    ("text", "value"), [("5", 5), ("5.0", 5), ("1e1", 10), ("1.5e1", 15), ("100", 100), ("1E0", 1)]
)
def test_what_json_schema_calls_an_integer_is_one(text: str, value: int) -> None:
    found = Violations()
    decoded = LIMIT.decode(make_call(f"limit={text}".encode()), found)
    assert (decoded, type(decoded), found.found) == (value, int, [])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "integer_type"),
        ("%2B5", "integer_type"),
        ("1_0", "integer_type"),
        ("%205", "integer_type"),
        ("5+", "integer_type"),
        ("05", "integer_type"),
        ("5.", "integer_type"),
        (".5", "integer_type"),
        ("0x10", "integer_type"),
        ("1.5", "integer_type"),
        ("true", "integer_type"),
        ("null", "integer_type"),
        ("NaN", "integer_type"),
        ("1e400", "integer_type"),
        ("%D9%A3", "integer_type"),
        ("9" * 5_000, "integer_type"),
        ("9" * 400, "less_than_equal"),
        ("0", "greater_than_equal"),
        ("101", "less_than_equal"),
        ("5&limit=5", "repeated"),
    ],
)
def test_what_is_no_such_integer_is_refused(text: str, code: str) -> None:
    found = Violations()
    LIMIT.decode(make_call(f"limit={text}".encode()), found)
    assert codes(found) == [("/limit", code)]
    assert found.malformed is None


def test_a_parameter_left_out_is_its_default_or_missing() -> None:
    found = Violations()
    assert LIMIT.decode(make_call(), found) == 20
    optional: Parameter[str | None] = Parameter("q", "query", str)
    assert optional.decode(make_call(), found) is None
    assert found.found == []
    locations: list[Location] = ["query", "header", "cookie"]
    for location in locations:
        required: Parameter[str] = Parameter("a/b~c", location, str, required=True)
        required.decode(make_call(), found)
    assert [(v.location, v.pointer, v.code) for v in found.found] == [
        (location, "/a~1b~0c", "missing") for location in locations
    ]


@pytest.mark.parametrize("raw", [b"%", b"%4", b"%zz", b"%ff", b"%C3", b"%ED%A0%80", b"\xff"])
def test_text_that_cannot_be_decoded_is_a_400_said_once(raw: bytes) -> None:
    q: Parameter[str] = Parameter("q", "query", str, required=True)
    call = make_call(b"q=" + raw, operation=Operation("a", "GET", "/", "t", (200,), query=frozenset({"q", "limit"})))
    found = Violations()
    q.decode(call, found)
    LIMIT.decode(call, found)
    unknown_query(call, found)
    assert codes(found) == [("/q", "malformed")]
    with pytest.raises(Refusal) as refusal:
        found.refuse()
    assert refusal.value.kind is Kind.BAD_REQUEST


@pytest.mark.parametrize("explode", [True, False])
def test_text_that_cannot_be_decoded_in_a_list_is_said_once(explode: bool) -> None:
    tags: Parameter[list[str]] = Parameter("q", "query", list[str], kind="array", explode=explode, required=True)
    found = Violations()
    tags.decode(make_call(b"q=%ff"), found)
    assert codes(found) == [("/q", "malformed")]


@pytest.mark.parametrize("location", ["path", "query", "header", "cookie"])
def test_nul_is_judged_by_the_schema_wherever_it_stands(location: Location) -> None:
    """A plain string holds any character; a pattern refuses this one as it refuses others, with 422 and not 400."""
    call = make_call(b"p=a%00", headers=[(b"p", b"a\x00"), (b"cookie", b"p=a%00")], path={"p": "a\x00"})
    found = Violations()
    plain: Parameter[str] = Parameter("p", location, str)
    assert (plain.decode(call, found), found.found) == ("a\x00", [])
    plain_list: Parameter[list[str]] = Parameter("p", location, list[str], kind="array")
    assert (plain_list.decode(call, found), found.found) == (["a\x00"], [])
    visible: Parameter[str] = Parameter("p", location, Annotated[str, Pattern(r"^[^\x00-\x1f]*$")])
    visible.decode(call, found)
    number: Parameter[int] = Parameter("p", location, int, kind="integer")
    number.decode(call, found)
    assert codes(found) == [("/p", "string_pattern_mismatch"), ("/p", "integer_type")]
    with pytest.raises(Refusal) as refusal:
        found.refuse()
    assert refusal.value.kind is Kind.VALIDATION_FAILED


@pytest.mark.parametrize(
    ("parameter", "query", "wrong"),
    [
        (Parameter("a", "query", list[Integer], kind="array", items="integer"), b"a=1&a=x", ("/a/1", "integer_type")),
        (Parameter("a", "query", list[str], kind="array", explode=False), b"a=1&a=2", ("/a", "repeated")),
        (Parameter("a", "query", Any, kind="object", explode=False), b"a=R,1,G", ("/a", "style")),
        (Parameter("a", "query", Any, kind="object", explode=False), b"a=R,1,R,2", ("/a", "repeated")),
        (
            Parameter("a", "query", Color, kind="object", properties=PROPERTIES, style="deepObject"),
            b"a[R]=1&a[G]=x",
            ("/a/G", "integer_type"),
        ),
        (
            Parameter("a", "query", Color, kind="object", properties=PROPERTIES, style="deepObject"),
            b"a[R]=1&a[G]=1&a[x/y]=1",
            ("/a/x~1y", "unknown"),
        ),
        (
            Parameter("a", "query", Color, kind="object", properties=PROPERTIES, style="deepObject"),
            b"a[R]=1&a[R]=2&a[G]=1",
            ("/a", "repeated"),
        ),
        (Parameter("a", "query", Any, kind="object", style="deepObject"), b"a[R]=1&a[R][x]=2", ("/a", "repeated")),
        (Parameter("a", "query", Any, kind="object", style="deepObject"), b"a[R][x]=1&a[R]=2", ("/a", "repeated")),
        (Parameter("a", "query", Any, kind="object", style="deepObject"), b"a[R=1", ("/a", "style")),
        (
            Parameter("a", "query", Any, kind="object", style="deepObject"),
            b"a" + b"[x]" * 99 + b"=1",
            ("/a", "too_deep"),
        ),
        (Parameter("a", "query", Any, content="application/json"), b"a={", ("/a", "json_invalid")),
        (Parameter("a", "query", Color, content="application/json"), b'a={"R":1}', ("/a/G", "missing")),
        (Parameter("a", "query", int | bool, kind="any"), b"a=x", ("/a", "integer_type")),
        (Parameter("a", "query", bool, kind="boolean"), b"a=True", ("/a", "boolean_type")),
        (Parameter("a", "query", bool, kind="boolean"), b"a=1", ("/a", "boolean_type")),
        (Parameter("a", "query", Literal["x", "y"]), b"a=z", ("/a", "enum")),
        (Parameter("a", "query", Annotated[str, Length(minimum=1)]), b"a=", ("/a", "string_too_short")),
        (Parameter("a", "query", Uuid), b"a=urn:uuid:00000000-0000-4000-8000-000000000000", ("/a", "invalid_uuid")),
    ],
)
def test_violations_point_at_what_is_wrong(parameter: Parameter[Any], query: bytes, wrong: tuple[str, str]) -> None:
    found = Violations()
    parameter.decode(make_call(query), found)
    assert codes(found)[0] == wrong
    assert all(violation.location == "query" for violation in found.found)


@pytest.mark.parametrize(
    ("style", "explode", "text"),
    [
        ("label", False, "blue"),
        ("matrix", False, "blue"),
        ("matrix", False, ";colour=blue"),
        ("matrix", True, ";colour=blue"),
    ],
)
def test_a_path_value_that_ignores_its_style_is_refused(style: Style, explode: bool, text: str) -> None:
    parameter: Parameter[Any] = Parameter("color", "path", list[str], kind="array", style=style, explode=explode)
    found = Violations()
    parameter.decode(make_call(path={"color": text}), found)
    assert codes(found) == [("/color", "style")]


def test_closed_operations_refuse_query_keys_they_do_not_declare() -> None:
    operation = Operation("a", "GET", "/", "t", (200,), query=frozenset({"limit", "filter["}), closed_query=True)
    found = Violations()
    unknown_query(
        make_call(b"limit=1&limits=1&filter[a]=1&filter=1&limit[]=1&=1&x/y&limits=2", operation=operation), found
    )
    assert codes(found) == [(pointer, "unknown") for pointer in ("/limits", "/filter", "/limit[]", "/", "/x~1y")]


def test_an_open_exploded_object_takes_what_nobody_else_declares() -> None:
    operation = Operation("a", "GET", "/", "t", (200,), query=frozenset({"limit", "rest"}))
    rest: Parameter[dict[str, Any]] = Parameter("rest", "query", dict[str, Any], kind="object")
    found = Violations()
    assert rest.decode(make_call(b"limit=1&a=x&b=2", operation=operation), found) == {"a": "x", "b": 2}


def test_messages_do_not_repeat_what_was_sent() -> None:
    found = Violations()
    for type_ in (Integer, Uuid, Date, Literal["a"], Annotated[str, Length(maximum=3)]):
        parameter: Parameter[Any] = Parameter("q", "query", type_, kind="string")
        parameter.decode(make_call(b"q=%3Cscript%3E"), found)
    assert len(found.found) == 5
    assert not [violation for violation in found.found if "script" in violation.message]


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        ("string?", b"q=null", None),
        ("string?", b"q=5", "5"),
        ("string", b"q=null", "fault"),
        ("string?", b"q=x", "fault"),
        ("string?", b"q=", "fault"),
    ],
)
def test_null_is_read_where_the_schema_does_not_take_the_text(kind: str, raw: bytes, value: str | None) -> None:
    """A number in text, or nothing: `null` is neither a number nor is it the text that a plain string would be."""
    found = Violations()
    digits: Parameter[str | None] = Parameter("q", "query", Annotated[str, Pattern("^[0-9]+$")] | None, kind=kind)
    got = digits.decode(make_call(raw), found)
    assert ("fault" if found.found else got) == value
    plain: Parameter[str | None] = Parameter("q", "query", str | None, kind=kind)
    assert plain.decode(make_call(b"q=null"), Violations()) == "null", "a text that is allowed is that text"


def test_items_may_be_null_beside_texts() -> None:
    found = Violations()
    items = list[Annotated[str, Pattern("^[0-9]+$")] | None]
    ids: Parameter[list[str | None]] = Parameter("q", "query", items, kind="array", items="string?")
    assert (ids.decode(make_call(b"q=1&q=null"), found), found.found) == (["1", None], [])
