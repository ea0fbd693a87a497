"""Generated decoders of parameters, over HTTP: a fault here hands a handler another value than the client sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from tests.support.contracts import Package

Made = Callable[[str], Package]
TRACE = "0192f0c8-7b5e-7c3a-8f00-0123456789ab"


def violations(answer: Any) -> list[tuple[str, str, str]]:
    return [(each["location"], each["pointer"], each["code"]) for each in answer.json()["errors"]]


async def test_each_location_is_read_under_its_wire_name(package: Made) -> None:
    """The operation's own `verbose` (a flag) wins over the path's (text)."""
    served = package("parameter_locations").serve(get_book=None)
    answer = await served.get(
        "/shelves/7/books/a%2Fb?verbose=true", headers={"x-trace-id": TRACE, "Cookie": "theme=dark; other=1"}
    )
    assert answer.status_code == 204
    assert served.given == {
        "shelf_id": 7,
        "book": "a/b",
        "verbose": True,
        "x_trace_id": UUID(TRACE),
        "theme": "dark",
    }


async def test_all_locations_are_refused_in_one_answer(package: Made) -> None:
    served = package("parameter_locations").serve(get_book=None)
    answer = await served.get("/shelves/0/books/x?verbose=1", headers={"Cookie": "theme=red"})
    assert answer.status_code == 422
    assert violations(answer) == [
        ("path", "/shelfId", "greater_than_equal"),
        ("query", "/verbose", "boolean_type"),
        ("header", "/X-Trace-Id", "missing"),
        ("cookie", "/theme", "enum"),
    ]
    assert not served.given


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        ("form=1&form=2", "form", [1, 2]),
        ("commas=a,b%2Cc", "commas", ["a", "b,c"]),
        ("spaces=a%20b", "spaces", ["a", "b"]),
        ("pipes=a%7Cb", "pipes", ["a", "b"]),
        ("json=%7B%22a%22%3A1%7D", "json", {"a": 1}),
        ("deep%5Bfrom%5D=3&deep%5Btags%5D=1&deep%5Btags%5D=2", "deep", {"from": 3, "tags": [1, 2]}),
        ("deep[inner][flag]=true", "deep", {"inner": {"flag": True}}),
        ("deep[tags]=5", "deep", {"tags": [5]}),
    ],
)
async def test_query_styles(package: Made, query: str, name: str, value: object) -> None:
    served = package("parameter_styles").serve(search=None)
    answer = await served.get(f"/search/;matrix=1/.a/x?{query}")
    assert answer.status_code == 204, answer.text
    found = served.given[name]
    assert (found.model_dump(by_alias=True, exclude_unset=True) if hasattr(found, "model_dump") else found) == value


async def test_path_and_header_styles(package: Made) -> None:
    served = package("parameter_styles").serve(search=None)
    answer = await served.get("/search/;matrix=1,2/.a,b/x,y", headers={"X-List": "4, 5"})
    assert answer.status_code == 204, answer.text
    given = {name: served.given[name] for name in ("matrix", "label", "simple", "x_list")}
    assert given == {"matrix": [1, 2], "label": ["a", "b"], "simple": ["x", "y"], "x_list": [4, 5]}


async def test_a_spread_object_takes_its_inherited_properties_and_nothing_else(package: Made) -> None:
    served = package("parameter_object_spread").serve(list_points=None)
    assert (await served.get("/points?x=1&label=7")).status_code == 204
    assert (served.given["point"].x, served.given["point"].label) == (1, "7")
    assert violations(await served.get("/points?x=1&z=1")) == [("query", "/z", "unknown")]


async def test_defaults_take_the_place_of_what_was_left_out(package: Made) -> None:
    served = package("parameter_defaults").serve(defaults=None)
    assert (await served.get("/defaults")).status_code == 204
    assert served.given == {
        "limit": 20,
        "exact": False,
        "sort": "-name",
        "tags": ["a", "b"],
        "since": date(2024, 2, 29),
        "price": 1.5,
        "x_mode": "quick \"'\\ {{ 1 }}",
    }
    first = served.given["tags"]
    await served.get("/defaults")
    assert first is not served.given["tags"] or isinstance(first, tuple), "a handler could change it for the next"


async def test_one_name_in_four_locations_is_four_parameters(package: Made) -> None:
    served = package("parameter_same_name").serve(get_version=None)
    headers = {"version": "false", "Cookie": "version=c"}
    assert (await served.get("/versions/1?version=q", headers=headers)).status_code == 204
    assert served.given == {
        "version_path": 1,
        "version_query": "q",
        "version_header": False,
        "version_cookie": "c",
    }


async def test_an_empty_value_counts_as_left_out_only_where_it_is_allowed(package: Made) -> None:
    served = package("empty_value").serve(get_a=None)
    assert (await served.get("/a?n=")).status_code == 204
    assert served.given == {"n": None, "m": None}
    assert violations(await served.get("/a?m=")) == [("query", "/m", "integer_type")]


async def test_a_parameter_of_several_types_is_read_as_what_it_looks_like(package: Made, contracts: Any) -> None:
    made = contracts.text("""
paths:
  /a:
    get:
      operationId: getA
      parameters:
        - {name: one, in: query, schema: {type: [integer, string]}}
        - {name: two, in: query, schema: {anyOf: [{type: boolean}, {type: string}]}}
      responses: {"204": {description: ok}}
""")
    served = made.serve(get_a=None)
    assert (await served.get("/a?one=5&two=true")).status_code == 204
    assert served.given == {"one": 5, "two": True}
    assert (await served.get("/a?one=x&two=5")).status_code == 204
    assert served.given == {"one": "x", "two": "5"}
