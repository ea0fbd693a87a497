"""Webhooks and callbacks of generated packages, sent: a fault here tells receivers what the contract does not say."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import json
import uuid
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from fastapi import Depends

from tallystick.runtime.destinations import DestinationRefused, Destinations
from tallystick.runtime.expressions import Answered, Exchange, ExpressionError, exchange
from tallystick.runtime.outgoing import PayloadRefused
from tallystick.runtime.signatures import Signer
from tallystick.runtime.webhooks import Answer, CredentialMissing, NotDelivered, Request, Sender
from tests.support.contracts import Contracts, Package, refused

Made = Callable[[str], Package]
URL = "https://hooks.test/in"
SECRET = "whsec_" + base64.b64encode(b"x" * 32).decode()
EVENT = uuid.UUID("019cc296-f901-7160-8099-950d836f675c")
TOKEN = {"token": "t0k"}


class Receiver:
    """Keeps what was sent, and answers the same every time."""

    def __init__(self, answer: Answer | Exception | float = Answer(204)) -> None:  # noqa: B008 - immutable
        self.answer = answer
        self.sent: list[Request] = []

    async def send(self, request: Request) -> Answer:
        self.sent.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        if isinstance(self.answer, float):
            await asyncio.sleep(self.answer)
            return Answer(204)
        return self.answer

    @property
    def latest(self) -> Request:
        return self.sent[-1]

    def header(self, name: str) -> str | None:
        return dict(self.latest.headers).get(name)


async def public(host: str, port: int) -> list[str]:
    """Every host is at a public address."""
    return ["93.184.216.34"]


def sender(receiver: Receiver, **options: Any) -> Sender:
    return Sender(receiver, destinations=Destinations(resolve=public), **options)


@pytest.fixture
def hooks(package: Made) -> Any:
    return package("hooks").module("webhooks")


@pytest.fixture
def sold(package: Made, hooks: Any) -> Any:
    """A message of the webhook thing.sold."""
    return hooks.ThingSoldWebhook(payload=package("hooks").models.Sold(id=1, price=2.5), x_event_id=EVENT)


async def test_a_webhook_is_sent_as_the_contract_says(hooks: Any, sold: Any, package: Made) -> None:
    receiver = Receiver()
    full = dataclasses.replace(sold, tags=["a b", "c"], filter=package("hooks").models.OnSoldFilter(a=5), track=True)
    await sender(receiver).send(full, URL + "?own=1#part", credentials=TOKEN)
    request = receiver.latest
    assert request.method == "POST"
    assert request.url == URL + "?own=1&tags=a%20b%2Cc&filter[a]=5"
    assert request.address == "93.184.216.34", "the address that was checked is the one to connect to"
    assert json.loads(request.body) == {"id": 1, "price": 2.5}, "what was not set is not sent"
    assert dict(request.headers) == {
        "x-event-id": str(EVENT),
        "content-type": "application/json",
        "authorization": "Bearer t0k",
        "cookie": "track=true",
    }


async def test_what_is_not_given_is_not_sent(sold: Any) -> None:
    receiver = Receiver()
    await sender(receiver, credentials=TOKEN).send(sold, URL)
    assert receiver.latest.url == URL
    assert receiver.header("cookie") is None


@pytest.mark.parametrize(
    ("change", "pointers"),
    [
        ({"id": 0}, ["/id"]),
        ({"id": "1"}, ["/id"]),
        ({"price": float("nan")}, ["/price"]),
        ({"buyer": 5}, ["/buyer"]),
        ({"id": 0, "price": None}, ["/id", "/price"]),
    ],
)
async def test_a_payload_that_breaks_the_contract_is_not_sent(
    package: Made, sold: Any, change: dict[str, Any], pointers: list[str]
) -> None:
    """Also where a model was made without being checked."""
    receiver = Receiver()
    payload = package("hooks").models.Sold.model_construct(**{"id": 1, "price": 1.0, **change})
    with pytest.raises(PayloadRefused) as found:
        await sender(receiver, credentials=TOKEN).send(dataclasses.replace(sold, payload=payload), URL)
    assert [one.pointer for one in found.value.violations] == pointers
    assert receiver.sent == []


@pytest.mark.parametrize("value", [None, "text", {"id": 1}, 7])
async def test_a_payload_of_another_type_is_not_sent(sold: Any, value: Any) -> None:
    receiver = Receiver()
    with pytest.raises(PayloadRefused):
        await sender(receiver, credentials=TOKEN).send(dataclasses.replace(sold, payload=value), URL)
    assert receiver.sent == []


async def test_a_header_cannot_smuggle_another_one(contracts: Contracts) -> None:
    made = contracts.text(
        "paths: {}\n"
        "webhooks: {a: {post: {parameters: [{name: X-A, in: header, required: true, schema: {type: string}}]}}}\n"
    ).module("webhooks")
    receiver = Receiver()
    with pytest.raises(PayloadRefused):
        await sender(receiver).send(made.AWebhook(x_a="1\r\nX-Evil: 2"), URL)
    assert receiver.sent == []


@pytest.mark.parametrize(
    ("given", "authorization", "url"),
    [
        (TOKEN, "Bearer t0k", URL),
        ({"hookKey": "k/1", "basic": "u:p"}, "Basic dTpw", URL + "?key=k%2F1"),
        ({"hookKey": "k", "basic": "u:p", "token": "t"}, "Basic dTpw", URL + "?key=k"),
    ],
)
async def test_the_first_way_in_that_can_be_gone_is_gone(
    sold: Any, given: dict[str, str], authorization: str, url: str
) -> None:
    receiver = Receiver()
    await sender(receiver, credentials=given).send(sold, URL)
    assert (receiver.header("authorization"), receiver.latest.url) == (authorization, url)


@pytest.mark.parametrize("given", [{}, {"hookKey": "k"}, {"other": "x"}])
async def test_without_its_credentials_nothing_is_sent(sold: Any, given: dict[str, str]) -> None:
    receiver = Receiver()
    with pytest.raises(CredentialMissing, match=r"thing\.sold is sent with hookKey and basic or token"):
        await sender(receiver, credentials=given).send(sold, URL)
    assert receiver.sent == []


async def test_every_message_is_signed(sold: Any) -> None:
    receiver = Receiver()
    signing = sender(receiver, credentials=TOKEN, signer=Signer(SECRET), now=lambda: 1_700_000_000.9)
    first = await signing.send(sold, URL)
    again = await signing.send(sold, URL, message_id=first.message_id)
    headers = dict(receiver.latest.headers)
    assert headers["webhook-id"] == first.message_id == again.message_id
    assert headers["webhook-timestamp"] == "1700000000"
    Signer(SECRET).verify(headers, receiver.latest.body, 1_700_000_000)


@pytest.mark.parametrize(
    ("answer", "accepted", "value", "breaches"),
    [
        (Answer(200, {"content-type": "application/json"}, b'{"seen": 3}'), True, 3, 0),
        (Answer(204), True, None, 0),
        (Answer(200, {"content-type": "application/json"}, b'{"seen": "3"}'), True, None, 1),
        (Answer(200, {"content-type": "application/json"}, b"{"), True, None, 1),
        (Answer(200, {"content-type": "text/html"}, b"<p>"), True, None, 1),
        (Answer(200), True, None, 1),
        (Answer(202), True, None, 1),
        (Answer(410, {"content-type": "text/plain; charset=utf-8"}, b"gone"), False, None, 0),
        (Answer(302, {"location": "http://127.0.0.1/"}), False, None, 1),
        (Answer(500), False, None, 1),
    ],
)
async def test_the_answer_is_judged(
    sold: Any, answer: Answer, accepted: bool, value: int | None, breaches: int
) -> None:
    receiver = Receiver(answer)
    delivery = await sender(receiver, credentials=TOKEN).send(sold, URL)
    assert delivery.accepted is accepted
    assert (delivery.value.seen if delivery.value else None) == value
    assert len(delivery.breaches) == breaches, delivery.breaches
    assert len(receiver.sent) == 1, "redirects are not followed"


async def test_a_receiver_that_takes_too_long_is_left(sold: Any) -> None:
    with pytest.raises(NotDelivered, match=r"within 0\.2 s"):
        await sender(Receiver(30.0), credentials=TOKEN).send(sold, URL)


async def test_a_receiver_that_is_not_there(sold: Any) -> None:
    with pytest.raises(NotDelivered, match="refused"):
        await sender(Receiver(ConnectionRefusedError("refused")), credentials=TOKEN).send(sold, URL)


@pytest.mark.parametrize(
    ("media_type", "payload", "body"),
    [
        ("application/x-www-form-urlencoded", {"who": "a&b é", "when": [1, 2]}, b"who=a%26b+%C3%A9&when=1&when=2"),
        ("text/plain", "é", "é".encode()),
    ],
)
async def test_other_media_types(hooks: Any, package: Made, media_type: str, payload: Any, body: bytes) -> None:
    receiver = Receiver(Answer(418))
    form = package("hooks").models.PutPingedWebhookRequestForm
    value = form(**payload) if isinstance(payload, dict) else payload
    delivery = await sender(receiver).send(hooks.PingedPutWebhook(payload=value, media_type=media_type), URL)
    assert (receiver.header("content-type"), receiver.latest.body) == (media_type, body)
    assert delivery.breaches == (), "default declares every status"


async def test_a_payload_that_may_be_left_out(hooks: Any) -> None:
    receiver = Receiver()
    await sender(receiver).send(hooks.PingedPutWebhook(), URL)
    assert (receiver.latest.method, receiver.latest.body, receiver.header("content-type")) == ("PUT", b"", None)


async def test_a_range_of_media_types_is_narrowed_by_who_sends(hooks: Any) -> None:
    receiver = Receiver()
    await sender(receiver).send(hooks.RawWebhook(payload=b"\x89", media_type="image/png"), URL)
    assert (receiver.header("content-type"), receiver.latest.body) == ("image/png", b"\x89")
    for other in ("image/*", "text/html", ""):
        with pytest.raises(PayloadRefused):
            await sender(receiver).send(hooks.RawWebhook(payload=b"", media_type=other), URL)


# ------------------------------------------------------------------ callbacks


async def subscribed(package: Made, body: Any, query: str = "", headers: dict[str, str] | None = None) -> Exchange:
    """The exchange that a handler of `subscribe` gets, with the answer it gave."""
    served = package("hooks").serve()
    kept: list[Exchange] = []
    stand_in = package("hooks").implementations()[0].stand_in

    class Handlers(stand_in):  # type: ignore[misc,valid-type]  # made by the test's contract
        def __init__(self, found: Annotated[Exchange, Depends(exchange)]) -> None:
            self.found = found

        async def subscribe(self, kind: str, body: Any, *, at: str | None = None) -> Any:
            answer = package("hooks").answer("default", "Subscribe201")
            made = answer(body=package("hooks").models.SubscribeResponse201(id=7), location="/s/7")
            kept.append(self.found.answered(made.encode()))
            return made

    served.__dict__["_handlers"] = lambda _: Handlers
    answer = await served.post(f"/subscriptions/a%2Fb{query}", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return kept[0]


async def test_a_callback_goes_where_the_request_said(package: Made, hooks: Any) -> None:
    found = await subscribed(package, {"callback_url": "https://client.test/x"})
    models = package("hooks").models
    receiver = Receiver()
    message = hooks.SubscribeOnDataCallback(payload=models.SubscribeOnDataPostRequest(value=1.5))
    delivery = await sender(receiver).call_back(message, found)
    assert delivery.accepted
    assert receiver.latest.url == "https://client.test/x/data?kind=a%2Fb&id=7"
    assert receiver.latest.body == b'{"value":1.5}'


async def test_callbacks_find_every_part_of_a_request(package: Made, hooks: Any) -> None:
    found = await subscribed(
        package,
        {"callback_url": "https://c.test", "others": ["https://0.test", "https://1.test"]},
        "?at=https%3A%2F%2Fq.test%2F%3Fa%3D1",
        {"X-Back": "https://h.test"},
    )
    assert hooks.SubscribeOnEndRequestQueryAtPostCallback().url(found) == "https://q.test/?a=1"
    assert hooks.SubscribeOnEndRequestBodyOthers1DeleteCallback().url(found) == "https://1.test"
    assert hooks.SubscribeOnHeaderCallback().url(found) == "https://h.test"


async def test_an_expression_that_leads_nowhere_says_so(package: Made, hooks: Any) -> None:
    found = await subscribed(package, {"callback_url": "https://c.test", "others": ["https://0.test"]}, "?x=a&x=b")
    twice = dataclasses.replace(found, query={"at": ["a", "b"]})
    unanswered = dataclasses.replace(found, answer=None)
    for message, given, reason in [
        (hooks.SubscribeOnEndRequestQueryAtPostCallback(), twice, r"\$request\.query\.at was sent 2 times"),
        (hooks.SubscribeOnEndRequestBodyOthers1DeleteCallback(), found, r"#/others/1 leads nowhere: .* no '1'"),
        (hooks.SubscribeOnHeaderCallback(), found, r"\$request\.header\.x-back leads nowhere"),
        (hooks.SubscribeOnDataCallback(payload=None), unanswered, r"\$response\.body#/id asks for the answer"),
    ]:
        with pytest.raises(ExpressionError, match=reason):
            message.url(given)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "ftp://c.test/",
        "//c.test/x",
        "c.test",
        "",
        "https://",
        "https://user:pw@c.test/",
        "https://c.test\\@127.0.0.1/",
        "https://c.test/\r\nX: 1",
        "https://c.test/ x",
        "https://c.test:99999/",
        "https://[::1/",
        "http://169.254.169.254/latest/meta-data",
        "http://2852039166/",
    ],
)
async def test_a_callback_does_not_go_just_anywhere(package: Made, hooks: Any, url: str) -> None:
    found = await subscribed(package, {"callback_url": url})
    receiver = Receiver()
    message = hooks.SubscribeOnDataCallback(payload=package("hooks").models.SubscribeOnDataPostRequest(value=1))
    with pytest.raises(DestinationRefused):
        await Sender(receiver).call_back(message, found)
    assert receiver.sent == []


async def test_operations_without_callbacks_keep_nothing(package: Made) -> None:
    assert package("hooks").operations.SUBSCRIBE.callbacks == ("onData", "onEnd", "onHeader")
    assert package("hooks").operations.PLAIN.callbacks == ()


def test_security_of_the_document_is_not_asked_of_us(hooks: Any) -> None:
    assert hooks.RawWebhook.definition.security == ()


@pytest.mark.parametrize("expression", ["{$request.bdy#/url}", "$request.body#url", "{$request.body#/url", "{$uri}"])
def test_an_expression_that_cannot_be_read_is_refused(tmp_path: Any, expression: str) -> None:
    text = (
        "paths:\n"
        "  /a:\n"
        "    post:\n"
        "      operationId: a\n"
        "      responses: {'204': {description: ok}}\n"
        f"      callbacks: {{done: {{'{expression}': {{post: {{responses: {{'204': {{description: ok}}}}}}}}}}}}\n"
    )
    assert [one.split()[1] for one in refused(tmp_path, text)] == ["callback-expression"]


def test_names_that_become_one_are_refused(tmp_path: Any) -> None:
    text = "paths: {}\nwebhooks:\n  a-b: {post: {}}\n  a_b: {post: {}}\n"
    assert [one.split()[1] for one in refused(tmp_path, text)] == ["name-collision"]


def test_links_stand_in_the_table_and_in_the_document(contracts: Contracts) -> None:
    made = contracts.text(
        "paths:\n"
        "  /things:\n"
        "    post:\n"
        "      operationId: addThing\n"
        "      responses:\n"
        "        '201':\n"
        "          description: ok\n"
        "          links:\n"
        "            read: {$ref: '#/components/links/Read'}\n"
        "            write:\n"
        "              operationRef: '#/paths/~1things~1{id}/put'\n"
        "              parameters: {path.id: $response.body#/id}\n"
        "              requestBody: {name: $request.body#/name}\n"
        "  /things/{id}:\n"
        "    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]\n"
        "    get: {operationId: getThing, responses: {'204': {description: ok}}}\n"
        "    put: {responses: {'204': {description: ok}}}\n"
        "components:\n"
        "  links: {Read: {operationId: getThing, parameters: {id: $response.body#/id}}}\n"
    )
    assert [(one.status, one.name, one.operation_id, one.parameters, one.body)
            for one in made.operations.ADD_THING.links] == [
        ("201", "read", "getThing", {"id": "$response.body#/id"}, None),
        ("201", "write", "putThingsById", {"path.id": "$response.body#/id"}, {"name": "$request.body#/name"}),
    ]  # fmt: skip
    bundled = json.loads(made.source("openapi.json"))
    assert bundled["components"]["links"]["Read"]["operationId"] == "getThing"
    assert set(bundled["paths"]["/things"]["post"]["responses"]["201"]["links"]) == {"read", "write"}


async def test_names_and_texts_of_others_stay_text(package: Made) -> None:
    made = package("hooks_hostile")
    hooks = made.module("webhooks")
    names = {name for name in vars(hooks) if name.endswith(("Webhook", "Callback"))} - {"Webhook", "Callback"}
    assert names == {
        *("ImportOsSystemXWebhook", "U1f389Webhook", "ClassWebhook", "None_Webhook", "RefWebhook"),
        *("ABU27U22U22U22Callback", "ABSharedCallback", "PostBSharedCallback", "PostBNestedCallback"),
        "OuterInnerCallback",
    }
    assert "{{ 7*7 }} {% raw %}" in hooks.ImportOsSystemXWebhook.__doc__
    receiver = Receiver()
    message = hooks.U1f389Webhook(payload=[made.models.Node(v=1)], payload_="p", class_=5)
    await sender(receiver).send(message, URL)
    assert receiver.latest.url == URL + "?class=5"
    assert (receiver.header("payload"), receiver.latest.body) == ("p", b'[{"v":1}]')
    assert receiver.header("content-type") == 'application/json; v="1\'"'
    found = await sender(Receiver(Answer(299, {"content-type": "application/json"}, b"[1, 2]"))).send(
        hooks.ClassWebhook(payload={"any": "thing"}), URL
    )
    assert (found.value, found.breaches) == ([1, 2], ())


async def test_a_shared_callback_belongs_to_each_of_its_operations(package: Made) -> None:
    hooks = package("hooks_hostile").module("webhooks")
    exchange_ = Exchange(url="", method="POST", body=b'{"a": "https://c.test/"}')
    for made in (hooks.ABSharedCallback(), hooks.PostBSharedCallback()):
        assert made.url(exchange_) == "https://c.test/"
    reply = Answered(201, {"location": "https://next.test/"})
    assert hooks.OuterInnerCallback().url(dataclasses.replace(exchange_, answer=reply)) == "https://next.test/"
