"""Bodies are read by their media type and judged strictly, and every violation points into the body."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, create_model

from tallystick.runtime.bodies import BinaryBody, Bodies, JsonBody, TextBody, XmlBody
from tallystick.runtime.forms import FormBody
from tallystick.runtime.operation import Operation
from tallystick.runtime.problems import Kind, Refusal, Violations
from tallystick.runtime.types import Integer, Length, Pattern
from tests.support.calls import codes, make_call

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


class Model(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class Owner(Model):
    full_name: str = Field(alias="full/name")


class Cat(Model):
    kind: Literal["cat"]
    lives: Integer


class Dog(Model):
    kind: Literal["dog"]
    owner: Owner


class Thing(Model):
    title: Annotated[str, Length(minimum=1, maximum=10)]
    count: Integer = 0
    tags: list[str] = []
    ratio: float | None = None
    owner: Owner | None = None
    pet: Annotated[Cat | Dog, Field(discriminator="kind")] | None = None
    either: int | list[int] | Owner | None = None
    options: dict[str, Integer] = {}


FIELDS = {"title": "string", "count": "integer", "tags": "array:string", "owner": "json", "ratio": "number"}
BODIES: Bodies[Any] = Bodies({JSON: JsonBody(Thing), FORM: FormBody(Thing, fields=FIELDS), "text/*": TextBody()})


async def decode(
    body: bytes | list[bytes], media_type: str | None = JSON, bodies: Bodies[Any] = BODIES
) -> tuple[Any, Violations]:
    headers = [] if media_type is None else [(b"content-type", media_type.encode())]
    found = Violations()
    return await bodies.decode(make_call(headers=headers, body=body), found), found


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        (JSON, b'{"title": "a", "count": 2.0, "tags": ["x"]}'),
        ("APPLICATION/JSON; charset=utf-8", b'{"title": "a", "count": 2, "tags": ["x"]}'),
        (FORM, b"title=a&count=2&tags=x"),
        (FORM + ";charset=UTF-8", b"tags=x&count=2.0&title=%61"),
    ],
)
async def test_reads_every_media_type_into_the_same_model(media_type: str, body: bytes) -> None:
    value, found = await decode(body, media_type)
    assert found.found == []
    assert value == Thing(title="a", count=2, tags=["x"])


async def test_a_body_may_arrive_in_pieces() -> None:
    value, _ = await decode([b'{"tit', b'le": "', b"", b'a"}'])
    assert value == Thing(title="a")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (b"{}", [("/title", "missing")]),
        (b"[]", [("", "object_type")]),
        (b"null", [("", "object_type")]),
        (b'{"title": null}', [("/title", "string_type")]),
        (b'{"title": ""}', [("/title", "string_too_short")]),
        (b'{"title": "a", "count": "1"}', [("/count", "integer_type")]),
        (b'{"title": "a", "count": true}', [("/count", "integer_type")]),
        (b'{"title": "a", "count": 1.5}', [("/count", "integer_type")]),
        (b'{"title": "a", "tags": ["x", 1, null]}', [("/tags/1", "string_type"), ("/tags/2", "string_type")]),
        (b'{"title": "a", "tags": "x"}', [("/tags", "array_type")]),
        (b'{"title": "a", "x~/y": 1}', [("/x~0~1y", "unknown")]),
        (
            b'{"title": "a", "owner": {"full_name": "x"}}',
            [("/owner/full~1name", "missing"), ("/owner/full_name", "unknown")],
        ),
        (b'{"title": "a", "pet": {"kind": "cat", "lives": "9"}}', [("/pet/lives", "integer_type")]),
        (b'{"title": "a", "pet": {"kind": "dog", "owner": {}}}', [("/pet/owner/full~1name", "missing")]),
        (b'{"title": "a", "pet": {"kind": "cow"}}', [("/pet", "discriminator")]),
        (b'{"title": "a", "pet": {}}', [("/pet", "discriminator")]),
        (b'{"title": "a", "options": {"a/b": "x", "c": 1}}', [("/options/a~1b", "integer_type")]),
        (
            b'{"title": 1, "count": "x", "z": 0}',
            [("/title", "string_type"), ("/count", "integer_type"), ("/z", "unknown")],
        ),
    ],
)
async def test_json_violations_point_at_what_is_wrong(body: bytes, wrong: list[tuple[str, str]]) -> None:
    _, found = await decode(body)
    assert codes(found) == wrong
    assert {violation.location for violation in found.found} == {"body"}
    with pytest.raises(Refusal) as refusal:
        found.refuse()
    assert refusal.value.kind is Kind.VALIDATION_FAILED


async def test_members_of_a_union_leave_no_trace_in_pointers() -> None:
    _, found = await decode(b'{"title": "a", "either": [1, "x"]}')
    assert {pointer for pointer, _ in codes(found)} <= {"/either", "/either/1"}


async def test_messages_do_not_repeat_what_was_sent() -> None:
    _, found = await decode(b'{"title": "<script><script>", "count": "<script>", "pet": {"kind": "<script>"}}')
    assert len(found.found) == 3
    assert not [violation for violation in found.found if "script" in violation.message]


async def test_json_that_cannot_be_read_is_a_400_even_beside_other_violations() -> None:
    found = Violations()
    found.add("query", "/a", "unknown", "x")
    await BODIES.decode(make_call(headers=[(b"content-type", b"application/json")], body=b"{"), found)
    with pytest.raises(Refusal) as refusal:
        found.refuse()
    assert refusal.value.kind is Kind.BAD_REQUEST
    assert [violation.code for violation in refusal.value.errors] == ["unknown", "json_invalid"]


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        (b"title=a&title=a", [("/title", "repeated")]),
        (b"title=a&count=", [("/count", "integer_type")]),
        (b"title=a&count=05", [("/count", "integer_type")]),
        (b"title=a&count=+5", [("/count", "integer_type")]),
        (b"title=a&other=1", [("/other", "unknown")]),
        (b"count=1", [("/title", "missing")]),
        (b"title=%zz", [("/title", "malformed")]),
        (b"title=%ff&count=x", [("/title", "malformed"), ("/count", "integer_type")]),
        (b"title=a&count=%00", [("/count", "integer_type")]),
        (b"title=a&%00=1", [("/\0", "unknown")]),
        (b"title=a&%ff=1", [("", "malformed")]),
        (b"title=a&owner={", [("/owner", "json_invalid")]),
        (b"title=a&owner={}", [("/owner/full~1name", "missing")]),
        (b"title=", [("/title", "string_too_short")]),
        (b"&".join([b"title=a"] * 3_000), [("", "malformed"), ("/title", "missing")]),
    ],
)
async def test_form_violations_point_at_what_is_wrong(body: bytes, wrong: list[tuple[str, str]]) -> None:
    _, found = await decode(body, FORM)
    assert codes(found) == wrong
    assert (found.malformed is not None) == any(code in ("malformed", "json_invalid") for _, code in wrong)


@pytest.mark.parametrize(
    ("media_type", "body"), [(JSON, b'{"title": "a\\u0000"}'), (FORM, b"title=a%00"), ("text/plain", b"a\x00")]
)
async def test_nul_in_a_body_is_judged_by_the_schema(media_type: str, body: bytes) -> None:
    """A plain string holds any character; a pattern refuses this one as it refuses others, with 422 and not 400."""
    visible = Annotated[str, Pattern("^[^\\x00-\\x1f]*$")]
    for text, wrong in ((str, []), (visible, ["string_pattern_mismatch"])):
        titled = create_model("Titled", title=(text, ...))
        bodies: Bodies[Any] = Bodies(
            {JSON: JsonBody(titled), FORM: FormBody(titled, {"title": "string"}), "text/*": TextBody(text)}
        )
        value, found = await decode(body, media_type, bodies)
        assert [code for _, code in codes(found)] == wrong
        assert found.malformed is None
        assert wrong or (value if media_type == "text/plain" else value.title) == "a\x00"


async def test_form_fields_are_read_by_their_kind() -> None:
    value, found = await decode(b"title=5&tags=a+b&tags=%2B&owner=%7B%22full/name%22:%22x%22%7D&ratio=1e1", FORM)
    assert found.found == []
    assert value == Thing(title="5", tags=["a b", "+"], owner=Owner(**{"full/name": "x"}), ratio=10.0)


async def test_a_field_the_contract_does_not_name_may_be_sent_twice() -> None:
    bodies: Bodies[Any] = Bodies({FORM: FormBody(dict[str, Any], {"title": "string"})})
    value, found = await decode(b"title=a&more=1&more=2&one=1", FORM, bodies)
    assert found.found == []
    assert value == {"title": "a", "more": ["1", "2"], "one": "1"}


@pytest.mark.parametrize("media_type", [JSON, None])
async def test_an_empty_body_is_missing_where_it_is_required(media_type: str | None) -> None:
    _, found = await decode(b"", media_type)
    assert codes(found) == [("", "missing")]
    assert found.malformed is None


OPTIONAL: Bodies[Any] = Bodies(
    {JSON: JsonBody(Thing), FORM: FormBody(Thing, fields={}), "text/*": TextBody(), "application/xml": XmlBody()},
    required=False,
)


@pytest.mark.parametrize("media_type", [JSON, None])
async def test_an_empty_body_is_none_where_it_may_be_left_out(media_type: str | None) -> None:
    value, found = await decode(b"", media_type, OPTIONAL)
    assert (value, found.found) == (None, [])


async def test_an_empty_body_is_a_value_where_its_media_type_has_one() -> None:
    """A form without fields and an empty text are sent as nothing: taken as left out they would not be judged."""
    assert (await decode(b"", "text/plain", OPTIONAL))[0] == ""
    for bodies in (BODIES, OPTIONAL):
        _, found = await decode(b"", FORM, bodies)
        assert codes(found) == [("/title", "missing")]
    tolerant: Bodies[Any] = Bodies({FORM: FormBody(dict[str, Any], {})})
    value, found = await decode(b"", FORM, tolerant)
    assert (value, found.found) == ({}, [])


async def test_nothing_sent_as_xml_is_no_xml() -> None:
    _, found = await decode(b"", "application/xml", OPTIONAL)
    assert codes(found) == [("", "malformed")]


async def test_text_is_utf8_and_may_be_empty() -> None:
    assert (await decode(b"", "text/plain"))[0] == ""
    assert (await decode("a☃\n".encode(), "text/csv"))[0] == "a☃\n"
    _, found = await decode(b"\xff", "text/plain")
    assert found.malformed is not None
    _, found = await decode(b"abcd", "text/plain", Bodies({"text/plain": TextBody(Annotated[str, Length(maximum=3)])}))
    assert codes(found) == [("", "string_too_long")]


async def test_octets_arrive_as_they_are() -> None:
    bodies: Bodies[Any] = Bodies({"application/octet-stream": BinaryBody()})
    assert (await decode(b"\x00\xff{", "application/octet-stream", bodies))[0] == b"\x00\xff{"
    assert (await decode(b"", "application/octet-stream", bodies))[0] == b""


@pytest.mark.parametrize("media_type", ["application/xml", "", None])
async def test_a_body_of_another_media_type_is_a_415_that_says_what_is_taken(media_type: str | None) -> None:
    with pytest.raises(Refusal) as refusal:
        await decode(b"{}", media_type)
    assert refusal.value.kind is Kind.UNSUPPORTED_MEDIA_TYPE
    assert refusal.value.headers == {"Accept": f"{JSON}, {FORM}, text/*"}


async def test_an_exact_media_type_wins_over_a_range() -> None:
    bodies: Bodies[Any] = Bodies(
        {"*/*": BinaryBody(), "application/*": TextBody(), "application/merge-patch+json": JsonBody(Thing)}
    )
    assert (await decode(b'{"title": "a"}', "application/merge-patch+json", bodies))[0] == Thing(title="a")
    assert (await decode(b"{}", "application/json", bodies))[0] == "{}"
    assert (await decode(b"{}", "image/png", bodies))[0] == b"{}"


async def test_a_body_over_the_limit_is_a_413_before_it_is_whole() -> None:
    operation = Operation("a", "POST", "/", "t", (200,), max_body_bytes=10)
    headers = [(b"content-type", b"application/json")]
    call = make_call(headers=headers, body=[b"x" * 6] * 1_000, operation=operation)
    with pytest.raises(Refusal) as refusal:
        await BODIES.decode(call, Violations())
    assert refusal.value.kind is Kind.CONTENT_TOO_LARGE
    assert (await call.receive())["type"] == "http.request"


async def test_many_violations_stay_a_small_answer() -> None:
    _, found = await decode(b'{"title": "a", "tags": [' + b"1," * 5_000 + b"1]}")
    assert 1 <= len(found.found) <= 100
