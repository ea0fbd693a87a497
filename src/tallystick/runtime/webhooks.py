"""Webhooks and callbacks: requests that the contract declares and the server sends.

Generated code has a class for each, whose objects are messages. A `Sender` sends them:

    delivery = await sender.send(ItemSoldWebhook(payload=ItemSold(...)), subscription.url)
"""

from __future__ import annotations

import asyncio
import base64
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar, cast
from urllib.parse import quote

from tallystick.runtime.destinations import Destinations
from tallystick.runtime.expressions import Exchange, Template, evaluate
from tallystick.runtime.negotiation import media_matches
from tallystick.runtime.operation import Security
from tallystick.runtime.outgoing import Content, Pairs, PayloadRefused, Sent, query_of
from tallystick.runtime.problems import Violation
from tallystick.runtime.reply import header_value
from tallystick.runtime.signatures import Signer

ResultT = TypeVar("ResultT")
ResultT_co = TypeVar("ResultT_co", covariant=True)

TIMEOUT_SECONDS = 15.0
MAX_ANSWER_BYTES = 256 * 1024


class CredentialMissing(Exception):
    """The contract asks for credentials that the sender was not given."""


class NotDelivered(Exception):
    """No answer came: the receiver could not be reached, or took too long. It may have got the message all the same."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a transport sends. It follows no redirects and connects to `address` where there is one."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; headers by lower-case name, of the body at most `MAX_ANSWER_BYTES`."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Transport(Protocol):
    """An HTTP client. `tallystick.runtime.httpx_transport` has one on httpx."""

    async def send(self, request: Request) -> Answer:
        """Send a request, and give its answer whatever the status; the caller cancels what takes too long.

        Raises:
            OSError: the receiver cannot be reached.
        """
        ...


@dataclass(frozen=True, slots=True)
class Credential:
    """Where a security scheme of the contract wants its credential."""

    kind: Literal["apiKey", "bearer", "basic", "http", "mutualTLS"]
    location: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """One declared answer; `status` is `200`, `2XX` or `default`."""

    status: str
    content: Mapping[str, Content] = field(default_factory=dict)

    def covers(self, status: int) -> bool:
        """Whether it is declared for this status."""
        return self.status in (str(status), f"{status // 100}XX", "default")


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What the contract says of one webhook or callback. `url` is the expression of a callback, where it is one."""

    name: str
    method: str
    content: Mapping[str, Content] = field(default_factory=dict)
    required: bool = False
    fields: tuple[Sent, ...] = ()
    answers: tuple[Expected, ...] = ()
    security: Security = ()
    schemes: Mapping[str, Credential] = field(default_factory=dict)
    timeout: float | None = None
    url: Template = ()

    def expected(self, status: int) -> Expected | None:
        """What is declared for a status: itself before its range before `default`."""
        found = [one for one in self.answers if one.covers(status)]
        return min(found, key=lambda one: (one.status == "default", "X" in one.status), default=None)


class Message(Generic[ResultT_co]):
    """Base of the generated classes, which are frozen dataclasses; `ResultT_co` is what a success answers."""

    __slots__ = ()

    definition: ClassVar[Definition]


class Webhook(Message[ResultT_co]):
    """Sent to whom the application chooses."""

    __slots__ = ()


class Callback(Message[ResultT_co]):
    """Sent to whom a request named."""

    __slots__ = ()

    def url(self, exchange: Exchange) -> str:
        """Where the contract sends it, by its expression.

        Raises:
            ExpressionError: the expression leads nowhere in this exchange.
        """
        return evaluate(self.definition.url, exchange)


@dataclass(frozen=True, slots=True)
class Delivery(Generic[ResultT_co]):
    """The receiver's answer.

    Attributes:
        value: what a declared success holds, read by its schema; None where nothing is declared or it does not fit.
        breaches: every way in which the answer is not what the contract declares.
    """

    message_id: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    value: ResultT_co | None = None
    breaches: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the receiver took it: any 2xx."""
        return 200 <= self.status < 300


class Sender:
    """Sends messages over a transport.

    Args:
        destinations: where it may send to.
        signer: signs every message (Standard Webhooks), unless `send` is given another one.
        credentials: by name of security scheme: a token or key, for http basic `user:password`.
        timeout: seconds for one delivery, where the contract does not say it (`x-timeout`).
        now: seconds since 1970.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        destinations: Destinations | None = None,
        signer: Signer | None = None,
        credentials: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT_SECONDS,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._transport = transport
        self._destinations = destinations or Destinations()
        self._signer = signer
        self._credentials = credentials or {}
        self._timeout = timeout
        self._now = now

    async def send(
        self,
        message: Message[ResultT],
        url: str,
        *,
        message_id: str | None = None,
        signer: Signer | None = None,
        credentials: Mapping[str, str] | None = None,
    ) -> Delivery[ResultT]:
        """Send a message once, and judge its answer by the contract. Redirects are answers, they are not followed.

        Args:
            message_id: the same for every attempt to deliver one message; made up where it is left out.
            credentials: beside those of the sender, and before them.

        Raises:
            PayloadRefused: the message breaks the contract.
            DestinationRefused: the URL must not be sent to.
            CredentialMissing: the contract asks for a credential that nobody gave.
            NotDelivered: no answer came.
        """
        definition = message.definition
        headers, query, cookies = _parameters(message)
        media_type, body = _body(message)
        if media_type is not None:
            headers.append(("content-type", media_type))
        given = {**self._credentials, **(credentials or {})}
        for place, name, value in _authorization(definition, given):
            {"header": headers, "query": query, "cookie": cookies}[place].append((name, value))
        if cookies:
            headers.append(("cookie", "; ".join(f"{name}={value}" for name, value in cookies)))
        message_id = message_id or f"msg_{uuid.uuid4().hex}"
        signing = signer or self._signer
        if signing is not None:
            headers += signing.headers(message_id, int(self._now()), body).items()
        destination = await self._destinations.check(_with_query(url, query))
        request = Request(definition.method, destination.url, _sendable(headers), body, destination.address)
        answer = await self._deliver(request, definition.timeout or self._timeout)
        value, breaches = _judged(definition, answer)
        result = cast("ResultT | None", value)
        return Delivery(message_id, answer.status, answer.headers, answer.body, result, tuple(breaches))

    async def call_back(
        self,
        message: Callback[ResultT],
        exchange: Exchange,
        *,
        message_id: str | None = None,
        signer: Signer | None = None,
        credentials: Mapping[str, str] | None = None,
    ) -> Delivery[ResultT]:
        """Send a callback to the URL that the exchange named; the rest is as in `send`.

        Raises:
            ExpressionError: the exchange names no URL.
        """
        url = message.url(exchange)
        return await self.send(message, url, message_id=message_id, signer=signer, credentials=credentials)

    async def _deliver(self, request: Request, seconds: float) -> Answer:
        try:
            async with asyncio.timeout(seconds):
                return await self._transport.send(request)
        except TimeoutError as error:
            raise NotDelivered(f"no answer within {seconds:g} s") from error
        except OSError as error:
            raise NotDelivered(f"the receiver cannot be reached: {error}") from error


