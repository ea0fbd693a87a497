"""What a mock answers: declared examples where they are valid, made data, what `Prefer` asks for."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from jsonschema_rs import validator_for

from tallystick.mock.document import MockDocument
from tallystick.spec.bundle import bundle
from tallystick.spec.loader import load
from tests.tallystick.mock.conftest import SHELF, Mocked

DUNE = "8d3a3f2e-1f52-4c44-9f0e-6b1f6f8f9f01"


async def test_the_first_valid_example_is_answered_without_what_is_write_only(shelf: httpx.AsyncClient) -> None:
    assert (await shelf.get("/books")).json() == [{"id": DUNE, "title": "Dune"}]


async def test_a_required_header_without_example_is_made(shelf: httpx.AsyncClient) -> None:
    assert int((await shelf.get("/books")).headers["X-Total"]) >= 0


@pytest.mark.parametrize("seed", range(8))
async def test_made_data_keep_their_schema(mocked: Mocked, seed: int) -> None:
    document = MockDocument(bundle(load(SHELF)))
    schema: dict[str, Any] = {"$ref": "#/components/schemas/Made", "components": document.root["components"]}
    value = (await mocked(seed=seed).get("/made")).json()
    assert [str(error) for error in validator_for(schema, validate_formats=True).iter_errors(value)] == []


async def test_made_data_follow_from_seed_and_request(mocked: Mocked) -> None:
    first, again, other = mocked(seed=1), mocked(seed=1), mocked(seed=2)
    one = (await first.get("/made?page=1")).json()
    assert (await first.get("/made?page=1")).json() == one
    assert (await again.get("/made?page=1")).json() == one
    assert (await first.get("/made?page=2")).json() != one
    assert (await other.get("/made?page=1")).json() != one


async def test_prefer_chooses_the_example(shelf: httpx.AsyncClient) -> None:
    answer = await shelf.get("/books", headers={"Prefer": 'wait=3; foo, example="none"'})
    assert answer.json() == []
    assert answer.headers["Preference-Applied"] == 'example="none"'


async def test_prefer_chooses_the_status(shelf: httpx.AsyncClient) -> None:
    answer = await shelf.get(f"/books/{DUNE}", headers={"Prefer": "code=404"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/json")
    assert set(answer.json()) == {"code", "errors"}
    assert answer.headers["Preference-Applied"] == "code=404"


@pytest.mark.parametrize(
    ("asked", "applied"),
    [
        ("example=nobody", None),
        ("example=wrong", None),
        ("respond-async, wait=10, handling=lenient", None),
        ("code=teapot", None),
        ("code=404, example=nobody", "code=404"),
        ("code=418, example=none", 'example="none"'),
        ("code=400; x=1, code=200, example=none", "code=400"),
    ],
)
async def test_only_a_preference_that_was_heeded_is_said_to_be(
    shelf: httpx.AsyncClient, asked: str, applied: str | None
) -> None:
    """RFC 7240, section 3. Unknown preferences are ignored, and so is an example that breaks its schema."""
    path = f"/books/{DUNE}" if "404" in asked else "/books"
    answer = await shelf.get(path, headers={"Prefer": asked})
    assert answer.headers.get("Preference-Applied") == applied
    assert answer.status_code == (404 if "404" in asked else 400 if "code=400" in asked else 200)


async def test_a_status_that_is_not_declared_cannot_be_preferred(shelf: httpx.AsyncClient) -> None:
    assert (await shelf.get("/books", headers={"Prefer": "code=418"})).status_code == 200


async def test_accept_chooses_the_media_type(shelf: httpx.AsyncClient, credential: dict[str, str]) -> None:
    page = await shelf.get("/poster", headers={"Accept": "text/html", **credential})
    assert (page.headers["Content-Type"], page.text) == ("text/html", "<h1>Poster</h1>")
    xml = await shelf.get("/poster", headers={"Accept": "application/xml", **credential})
    assert "<name>a&lt;b</name>" in xml.text


async def test_frontends_of_any_origin_may_ask(shelf: httpx.AsyncClient) -> None:
    """With credentials, which forbid `*`; else a browser shows the script nothing."""
    origin = {"Origin": "http://localhost:3000"}
    for path, status in (("/books", 200), ("/books?limit=x", 400), ("/poster", 401), ("/nowhere", 404)):
        answer = await shelf.get(path, headers=origin)
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == origin["Origin"]
        assert answer.headers["Access-Control-Allow-Credentials"] == "true"
        readable = answer.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"X-Total", "WWW-Authenticate", "Location"} <= set(readable)
        assert "*" not in readable


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
async def test_preflights_are_answered_for_every_origin_method_and_header(
    shelf: httpx.AsyncClient, method: str
) -> None:
    asked = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type,x-key",
        "Access-Control-Request-Private-Network": "true",
    }
    answer = await shelf.options("/books", headers=asked)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert answer.headers["Access-Control-Allow-Headers"] == asked["Access-Control-Request-Headers"]
    assert method in answer.headers["Access-Control-Allow-Methods"].split(", ")
    assert answer.headers["Access-Control-Allow-Private-Network"] == "true"


async def test_head_options_and_other_methods_are_those_of_the_run_time(shelf: httpx.AsyncClient) -> None:
    assert (await shelf.head("/books")).content == b""
    assert (await shelf.options("/books")).headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert (await shelf.put("/books")).status_code == 405


async def test_the_documentation_is_there(shelf: httpx.AsyncClient) -> None:
    assert (await shelf.get("/docs")).status_code == 200
    document = (await shelf.get("/openapi.json")).json()
    assert document["servers"] == [{"url": "/"}], "what is tried in the page has to reach the mock"
