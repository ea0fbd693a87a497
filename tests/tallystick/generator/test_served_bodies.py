"""Generated decoders of bodies, over HTTP: a fault here lets in what the contract refuses, or changes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.contracts import Contracts, Package, refused

Made = Callable[[str], Package]


async def test_json_arrives_as_its_model_and_leaves_under_the_contracts_names(package: Made) -> None:
    made = package("body_json")
    served = made.serve(create_item=lambda body: body)
    answer = await served.post("/items", json={"name": "a", "class": "b"})
    assert answer.status_code == 201
    assert answer.json() == {"name": "a", "class": "b"}, "what was never set stays absent"
    assert isinstance(served.given["body"], made.models.Item)


async def test_every_fault_of_a_json_body_is_listed(package: Made) -> None:
    served = package("body_json").serve(create_item=lambda body: body)
    answer = await served.post("/items", json={"name": "too long", "count": "1", "more": 1})
    found = {(each["pointer"], each["code"]) for each in answer.json()["errors"]}
    assert answer.status_code == 422
    assert found == {("/name", "string_too_long"), ("/count", "integer_type"), ("/more", "unknown")}


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [(b"{", "application/json", 400), (b"{}", "text/xml", 415), (b"", "application/json", 422), (b"{}", None, 415)],
    ids=["syntax", "media type", "empty", "no media type"],
)
async def test_bodies_that_are_none(package: Made, content: bytes, media_type: str | None, status: int) -> None:
    served = package("body_json").serve(create_item=lambda body: body)
    headers = {"Content-Type": media_type} if media_type else {}
    assert (await served.post("/items", content=content, headers=headers)).status_code == status
    assert not served.given


async def test_an_optional_body_may_be_left_out(package: Made) -> None:
    served = package("body_optional").serve(add_note=None)
    assert (await served.post("/notes")).status_code == 204
    assert served.given == {"body": None}
    assert (await served.post("/notes", json={"text": "a"})).status_code == 204
    assert served.given["body"].text == "a"


@pytest.mark.parametrize(
    ("media_type", "content", "given"),
    [
        ("application/json", b'{"text": "a"}', "Note"),
        ("application/merge-patch+json; charset=utf-8", b"{}", "NotePatch"),
        ("application/vnd.count+json", b"5", "int"),
        ("text/plain", b"abc", "str"),
        ("image/png", b"\x89PNG", "bytes"),
    ],
)
async def test_each_media_type_has_a_schema_of_its_own(
    package: Made, media_type: str, content: bytes, given: str
) -> None:
    served = package("body_media_types").serve(change_note=None)
    answer = await served.request("PATCH", "/notes", content=content, headers={"Content-Type": media_type})
    assert answer.status_code == 204, answer.text
    assert type(served.given["body"]).__name__ == given


async def test_the_first_media_types_schema_does_not_judge_the_others(package: Made) -> None:
    served = package("body_media_types").serve(change_note=None)
    for media_type, content in (("application/json", b"{}"), ("text/plain", b"abcde"), ("image/png", b"")):
        answer = await served.request("PATCH", "/notes", content=content, headers={"Content-Type": media_type})
        assert answer.status_code == (204 if media_type == "image/png" else 422), media_type
    answer = await served.request("PATCH", "/notes", content=b"x", headers={"Content-Type": "text/html"})
    assert answer.status_code == 415


async def test_a_form_is_read_by_the_types_of_its_fields(package: Made) -> None:
    served = package("body_form").serve(login=None)
    form = {"user": "ann", "days": "7", "stay": "true", "scopes": ["a", "b"]}
    assert (await served.post("/login", data=form)).status_code == 204
    assert served.given["body"].model_dump() == {"user": "ann", "days": 7, "stay": True, "scopes": ["a", "b"]}
    answer = await served.post("/login", data={"user": "", "days": "x", "other": "1"})
    assert {each["pointer"] for each in answer.json()["errors"]} == {"/user", "/days", "/other"}


async def test_text_and_bytes_arrive_and_leave_as_they_are(package: Made) -> None:
    served = package("body_text_binary").serve(put_text=lambda body: body, put_bytes=lambda body: body)
    answer = await served.request("PUT", "/text", content=b"abc", headers={"Content-Type": "text/plain"})
    assert (answer.text, answer.headers["content-type"]) == ("abc", "text/plain")
    octets = bytes(range(256))
    answer = await served.request("PUT", "/bytes", content=octets, headers={"Content-Type": "application/octet-stream"})
    assert (answer.content, answer.headers["content-type"]) == (octets, "image/png")


@pytest.mark.parametrize("content", [b"abcd", b"A"], ids=["too long", "pattern"])
async def test_the_schema_of_a_text_body_is_held_to(package: Made, content: bytes) -> None:
    served = package("body_text_binary").serve(put_text=lambda body: body)
    answer = await served.request("PUT", "/text", content=content, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 422


async def test_the_30_dialect_means_what_it_meant(package: Made) -> None:
    served = package("openapi_30").serve(make_a=lambda body, **_: body)
    assert (await served.post("/a?n=1", json={"a": None})).json() == {"a": None}
    answer = await served.post("/a?n=0", json={})
    assert {(each["pointer"], each["code"]) for each in answer.json()["errors"]} == {
        ("/n", "greater_than"),
        ("/a", "missing"),
    }


OPTIONAL = """
paths:
  /optional:
    post:
      operationId: optional
      requestBody: {content: {application/json: {schema: {type: object, properties: {a: {type: integer}}}}}}
      responses: {"204": {description: ok}}
  /nullable:
    post:
      operationId: nullable
      requestBody: {required: true, content: {application/json: {schema: {type: [integer, "null"]}}}}
      responses: {"204": {description: ok}}