def _parameters(message: Message[Any]) -> tuple[Pairs, Pairs, Pairs]:
    """Headers, query and cookies."""
    places: dict[str, Pairs] = {"header": [], "query": [], "cookie": []}
    for one in message.definition.fields:
        value = getattr(message, one.attribute)
        if value is not None:
            places[one.location] += one.pairs(value)
    cookies = [(name, quote(value, safe="")) for name, value in places["cookie"]]
    return places["header"], places["query"], cookies


def _body(message: Message[Any]) -> tuple[str | None, bytes]:
    definition = message.definition
    if not definition.content:
        return None, b""
    payload: Any = getattr(message, "payload")  # noqa: B009 - generated classes have it where there is content
    if payload is None and not definition.required:
        return None, b""
    chosen = getattr(message, "media_type", next(iter(definition.content)))
    content = _content(definition.content, chosen)
    if content is None or "*" in chosen:
        sentence = f"{chosen} is none of the declared {', '.join(definition.content)}."
        raise PayloadRefused((Violation("header", "/content-type", "media_type", sentence),))
    return chosen, content.write(payload)


def _content(declared: Mapping[str, Content], media_type: str) -> Content | None:
    base = media_type.partition(";")[0].strip().lower()
    fitting = [name for name in declared if media_matches(name.partition(";")[0].strip().lower(), base)]
    return declared[min(fitting, key=lambda name: name.count("*"))] if fitting else None


def _authorization(definition: Definition, given: Mapping[str, str]) -> Sequence[tuple[str, str, str]]:
    """Place, name and value of each credential of the first alternative that can be filled."""
    if not definition.security:
        return ()
    for alternative in definition.security:
        needed = [need.scheme for need in alternative]
        # Certificates are the transport's own affair.
        if all(name in given or definition.schemes[name].kind == "mutualTLS" for name in needed):
            return [_placed(definition.schemes[name], given[name]) for name in needed if name in given]
    ways = " or ".join(" and ".join(need.scheme for need in way) for way in definition.security)
    raise CredentialMissing(f"{definition.name} is sent with {ways}: give the sender its credentials")


def _placed(scheme: Credential, secret: str) -> tuple[str, str, str]:
    match scheme.kind:
        case "apiKey":
            value = secret if scheme.location != "cookie" else quote(secret, safe="")
            return scheme.location, scheme.name, value
        case "basic":
            return "header", "authorization", f"Basic {base64.b64encode(secret.encode()).decode('ascii')}"
        case "bearer":
            return "header", "authorization", f"Bearer {secret}"
    return "header", "authorization", f"{scheme.name} {secret}"


def _with_query(url: str, query: Pairs) -> str:
    if not query:
        return url
    base, hash_sign, _ = url.partition("#")
    separator = "" if base.endswith(("?", "&")) else "&" if "?" in base else "?"
    return f"{base}{separator}{query_of(query)}" if hash_sign or base else url


def _sendable(headers: Pairs) -> tuple[tuple[str, str], ...]:
    """Header fields without anything that could end one and begin another."""
    for name, value in headers:
        try:
            header_value(value)
        except ValueError as error:
            sentence = "This value cannot stand in a header."
            raise PayloadRefused((Violation("header", f"/{name}", "header_value", sentence),)) from error
    return tuple((name.lower(), value) for name, value in headers)


def _judged(definition: Definition, answer: Answer) -> tuple[Any, list[str]]:
    expected = definition.expected(answer.status)
    if expected is None:
        return None, [f"status {answer.status} is not declared"] if definition.answers else []
    if not expected.content or not answer.body:
        return None, [f"status {answer.status} has no body"] if expected.content else []
    media_type = answer.headers.get("content-type", "")
    content = _content(expected.content, media_type)
    if content is None:
        return None, [f"the media type {media_type or '(none)'} is not declared for status {answer.status}"]
    value, breaches = content.read(answer.body)
    return (value if 200 <= answer.status < 300 and not breaches else None), breaches
