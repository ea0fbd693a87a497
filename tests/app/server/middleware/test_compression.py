"""Gzip where it helps and is true: sizes, kinds, what clients accept, and entity tags."""

import gzip
import zlib
from collections.abc import Sequence

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from app.server.middleware.compression import MINIMUM_BYTES, Compression, accepts_gzip

LONG = b'{"a": "' + b"x" * 5000 + b'"}'
JSON = (b"content-type", b"application/json")


async def answer(
    body: bytes | Sequence[bytes],
    headers: Sequence[tuple[bytes, bytes]] = (JSON,),
    *,
    status: int = 200,
    accept: str = "gzip",
    method: str = "GET",
) -> httpx.Response:
    """What a client gets from an application that answers so; a sequence of bodies is streamed."""
    chunks = [body] if isinstance(body, bytes) else list(body)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        length = [(b"content-length", b"%d" % len(body))] if isinstance(body, bytes) else []
        await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
        for number, chunk in enumerate(chunks, start=1):
            await send({"type": "http.response.body", "body": chunk, "more_body": number < len(chunks)})

    transport = httpx.ASGITransport(Compression(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        request = client.build_request(method, "/", headers={"Accept-Encoding": accept})
        return await client.send(request)


async def test_long_json_is_compressed_and_its_length_is_true() -> None:
    found = await answer(LONG)
    assert found.headers["content-encoding"] == "gzip"
    assert found.headers["vary"] == "Accept-Encoding"
    assert int(found.headers["content-length"]) < len(LONG)
    assert found.content == LONG


async def test_a_short_answer_stays_as_it_is_but_says_that_it_could_vary() -> None:
    found = await answer(b"x" * (MINIMUM_BYTES - 1))
    assert "content-encoding" not in found.headers
    assert found.headers["vary"] == "Accept-Encoding"
    assert found.headers["content-length"] == str(MINIMUM_BYTES - 1)


@pytest.mark.parametrize("accept", ["identity", "br", "gzip;q=0", "*;q=0", "gzip;q=nonsense", ""])
async def test_who_does_not_accept_gzip_gets_none(accept: str) -> None:
    found = await answer(LONG, accept=accept)
    assert "content-encoding" not in found.headers
    assert found.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("accept", ["gzip", "GZIP", "br, gzip;q=0.1", "*", "deflate, *;q=0.5"])
def test_who_accepts_gzip(accept: str) -> None:
    assert accepts_gzip([(b"accept-encoding", accept.encode())])


async def test_an_answer_with_a_strong_tag_is_the_very_bytes_that_the_tag_promises() -> None:
    found = await answer(LONG, (JSON, (b"etag", b'"1f"')))
    assert "content-encoding" not in found.headers
    assert found.headers["etag"] == '"1f"'


async def test_an_answer_with_a_weak_tag_is_compressed() -> None:
    found = await answer(LONG, (JSON, (b"etag", b'W/"1f"')))
    assert found.headers["content-encoding"] == "gzip"
    assert found.headers["etag"] == 'W/"1f"'


@pytest.mark.parametrize(
    ("kind", "is_compressed"),
    [
        (b"application/problem+json", True),
        (b"text/html; charset=utf-8", True),
        (b"application/yaml", True),
        (b"image/png", False),
        (b"application/octet-stream", False),
        (b"text/event-stream", False),
        (b"", False),
    ],
)
async def test_only_text_is_compressed_and_events_are_not_held_back(kind: bytes, is_compressed: bool) -> None:
    found = await answer(LONG, ((b"content-type", kind),))
    assert ("content-encoding" in found.headers) is is_compressed


async def test_what_is_encoded_already_is_left_alone() -> None:
    packed = gzip.compress(LONG * 20)
    found = await answer(packed, (JSON, (b"content-encoding", b"gzip")))
    assert found.content == LONG * 20


async def test_a_partial_answer_is_left_alone() -> None:
    assert "content-encoding" not in (await answer(LONG, status=206)).headers


async def test_head_is_answered_without_compressing_nothing() -> None:
    found = await answer(b"", (JSON,), method="HEAD")
    assert "content-encoding" not in found.headers


async def test_head_foretells_what_get_sends() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        body = LONG if scope["method"] == "GET" else b""
        headers = [JSON, (b"content-length", b"%d" % len(LONG))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    transport = httpx.ASGITransport(Compression(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        got, head = await client.get("/"), await client.head("/")
    assert head.headers["content-encoding"] == got.headers["content-encoding"] == "gzip"
    assert "content-length" not in head.headers, "it would be that of the uncompressed body"


async def test_a_stream_is_compressed_piece_by_piece() -> None:
    found = await answer([b"one ", b"two ", b"three"])
    assert found.headers["content-encoding"] == "gzip"
    assert "content-length" not in found.headers
    assert found.text == "one two three"


async def test_each_piece_of_a_stream_can_be_read_when_it_arrives() -> None:
    sent: list[bytes] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [JSON]})
        await send({"type": "http.response.body", "body": b'{"row": 1}\n', "more_body": True})

    async def send(message: Message) -> None:
        if message["type"] == "http.response.body":
            sent.append(message["body"])

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "GET", "headers": [(b"accept-encoding", b"gzip")]}
    await Compression(app)(scope, receive, send)
    assert zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(sent[0]) == b'{"row": 1}\n'
