"""Generated decoders of multipart bodies, over HTTP: a fault here loses files, or lets in what the contract refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tallystick.runtime.uploads import MAX_IN_MEMORY, Upload, safe_filename
from tests.support.contracts import Package, Served

Made = Callable[[str], Package]
Files = list[tuple[str, Any]]
PHOTO = ("photo", ("a.png", b"PNG", "image/png"))
TITLE = ("title", (None, b"a"))


@pytest.fixture
def served(package: Made) -> Served:
    return package("body_multipart").serve(add_photo=None, either=None)


async def add(served: Served, *parts: tuple[str, Any]) -> httpx.Response:
    return await served.post("/photos", files=list(parts))


async def test_each_part_arrives_as_its_type(served: Served) -> None:
    answer = await add(
        served,
        TITLE,
        ("count", (None, b"7")),
        ("tags", (None, b"1")),
        ("tags", (None, b"2")),
        ("place", (None, b'{"x": 1}', "application/json")),
        ("places", (None, b'{"x": 2}')),
        ("rating", (None, b'"good"', "application/json")),
        ("photo", ("C:\\photos\\größe.png", b"PNG", "image/png")),
        ("more", ("1.bin", b"\x00\xff")),
        ("more", ("2.bin", b"")),
        ("untyped", ("u", b"\x80")),
    )
    assert answer.status_code == 204, answer.text
    body = served.given["body"]
    assert (body.title, body.count, body.tags, body.rating) == ("a", 7, [1, 2], "good")
    assert (body.place.x, body.places[0].x) == (1, 2)
    assert isinstance(body.photo, Upload)
    assert (body.photo.filename, body.photo.content_type, body.photo.size) == ("größe.png", "image/png", 3)
    assert [await one.read() for one in (body.photo, *body.more, body.untyped)] == [b"PNG", b"\x00\xff", b"", b"\x80"]


async def test_an_array_may_come_as_one_json_part(served: Served) -> None:
    assert (await add(served, TITLE, PHOTO, ("tags", (None, b"[1, 2]", "application/json")))).status_code == 204
    assert served.given["body"].tags == [1, 2]


async def test_a_large_file_goes_to_disk_and_comes_back_whole(served: Served) -> None:
    content = bytes(range(256)) * (MAX_IN_MEMORY // 128)
    assert (await add(served, TITLE, ("photo", ("a.png", content, "image/png")))).status_code == 204
    photo = served.given["body"].photo
    assert photo._file._rolled, "what is larger than the limit must not stay in memory"
    assert await photo.read() == content
    assert b"".join([chunk async for chunk in photo.chunks()]) == content


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ([PHOTO], {("/title", "missing")}),
        ([TITLE], {("/photo", "missing")}),
        ([TITLE, PHOTO, ("count", (None, b"x"))], {("/count", "integer_type")}),
        (
            [("title", (None, b"a" * 11)), PHOTO, ("count", (None, b"10"))],
            {("/title", "string_too_long"), ("/count", "less_than_equal")},
        ),
        ([TITLE, TITLE, PHOTO], {("/title", "repeated")}),
        ([TITLE, PHOTO, PHOTO], {("/photo", "repeated")}),
        ([TITLE, ("photo", ("a", b"P", "image/png"))], {("/photo", "file_too_small")}),
        ([TITLE, ("photo", ("a", b"P" * 3_000_001, "image/png"))], {("/photo", "file_too_large")}),
        ([TITLE, ("photo", ("a.gif", b"GIF", "image/gif"))], {("/photo", "content_type")}),
        ([TITLE, PHOTO, ("more", b"1"), ("more", b"2"), ("more", b"3")], {("/more", "too_long")}),
        ([TITLE, PHOTO, ("place", (None, b"{}"))], {("/place/x", "missing")}),
        (
            [TITLE, PHOTO, ("places", (None, b'{"x": 1}')), ("places", (None, b'{"x": "1"}'))],
            {("/places/1/x", "integer_type")},
        ),
        ([TITLE, PHOTO, ("signed", ("a", b"a", "application/pkcs7-mime"))], {("/signed", "missing")}),
        ([TITLE, PHOTO, ("more", (None, b"{}"))], {("/more", "file_type")}),
        ([TITLE, PHOTO, ("other", b"\xff")], {("/other", "unknown")}),
    ],
    ids=lambda value: ",".join(sorted(each[0] for each in value)) if isinstance(value, set) else "",
)
async def test_every_fault_points_to_its_part(served: Served, parts: Files, found: set[tuple[str, str]]) -> None:
    answer = await add(served, *parts)
    assert answer.status_code == 422, answer.text
    assert {(each["pointer"], each["code"]) for each in answer.json()["errors"]} == found
    assert not served.given


@pytest.mark.parametrize(
    ("part", "pointer"),
    [(("place", (None, b"{")), "/place"), (("title", (None, b"\xff")), "/title")],
    ids=["JSON", "UTF-8"],
)
async def test_parts_that_cannot_be_read(served: Served, part: tuple[str, Any], pointer: str) -> None:
    answer = await add(served, PHOTO, part)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


def raw(head: str = 'form-data; name="title"', *, count: int = 1, more: str = "") -> bytes:
    part = f"--x\r\nContent-Disposition: {head}\r\n{more}\r\na\r\n"
    return (part * count + "--x--\r\n").encode()


@pytest.mark.parametrize(
    ("media_type", "content", "status"),
    [
        ("multipart/form-data", raw(), 400),
        ("multipart/form-data; boundary=", raw(), 400),
        ("multipart/form-data; boundary=" + "x" * 500, raw(), 400),
        ("multipart/form-data; boundary=y", raw(), 400),
        ("multipart/form-data; boundary=x", raw()[:-6], 400),
        ("multipart/form-data; boundary=x", raw("form-data"), 400),
        ("multipart/form-data; boundary=x", raw('attachment; name="a"'), 400),
        ("multipart/form-data; boundary=x", raw('form-data; name="a\x00"'), 422),
        ("multipart/form-data; boundary=x", raw(count=1001), 400),
        ("multipart/form-data; boundary=x", raw(more="X-A: b\r\n" * 2), 400),
        ("multipart/form-data; boundary=x", raw(more="".join(f"X-{n}: b\r\n" for n in range(9))), 400),
        ("multipart/form-data; boundary=x", raw(more=f"X-A: {'b' * 5000}\r\n"), 400),
        ("multipart/form-data; boundary=x", b"--x--\r\n", 422),
        ("multipart/form-data; boundary=x", b"", 422),
        ("multipart/mixed; boundary=x", raw(), 415),
        ("multipart/form-data; boundary=x", raw("x" * 4_200_000), 413),
    ],
)
async def test_what_is_no_multipart_body(served: Served, media_type: str, content: bytes, status: int) -> None:
    answer = await served.post("/photos", content=content, headers={"Content-Type": media_type})
    assert answer.status_code == status, answer.text
    assert not served.given


async def test_too_much_is_refused_while_it_arrives(served: Served) -> None:
    async def endless() -> Any:
        yield b'--x\r\nContent-Disposition: form-data; name="photo"\r\n\r\n'
        for _ in range(5000):
            yield b"a" * 1000

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert (await served.post("/photos", content=endless(), headers=headers)).status_code == 413


async def test_the_same_schema_as_json_form_and_parts(served: Served) -> None:
    for options in ({"json": {"x": 1, "attachment": "a"}}, {"files": [("x", (None, b"1")), ("attachment", b"a")]}):
        answer = await served.post("/either", **options)
        assert answer.status_code == 204, answer.text
        assert await served.given["body"].attachment.read() == b"a"
    plain = await served.post("/either", files=[("x", (None, b"1")), ("attachment", (None, b"a"))])
    assert plain.status_code == 204, "what OpenAPI calls a file JSON Schema calls a string: no filename is needed"
    assert await served.given["body"].attachment.read() == b"a"
    assert (await served.post("/either", files=[("x", (None, b"1")), ("y", b"\xff"), ("y", b"")])).status_code == 204
    assert (await served.post("/either")).status_code == 204
    assert served.given == {"body": None}


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("..", None),
        ("", None),
        ("a\r\nb\x00.txt", "ab.txt"),
        ("x" * 300 + ".tar.gz", "x" * 252 + ".gz"),
        (".bashrc", "bashrc"),
    ],
)
def test_a_filename_leads_nowhere(given_name: str, kept: str | None) -> None:
    assert safe_filename(given_name) == kept


PIECES = st.sampled_from(
    [
        b"--x",
        b"--x--",
        b"\r\n",
        b"\r",
        b"\n",
        b"-",
        b"Content-Disposition: form-data; name=",
        b'"title"',
        b'"photo"',
        b";",
        b'filename="',
        b"Content-Type: application/json",
        b"Content-Type:",
        b"=?",
        b"\\",
        b'"',
        b"\xff",
        b"\x00",
        b"{",
    ]
)
CONTENT = st.lists(PIECES | st.binary(max_size=8), max_size=40).map(b"".join)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(CONTENT, CONTENT.map(lambda tail: raw()[:20] + tail), CONTENT.map(lambda tail: b"--x\r\n" + tail)))
async def test_hostile_bytes_are_never_a_500(package: Made, content: bytes) -> None:
    served = package("body_multipart").serve(add_photo=None)
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert (await served.post("/photos", content=content, headers=headers)).status_code in (204, 400, 422)
