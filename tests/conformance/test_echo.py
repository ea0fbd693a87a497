"""With handlers behind them: what is sent arrives, comes back as it was, and what breaks the contract does not arrive.

The handler of each operation answers with the body that it was given. An independent validator says which values are
right; each comes from a right one, most with something in it changed.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tallystick.mock.values import Maker, Unmakeable
from tallystick.runtime.schemas import Schemas
from tallystick.spec.bundle import bundle
from tallystick.spec.dialect import modernise
from tallystick.spec.loader import load
from tallystick.spec.names import class_name, method_name
from tests.conformance.suite import FOLDER, name_of
from tests.support.contracts import Contracts, importable

VALUES = 25
CHANGES = 4
JSON = "application/json"
UNNAMED = "unnamed"
# Contracts of which the validator knows less: it takes base64 and the directions of members for notes.
OTHERWISE = ("openapi_30", "read_and_write_only")
OTHERS: tuple[Any, ...] = (None, True, 0, -7, 1.5, "", "x", "red", "2024-02-29", [], [1], {}, {"x": 1})


@dataclass(frozen=True)
class Echo:
    """An operation that answers with the schema that it takes."""

    contract: Path
    path: str
    method: str
    operation_id: str
    status: str
    schema: str

    @property
    def label(self) -> str:
        return f"{name_of(self.contract)} {self.operation_id}"


def echoes() -> Iterator[Echo]:
    """Every such operation of the suite, with a named schema."""
    for contract in sorted(FOLDER.glob("*/*.yaml")):
        for path, item in bundle(load(contract)).get("paths", {}).items():
            for method, operation in item.items():
                if isinstance(operation, dict) and "requestBody" in operation:
                    answers = [(status, one) for status, one in operation["responses"].items() if status[0] == "2"]
                    taken = operation["requestBody"]["content"].get(JSON, {}).get("schema", {})
                    if contract.stem not in OTHERWISE and len(answers) == 1 and taken is not True and "$ref" in taken:
                        status, answer = answers[0]
                        given = answer.get("content", {}).get(JSON, {}).get("schema")
                        if given == taken and not answer.get("headers"):
                            yield Echo(contract, path, method, operation["operationId"], status, taken["$ref"])


@pytest.fixture(scope="module")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Contracts]:
    folder = tmp_path_factory.mktemp("echoes")
    with importable(folder):
        yield Contracts(folder)


ECHOES = list(echoes())


def test_there_are_enough() -> None:
    assert len(ECHOES) >= 25


@pytest.mark.parametrize("echo", ECHOES, ids=lambda echo: echo.label)
async def test_what_is_sent_comes_back(echo: Echo, contracts: Contracts) -> None:
    document = bundle(load(echo.contract))
    modernise(document)
    document = json.loads(json.dumps(document))
    # The mock makes the right values; its own judge is not asked.
    maker = Maker(Schemas(document))
    validator = jsonschema_rs.validator_for(
        {"$schema": "https://json-schema.org/draft/2020-12/schema", **document, "$ref": echo.schema},
        validate_formats=True,
    )
    pointer = tuple(echo.schema.removeprefix("#/").split("/"))
    made = contracts.file(echo.contract)
    answer = made.answer("default", class_name(echo.operation_id) + echo.status)
    served = made.serve(**{method_name(echo.operation_id): lambda **given: answer(body=given["body"])})
    seen = set()
    for value in values(maker, pointer, random.Random(echo.label)):
        is_right = validator.is_valid(value)
        url = echo.path.replace("{id}", "1")
        reply = await served.request(
            echo.method.upper(), url, content=json.dumps(value), headers={"Content-Type": JSON}
        )
        seen.add(is_right)
        if is_right:
            assert reply.status_code == int(echo.status), (value, reply.text)
            assert reply.json() in (value, without_unnamed(value))
        else:
            assert reply.status_code == 422, (value, reply.text)
            assert served.given == {}, "no handler gets what breaks the contract"
    assert seen == {True, False}


def values(maker: Maker, pointer: tuple[str, ...], choose: random.Random) -> Iterator[Any]:
    """Right values, and such with something changed."""
    for number in range(VALUES):
        try:
            value = maker.make(pointer, str(number))
        except Unmakeable as failed:
            value = failed.nearest
        yield value
        for _ in range(CHANGES):
            yield changed(value, choose)


def changed(value: Any, choose: random.Random) -> Any:
    """The value with one place in it replaced, removed or added to."""
    result = copy.deepcopy({"root": value})
    parent, key = choose.choice(list(places(result)))
    inner = parent[key]
    match choose.randrange(4):
        case 0 if parent is not result:
            del parent[key]
        case 1 if isinstance(inner, dict):
            inner[UNNAMED] = choose.choice(OTHERS)
        case 1 | 2 if isinstance(inner, list):
            inner.append(choose.choice((*OTHERS, *inner)))
        case _:
            parent[key] = choose.choice(OTHERS)
    return result.get("root")


def without_unnamed(value: Any) -> Any:
    """Models leave out members that an object neither names nor speaks of."""
    if isinstance(value, list):
        return [without_unnamed(one) for one in value]
    if isinstance(value, dict):
        return {name: without_unnamed(one) for name, one in value.items() if name != UNNAMED}
    return value


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a value, with each of its keys."""
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])
