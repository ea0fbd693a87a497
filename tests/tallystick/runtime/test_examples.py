"""Operations without a handler answer with the contract's example: what frontends see before anybody wrote one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import FastAPI

from tallystick.runtime.examples import Examples
from tallystick.runtime.mount import Runtime
from tallystick.runtime.operation import Operation, Requirement
from tallystick.runtime.problems import Kind, Refusal
from tallystick.runtime.reply import Reply
from tallystick.runtime.security import BearerScheme
from tests.support.calls import make_call


@dataclass(frozen=True)
class Caller:
    subject: str
    scopes: frozenset[str] = field(default_factory=frozenset)


class Nobody:
    async def verify(self, token: str) -> Caller | None:
        return None


STICK = {"id": 1, "title": "Hazel stick"}
DOCUMENT: dict[str, Any] = {
    "components": {
        "schemas": {"Stick": {"type": "object", "examples": [STICK]}},
        "examples": {"a/b": {"value": STICK}},
        "headers": {"Place": {"schema": {"type": "string"}, "example": "/sticks/1"}},
    }
}


def answers(**content: Any) -> Examples:
    """The examples of a document whose one operation declares these responses."""
    responses = {name.removeprefix("s"): response for name, response in content.items()}
    return Examples({**DOCUMENT, "paths": {"/sticks": {"get": {"responses": responses}}}})


async def answer(examples: Examples, *, secured: bool = False) -> Reply:
    security = ((Requirement("bearer"),),) if secured else ()
    operation = Operation("getSticks", "GET", "/sticks", "sticks", (200,), security)
    runtime: Runtime[Caller] = Runtime(FastAPI(), {"bearer": BearerScheme(Nobody())})
    return await examples.carry(operation, runtime.gate())(make_call(operation=operation))


def json(**media: Any) -> dict[str, Any]:
    return {"content": {"application/json": media}}


@pytest.mark.parametrize(
    "media",
    [
        {"example": STICK},
        {"examples": {"one": {"value": STICK}}},
        {"examples": {"one": {"$ref": "#/components/examples/a~1b"}}},
        {"schema": {"$ref": "#/components/schemas/Stick"}},
        {"schema": {"example": STICK}},
    ],
)
async def test_answers_with_the_first_example_wherever_it_stands(media: dict[str, Any]) -> None:
    reply = await answer(answers(s400=json(example={}), s201=json(**media)))
    assert (reply.status, reply.body) == (201, b'{"id":1,"title":"Hazel stick"}')
    assert reply.header(b"content-type") == b"application/json"


async def test_headers_have_examples_too() -> None:
    response = {"headers": {"Location": {"$ref": "#/components/headers/Place"}, "X-None": {"schema": {}}}}
    reply = await answer(answers(s204=response))
    assert (reply.status, reply.headers, reply.body) == (204, [(b"location", b"/sticks/1")], b"")


@pytest.mark.parametrize("examples", [answers(s200=json(schema={})), answers(s404={}), answers(s2XX=json(example={}))])
async def test_without_an_example_it_is_not_implemented(examples: Examples) -> None:
    with pytest.raises(Refusal) as refused:
        await answer(examples)
    assert refused.value.kind is Kind.NOT_IMPLEMENTED


async def test_the_caller_is_admitted_as_ever() -> None:
    with pytest.raises(Refusal) as refused:
        await answer(answers(s200=json(example=STICK)), secured=True)
    assert refused.value.kind is Kind.UNAUTHORIZED
