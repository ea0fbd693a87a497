"""A wrong match sends a request to the wrong operation, or a 404 to a client that did nothing wrong."""

from __future__ import annotations

import pytest

from tallystick.runtime.call import Call
from tallystick.runtime.operation import Operation
from tallystick.runtime.reply import Reply
from tallystick.runtime.routing import Endpoint, RouteTree, raw_path_of


async def carry(_: Call) -> Reply:
    return Reply(200)


def tree(*routes: str) -> RouteTree:
    """A tree of `METHOD /path` texts; operation ids are the texts themselves."""
    pairs = (route.split(" ", 1) for route in routes)
    return RouteTree(
        Endpoint(Operation(f"{method} {path}", method, path, "t", (200,)), carry) for method, path in pairs
    )


def found(routes: RouteTree, path: str, method: str = "GET") -> tuple[str, dict[str, str]] | None:
    match = routes.find(path)
    if match is None:
        return None
    endpoint = match.resource.endpoint(method)
    return (endpoint.operation.path if endpoint else "405", dict(match.path_values))


ROUTES = tree(
    "GET /",
    "GET /items",
    "POST /items",
    "GET /items/{id}",
    "GET /items/mine",
    "GET /items/{id}/tags",
    "GET /{a}/{b}/end",
    "GET /reports/{name}.{format}",
    "GET /jobs/{id}:cancel",
    "GET /jobs/{id}",
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", ("/", {})),
        ("/items", ("/items", {})),
        ("/items/mine", ("/items/mine", {})),
        ("/items/7", ("/items/{id}", {"id": "7"})),
        ("/items/mine/tags", ("/items/{id}/tags", {"id": "mine"})),
        ("/items/x/end", ("/{a}/{b}/end", {"a": "items", "b": "x"})),
        ("/items/a%2Fb", ("/items/{id}", {"id": "a/b"})),
        ("/it%65ms", ("/items", {})),
        ("/items/%E2%82%AC", ("/items/{id}", {"id": "€"})),
        ("/reports/q1.csv", ("/reports/{name}.{format}", {"name": "q1", "format": "csv"})),
        ("/jobs/7:cancel", ("/jobs/{id}:cancel", {"id": "7"})),
        ("/jobs/7", ("/jobs/{id}", {"id": "7"})),
        ("/items/", None),
        ("//items", None),
        ("/items//tags", None),
        ("/items/7/", None),
        ("/nowhere", None),
        ("", None),
    ],
)
def test_finds_the_operation_of_a_path(path: str, expected: tuple[str, dict[str, str]] | None) -> None:
    assert found(ROUTES, path) == expected


def test_allow_names_every_method_of_the_path_and_head_for_get() -> None:
    match = ROUTES.find("/items")
    assert match is not None
    assert match.resource.allow == "GET, HEAD, OPTIONS, POST"


def test_head_is_answered_by_get() -> None:
    assert found(ROUTES, "/items/7", "HEAD") == ("/items/{id}", {"id": "7"})


def test_a_path_that_is_no_utf8_is_told_apart_from_an_unknown_one() -> None:
    with pytest.raises(UnicodeDecodeError):
        ROUTES.find("/items/%ff")


def test_two_operations_on_one_method_and_path_are_refused_at_start() -> None:
    with pytest.raises(ValueError, match="two operations for GET /items"):
        tree("GET /items", "GET /items")


def test_root_path_is_taken_off_the_raw_path() -> None:
    scope = {"path": "/api/items", "raw_path": b"/api/items", "root_path": "/api"}
    assert raw_path_of(scope) == "/items"
