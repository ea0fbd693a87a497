"""Handlers are built from `Depends` as FastAPI's users know it; a fault here breaks every operation at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI
from starlette.requests import Request
from starlette.types import Scope

from tallystick.runtime.call import Call
from tallystick.runtime.operation import Operation
from tallystick.runtime.provider import Provider, WiringError

EVENTS: list[str] = []


@pytest.fixture(autouse=True)
def _no_events() -> None:
    EVENTS.clear()


def call() -> Call:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b""}

    scope: Scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b"", "app": None}
    return Call(scope, receive, Operation("op", "GET", "/", "t", (200,)), {})


def setting() -> str:
    return "plain"


async def connection(text: Annotated[str, Depends(setting)]) -> AsyncIterator[str]:
    EVENTS.append("open")
    try:
        yield f"{text} connection"
    except ValueError:
        EVENTS.append("rollback")
        raise
    else:
        EVENTS.append("commit")


def resource() -> Iterator[str]:
    yield "resource"
    EVENTS.append("closed")


async def coroutine(one: Annotated[str, Depends(connection)]) -> str:
    return f"awaited {one}"


def path(request: Request) -> str:
    return request.url.path


def by_name(size: int = 3, *, text: Annotated[str, Depends(setting)]) -> str:
    return f"{size} {text}"


def behind_a_default(first: Annotated[str, Depends(by_name)], size: int = 5, text: str = Depends(setting)) -> str:
    return f"{first}, {size} {text}"


def three(
    a: Annotated[str, Depends(setting)],
    b: Annotated[str, Depends(behind_a_default)],
    c: Annotated[str, Depends(path)],
) -> tuple[str, str, str]:
    return a, b, c


class Handlers:
    def __init__(
        self,
        connection: Annotated[str, Depends(connection)],
        awaited: Annotated[str, Depends(coroutine)],
        held: Annotated[str, Depends(resource)],
        path: Annotated[str, Depends(path)],
        size: int = 3,
    ) -> None:
        self.seen = (connection, awaited, held, path, size)


async def test_builds_the_whole_tree_and_shares_what_is_asked_for_twice() -> None:
    provider = Provider(Handlers, FastAPI())
    async with AsyncExitStack() as stack:
        built = await provider.enter(call(), stack)
    assert built.seen == ("plain connection", "awaited plain connection", "resource", "/", 3)
    assert EVENTS == ["open", "closed", "commit"]


async def test_an_error_inside_reaches_yield_dependencies() -> None:
    provider = Provider(Handlers, FastAPI())

    async def fail() -> None:
        async with AsyncExitStack() as stack:
            await provider.enter(call(), stack)
            raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        await fail()
    assert EVENTS == ["open", "rollback"]


async def test_overrides_hold_even_when_set_after_start() -> None:
    app = FastAPI()
    provider = Provider(Handlers, app)
    app.dependency_overrides[setting] = lambda: "other"
    async with AsyncExitStack() as stack:
        built = await provider.enter(call(), stack)
    assert built.seen[0] == "other connection"


async def test_what_stands_beside_shares_the_dependencies() -> None:
    def store(one: Annotated[str, Depends(connection)]) -> str:
        return f"store on {one}"

    provider = Provider(Handlers, FastAPI(), beside=store)
    async with AsyncExitStack() as stack:
        _, beside = await provider.enter_pair(call(), stack)
    assert beside == "store on plain connection"
    assert EVENTS.count("open") == 1


async def test_parameters_are_filled_however_they_can_be_given() -> None:
    """By position where that is possible, by name behind a default or a star."""

    async with AsyncExitStack() as stack:
        built = await Provider(three, FastAPI()).enter(call(), stack)
    assert built == ("plain", "3 plain, 5 plain", "/")


def test_a_parameter_that_nothing_fills_is_named_at_start() -> None:
    def needs(limit: int) -> int:
        return limit

    with pytest.raises(WiringError, match="'limit' has no Depends and no default"):
        Provider(needs, FastAPI())


def test_a_circle_is_named_at_start() -> None:
    def inner(value: str = Depends(lambda: outer)) -> str:
        return value

    def outer(value: str = Depends(inner)) -> str:
        return value

    def again(value: str = Depends(outer)) -> str:
        return value

    inner.__defaults__ = (Depends(outer),)
    with pytest.raises(WiringError, match="depends on itself"):
        Provider(again, FastAPI())


def named(operation: Operation, text: Annotated[str, Depends(setting)]) -> str:
    return f"{operation.id} {text}"


class Named:
    def __init__(self, found: Annotated[str, Depends(named)], request: Request) -> None:
        self.found = f"{found} {request.method}"


async def test_a_dependency_may_ask_for_the_operation() -> None:
    """Sessions depend on whether it reads or writes."""
    async with AsyncExitStack() as stack:
        made = await Provider(Named, FastAPI()).enter(call(), stack)
    assert made.found == "op plain GET"
