"""Server-sent events, over HTTP: a fault here breaks framing, loses events, or keeps what nobody listens to alive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from starlette.types import Message

from tallystick.runtime import events
from tallystick.runtime.events import ServerSentComment, ServerSentEvent, frame
from tallystick.runtime.watch import StreamBreach
from tests.support.contracts import Contracts, Package

CONTRACT = """
paths:
  /numbers:
    get:
      operationId: getNumbers
      parameters: [{name: Last-Event-ID, in: header, schema: {type: integer}}]
      responses:
        "200":
          description: The schema describes the data.
          content: {text/event-stream: {schema: {$ref: "#/components/schemas/Number"}}}
  /texts:
    get:
      operationId: getTexts
      responses: {"200": {description: ok, content: {text/event-stream: {schema: {type: string}}}}}
  /changes:
    get:
      operationId: getChanges
      responses:
        "200":
          description: The schema describes events with all their fields.
          headers: {Cache-Control: {schema: {type: string}}}
          content:
            text/event-stream: {schema: {type: array, items: {$ref: "#/components/schemas/Change"}}}
components:
  schemas:
    Number: {type: object, required: [n], properties: {n: {type: integer}, text: {type: string}}}
    Change:
      oneOf: [{$ref: "#/components/schemas/Added"}, {$ref: "#/components/schemas/Gone"}]
    Added:
      type: object
      required: [event, data]
      properties:
        event: {const: added}
        id: {type: string}
        data: {type: string, contentMediaType: application/json, contentSchema: {$ref: "#/components/schemas/Price"}}
    Gone:
      type: object
      required: [event, data]
      properties: {event: {const: gone}, retry: {type: integer}, data: {type: string}}
    Price: {type: object, required: [price], properties: {price: {type: number}}}
"""


@pytest.fixture
def made(contracts: Contracts) -> Package:
    return contracts.text(CONTRACT)


async def stream(*values: Any) -> AsyncIterator[Any]:
    for value in values:
        yield value


async def test_each_event_is_framed_with_its_fields(made: Package) -> None:
    number = made.models.Number
    values = (
        ServerSentEvent(number(n=1), event="tick", id="7", retry=250),
        ServerSentComment("two\nlines"),
        ServerSentEvent(number(n=2, text="a\nb")),
    )
    served = made.serve(get_numbers=lambda **_: stream(*values))
    answer = await served.get("/numbers", headers={"Last-Event-ID": "6"})
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.text == (
        'event: tick\nid: 7\nretry: 250\ndata: {"n":1}\n\n: two\n: lines\n\ndata: {"n":2,"text":"a\\nb"}\n\n'
    )
    assert served.given == {"last_event_id": 6}
    assert (await served.get("/numbers", headers={"Last-Event-ID": "x"})).status_code == 422


async def test_text_of_several_lines_is_several_data_lines(made: Package) -> None:
    served = made.serve(get_texts=lambda: stream(ServerSentEvent("a\r\nb\rc\n"), ServerSentEvent("")))
    assert (await served.get("/texts")).text == "data: a\ndata: b\ndata: c\ndata: \n\ndata: \n\n"


async def test_events_that_the_contract_describes_whole(made: Package) -> None:
    models = made.models
    values = (
        models.Added(event="added", id="1", data=models.Price(price=1.5)),
        ServerSentComment(),
        models.Gone(event="gone", retry=5, data="x"),
    )
    headers = {"cache_control": "no-store"}
    answer_class = made.answer("default", "GetChanges200")
    answer = await made.serve(get_changes=answer_class(body=stream(*values), **headers)).get("/changes")
    assert answer.text == ('event: added\nid: 1\ndata: {"price":1.5}\n\n: \n\nevent: gone\nretry: 5\ndata: x\n\n')
    assert answer.headers.get_list("cache-control") == ["no-store"]


async def test_the_guard_breaks_a_stream_off_before_what_is_not_declared(made: Package) -> None:
    number = made.models.Number
    sent = stream(ServerSentEvent(number(n=1)), ServerSentEvent(number.model_construct(n="x")))
    with (
        pytest.warns(UserWarning, match="serialized value may not be"),
        pytest.raises(StreamBreach, match='"x" is not of type "integer"'),
    ):
        await made.serve(get_numbers=lambda **_: sent).get("/numbers")


@pytest.mark.parametrize(
    "fields", [{"event": "a\nb"}, {"id_": "a\rdata: b"}, {"id_": "\x00"}], ids=["name", "id", "NUL"]
)
def test_a_field_cannot_smuggle_another_one_in(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="line end or NUL"):
        frame("a", **fields)  # type: ignore[arg-type]  # one of several arguments


async def receive_after(event: asyncio.Event) -> Message:
    await event.wait()
    return {"type": "http.disconnect"}


async def run(made: Package, body: Callable[[], Any], *, until: int, wait: float = 0) -> list[Message]:
    """What is sent; the client goes away after so many messages, and takes its time for each."""
    sent: list[Message] = []
    enough = asyncio.Event()

    async def send(message: Message) -> None:
        await asyncio.sleep(wait)
        sent.append(message)
        if len(sent) == until:
            enough.set()

    scope = {"type": "http", "method": "GET", "path": "/texts", "raw_path": b"/texts", "query_string": b""}
    app = made.serve(get_texts=body).app
    await asyncio.wait_for(app({**scope, "headers": [], "root_path": ""}, lambda: receive_after(enough), send), 20)
    return sent


async def test_a_client_that_goes_away_ends_the_handlers_generator(made: Package) -> None:
    ended: list[str] = []

    async def forever() -> AsyncIterator[ServerSentEvent[str]]:
        task = asyncio.current_task()
        try:
            while True:
                yield ServerSentEvent("a")
        finally:
            # Cancel scopes and database sessions are left by the task that entered them.
            ended.append("same task" if asyncio.current_task() is task else "another task")

    await run(made, forever, until=4)
    assert ended == ["same task"]


async def test_a_slow_client_is_never_left_behind(made: Package) -> None:
    """What is made ahead of sending would fill the memory."""
    count = 0

    async def fast() -> AsyncIterator[ServerSentEvent[str]]:
        nonlocal count
        for _ in range(10_000):
            count += 1
            yield ServerSentEvent("a")

    sent = await run(made, fast, until=5, wait=0.01)
    assert count <= len(sent) + 1


async def test_each_event_is_sent_at_once_and_silence_is_filled(made: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_SECONDS", 0.1)

    async def quiet() -> AsyncIterator[ServerSentEvent[str]]:
        yield ServerSentEvent("a")
        await asyncio.sleep(3600)

    sent = [each.get("body") for each in await run(made, quiet, until=8)]
    # A busy machine may be slow to make the first event, too.
    assert sent.count(b"data: a\n\n") == 1
    assert sent[-1] == b":\n\n"
    assert set(sent) == {None, b"data: a\n\n", b":\n\n"}


async def test_a_generator_that_fails_breaks_the_connection(made: Package) -> None:
    async def failing() -> AsyncIterator[ServerSentEvent[str]]:
        yield ServerSentEvent("a")
        raise LookupError("nothing more")

    with pytest.raises(LookupError):
        await run(made, failing, until=9)
