"""Servers of the contract: a fault here answers 404 to every client that was generated from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.contracts import Contracts, refused

ONE = "get: {operationId: getThing, responses: {'204': {description: ok}}}"


def with_servers(servers: str) -> str:
    return f"servers: {servers}\npaths:\n  /things:\n    {ONE}\n"


@pytest.mark.parametrize(
    ("servers", "served", "absent"),
    [
        ("[{url: https://a.test/api/v3}]", ["/api/v3/things"], ["/things", "/api/v3", "/api/v3/api/v3/things"]),
        ("[{url: https://a.test/api/}]", ["/api/things"], ["/api//things"]),
        ("[{url: https://a.test}, {url: http://b.test:8080/}]", ["/things"], []),
        ("[{url: /v1}, {url: https://b.test/v2}]", ["/v1/things", "/v2/things"], ["/things"]),
        ("[{url: v1}]", ["/v1/things"], []),
        ("[{url: ./v1/../v2}]", ["/v2/things"], ["/v1/things"]),
        ("[{url: //a.test/v1}]", ["/v1/things"], []),
        ("[{url: https://a.test/caf%C3%A9}]", ["/caf%C3%A9/things", "/café/things"], []),
        (
            "[{url: 'https://{r}.test/{v}', variables: {r: {default: eu}, v: {default: v1, enum: [v1, v2]}}}]",
            ["/v1/things", "/v2/things"],
            ["/v3/things", "/eu/things", "/things"],
        ),
        (
            "[{url: 'https://a.test/{tenant}/v{n}', variables: {tenant: {default: acme}, n: {default: '1'}}}]",
            ["/acme/v1/things", "/other/v27/things"],
            ["/acme/things", "/acme/x1/things"],
        ),
        (
            "[{url: '{s}://a.test/{base}', variables: {s: {default: https, enum: [https]}, base: {default: api/v1}}}]",
            ["/api/v1/things"],
            ["/api/things"],
        ),
        ("[{url: '{whole}/v1', variables: {whole: {default: 'https://a.test/x'}}}]", ["/x/v1/things"], ["/v1/things"]),
    ],
)
async def test_operations_are_served_below_the_paths_of_the_servers(
    contracts: Contracts, servers: str, served: list[str], absent: list[str]
) -> None:
    made = contracts.text(with_servers(servers)).serve(get_thing=None)
    assert [(await made.get(path)).status_code for path in served] == [204] * len(served)
    assert [(await made.get(path)).status_code for path in absent] == [404] * len(absent)


async def test_servers_of_paths_and_operations_take_the_place_of_those_above(contracts: Contracts) -> None:
    made = contracts.text(
        "servers: [{url: /all}]\n"
        "paths:\n"
        "  /a: {get: {operationId: a, responses: {'204': {description: ok}}}}\n"
        "  /b:\n"
        "    servers: [{url: https://files.test/path}]\n"
        "    get: {operationId: b, responses: {'204': {description: ok}}}\n"
        "    put: {operationId: c, servers: [{url: https://up.test}], responses: {'204': {description: ok}}}\n"
    ).serve(a=None, b=None, c=None)
    answers = {
        f"{method} {path}": (await made.request(method, path)).status_code
        for method, path in [
            ("GET", "/all/a"), ("GET", "/path/b"), ("PUT", "/b"), ("GET", "/all/b"), ("PUT", "/path/b"), ("GET", "/b"),
        ]
    }  # fmt: skip
    assert answers == {
        "GET /all/a": 204, "GET /path/b": 204, "PUT /b": 204, "GET /all/b": 404, "PUT /path/b": 405, "GET /b": 405,
    }  # fmt: skip
    assert (await made.get("/b")).headers["allow"] == "OPTIONS, PUT"


async def test_path_parameters_below_a_server_with_variables(contracts: Contracts) -> None:
    made = contracts.text(
        "servers: [{url: '/{tenant}', variables: {tenant: {default: acme}}}]\n"
        "paths:\n"
        "  /things/{tenant}:\n"
        "    get:\n"
        "      operationId: getThing\n"
        "      parameters: [{name: tenant, in: path, required: true, schema: {type: integer}}]\n"
        "      responses: {'204': {description: ok}}\n"
    ).serve(get_thing=None)
    assert (await made.get("/acme/things/7")).status_code == 204
    assert made.given == {"tenant": 7}
    assert (await made.get("/7/things/acme")).status_code == 422


async def test_other_base_paths_can_be_served_too(contracts: Contracts) -> None:
    """A proxy that cuts the base path off must not make the server unreachable."""
    made = contracts.text(with_servers("[{url: https://a.test/api}]")).serve(get_thing=None)
    made.also_below = ("", "/old")
    answers = [(await made.get(path)).status_code for path in ("/api/things", "/things", "/old/things", "/new/things")]
    assert answers == [204, 204, 204, 404]


def test_the_table_names_servers_with_their_paths(contracts: Contracts) -> None:
    made = contracts.text(with_servers("[{url: https://a.test/api, description: Live.}, {url: /}]"))
    assert [(one.url, one.bases, one.description) for one in made.operations.SERVERS] == [
        ("https://a.test/api", ("/api",), "Live."),
        ("/", ("",), ""),
    ]


def test_two_operations_at_one_place_are_refused(tmp_path: Path) -> None:
    text = (
        "paths:\n"
        "  /v1/{a}:\n"
        "    get:\n"
        "      operationId: a\n"
        "      parameters: [{name: a, in: path, required: true, schema: {type: string}}]\n"
        "      responses: {'204': {description: ok}}\n"
        "  /{b}:\n"
        "    servers: [{url: /v1}]\n"
        "    get:\n"
        "      operationId: b\n"
        "      parameters: [{name: b, in: path, required: true, schema: {type: string}}]\n"
        "      responses: {'204': {description: ok}}\n"
    )
    assert refused(tmp_path, text) == ["10:20 route-collision"]