"""
JSON = "application/json"


@pytest.mark.parametrize(
    ("path", "content", "media_type", "status", "given"),
    [
        ("/optional", b"", None, 204, None),
        ("/optional", b"", JSON, 204, None),
        ("/optional", b"", "text/html", 204, None),
        ("/optional", b"null", JSON, 422, None),
        ("/optional", b" ", JSON, 400, None),
        ("/optional", b"{}", None, 415, None),
        ("/nullable", b"null", JSON, 204, None),
        ("/nullable", b"", JSON, 422, None),
        ("/nullable", b"", None, 422, None),
        ("/nullable", b"5", "Application/JSON ; charset=UTF-8", 204, 5),
        ("/nullable", b"5", 'application/json; charset="utf-8"', 204, 5),
        ("/nullable", b"5", "application/json; charset=us-ascii", 204, 5),
        ("/nullable", b"5", "application/json; charset=iso-8859-1", 415, None),
        ("/nullable", b"5", "application/json, application/json", 415, None),
        ("/nullable", b"5", "", 415, None),
    ],
)
async def test_absent_is_not_empty_and_empty_is_not_null(
    contracts: Contracts, path: str, content: bytes, media_type: str | None, status: int, given: object
) -> None:
    served = contracts.text(OPTIONAL).serve(optional=None, nullable=None)
    headers = {} if media_type is None else {"Content-Type": media_type}
    answer = await served.post(path, content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert served.given == ({"body": given} if status == 204 else {})


async def test_a_compressed_body_is_refused_and_says_what_is_taken(contracts: Contracts) -> None:
    served = contracts.text(OPTIONAL).serve(nullable=None)
    for encoding, status in (("gzip", 415), ("identity", 204)):
        headers = {"Content-Type": JSON, "Content-Encoding": encoding}
        answer = await served.post("/nullable", content=b"5", headers=headers)
        assert answer.status_code == status
        assert status == 204 or answer.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("{application/json;v=1: {}, application/json;v=2: {}}", ["5:79 unsupported-media-type"]),
        ("{text/plain;charset=iso-8859-1: {}}", ["5:62 unsupported-media-type"]),
    ],
    ids=["parameters", "charset"],
)
def test_media_types_that_no_body_can_be_told_by_are_refused(tmp_path: Path, content: str, found: list[str]) -> None:
    text = f"""
paths:
  /a:
    post: {{operationId: a, responses: {{"204": {{description: ok}}}},
      requestBody: {{content: {content}}}}}
"""
    assert refused(tmp_path, text) == found
