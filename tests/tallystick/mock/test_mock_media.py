"""Bodies in every kind of media type, pages, envelopes, and things put back."""

from __future__ import annotations

import tomllib
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from tallystick.mock.credentials import Credential
from tallystick.mock.schemathesis import schemathesis_config
from tallystick.runtime.operation import Operation
from tallystick.runtime.problems import Kind
from tests.tallystick.mock.conftest import CONTRACTS, Mocked

MEDIA = CONTRACTS / "media.yaml"


@pytest.fixture
def media(mocked: Mocked) -> httpx.AsyncClient:
    return mocked(contract=MEDIA)


@pytest.fixture
def lasting(mocked: Mocked) -> httpx.AsyncClient:
    return mocked(contract=MEDIA, stateful=True)


@pytest.mark.parametrize(
    ("accept", "body"),
    [
        ("application/json", b'{"n": 1, "tags": ["a", "b"], "on": true, "gap": null}'),
        ("application/x-www-form-urlencoded", b"n=1&tags=a&tags=b&on=True&gap=None"),
        ("text/csv", b"a,b"),
        ("application/octet-stream", b"mock"),
        ("application/vnd.empty+json", b"{}"),
    ],
)
async def test_a_body_is_written_as_its_media_type(media: httpx.AsyncClient, accept: str, body: bytes) -> None:
    answer = await media.get("/all", headers={"Accept": accept})
    assert answer.headers["Content-Type"] == accept
    assert answer.content == body


@pytest.mark.parametrize(
    ("accept", "body"),
    [
        ("text/event-stream", b"event: added\ndata: a\ndata: b\n\n"),
        ("application/json-seq", b"\x1e1\n\x1e2\n"),
    ],
)
async def test_values_that_follow_each_other_are_framed(media: httpx.AsyncClient, accept: str, body: bytes) -> None:
    assert (await media.get("/streams", headers={"Accept": accept})).content == body


@pytest.mark.parametrize(
    ("content", "status"), [(b"1\n2\n", 204), (b'1\n"2"\n', 422), (b"1\n{", 400), (b"1\n" * 11, 413)]
)
async def test_a_body_that_streams_is_judged(media: httpx.AsyncClient, content: bytes, status: int) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield content

    answer = await media.post("/streams", content=pieces(), headers={"Content-Type": "application/jsonl"})
    assert answer.status_code == status, answer.text


async def test_xml_is_well_formed(media: httpx.AsyncClient) -> None:
    text = (await media.get("/all", headers={"Accept": "application/xml"})).text
    assert "<n>1</n><tags>a</tags><tags>b</tags><on>true</on><gap></gap>" in text


async def test_headers_are_written_in_style_simple(media: httpx.AsyncClient) -> None:
    headers = (await media.get("/all")).headers
    assert (headers["X-List"], headers["X-Map"], headers["X-On"]) == ("1,2", "a,1", "true")


async def test_an_operation_may_only_redirect(media: httpx.AsyncClient) -> None:
    answer = await media.get("/old")
    assert (answer.status_code, answer.headers["Location"], answer.content) == (303, "/all", b"")


async def test_an_operation_may_only_declare_default(media: httpx.AsyncClient) -> None:
    assert (await media.get("/any")).status_code == 200


async def test_numbers_in_envelopes_are_ids(lasting: httpx.AsyncClient) -> None:
    first = (await lasting.post("/cases", json={"case": {"name": "a"}})).json()["case"]
    second = (await lasting.post("/cases", json={"case": {"name": "b"}})).json()["case"]
    assert first["id"] != second["id"]
    assert (await lasting.get(f"/cases/{second['id']}")).json() == {"case": second}
    page = (await lasting.get("/cases")).json()
    assert page["data"][:2] == [{"case": second}, {"case": first}]
    assert page["total"] == 2


async def test_what_is_put_is_there_again(lasting: httpx.AsyncClient) -> None:
    await lasting.delete("/cases/5")
    assert (await lasting.get("/cases/5")).status_code == 404
    put = await lasting.put("/cases/5", json={"case": {"name": "back"}})
    assert put.json() == {"case": {"id": 5, "name": "back"}}
    assert (await lasting.get("/cases/5")).json() == put.json()


async def test_what_is_below_a_deleted_thing_is_gone_too(media: httpx.AsyncClient) -> None:
    await media.delete("/cases/5")
    assert (await media.get("/cases/5/notes")).status_code == 404
    assert (await media.get("/cases/6/notes")).status_code == 200


def test_the_configuration_names_every_kind_of_credential_and_changes_no_check() -> None:
    shown = [Credential(kind, kind, "x", "") for kind in ("apiKey", "basic", "bearer")]
    config = tomllib.loads(schemathesis_config("http://a", shown))
    assert config == {
        "base-url": "http://a",
        "auth": {
            "openapi": {
                "apiKey": {"api_key": "x"},
                "basic": {"username": "mock", "password": "x"},
                "bearer": {"bearer": "x"},
            }
        },
    }


def test_the_configuration_allows_a_status_of_its_own_only_where_a_header_has_one() -> None:
    """Else a check would be weaker for operations that have no reason to answer 428."""
    conditional = {"if-match": Kind.PRECONDITION_REQUIRED}
    plain = Operation("a", "GET", "/a/{id}", "t", (200, 428))
    written = schemathesis_config("http://a", (), (plain, replace(plain, method="PUT", required_headers=conditional)))
    assert tomllib.loads(written)["operations"] == [
        {
            "include-name": "PUT /a/{id}",
            "checks": {"missing_required_header": {"expected-statuses": [400, 401, 403, 406, 415, 422, 428]}},
        }
    ]
