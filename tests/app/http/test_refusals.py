"""What every operation refuses in the same way: unreadable, unfitting, unauthorised and oversized requests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from app.kit.principal import Role
from generated.operations import OPERATIONS
from tests.support.problems import OAUTH, assert_problem
from tests.support.requests import BY_ID, FORM, SECURED, Request, good_request, places_for, success_of
from tests.support.world import ALL_SCOPES, Person, World

pytestmark = pytest.mark.asyncio(loop_scope="module")

ALL = [operation.id for operation in OPERATIONS]
WITH_BODY = [operation.id for operation in OPERATIONS if operation.request_media]
JSON_BODIES = [operation for operation in WITH_BODY if operation not in OAUTH]


def declaring(status: int) -> list[str]:
    """The operations whose contract has this status."""
    return [operation.id for operation in OPERATIONS if status in operation.statuses]


async def signed(world: World, operation: str) -> Request:
    """A good request with a credential, at nothing in particular: for refusals that come before looking."""
    return good_request(operation).but(headers=world.stranger() if operation in SECURED else {})


def invalid(operation: str) -> tuple[int, str]:
    """How this operation answers what breaks the contract: OAuth has no 422."""
    return (400, "invalid-request") if operation in OAUTH else (422, "validation-failed")


@pytest.mark.parametrize("operation", ALL)
async def test_a_good_request_gets_its_success(shared: World, operation: str) -> None:
    admin = await shared.person(Role.ADMIN)
    request = good_request(operation, await places_for(operation, shared, admin))
    answer = await request.but(headers=admin.auth if operation in SECURED else {}).send(shared.client)
    assert answer.status_code == success_of(operation), answer.text
    assert answer.headers["X-Request-Id"]
    assert bool(answer.content) == bool(BY_ID[operation].response_media)


@pytest.mark.parametrize("operation", declaring(400))
async def test_a_query_that_cannot_be_read_is_400(shared: World, operation: str) -> None:
    answer = await (await signed(shared, operation)).but(query="%ff=1").send(shared.client)
    slug = "invalid-request" if operation in OAUTH else "bad-request"
    assert_problem(answer, 400, slug, ("query", ""), operation=operation, error="invalid_request")


@pytest.mark.parametrize("operation", ALL)
async def test_an_unknown_query_parameter_is_refused_by_name(shared: World, operation: str) -> None:
    answer = await (await signed(shared, operation)).but(query="colour=red").send(shared.client)
    assert_problem(answer, *invalid(operation), ("query", "/colour"), operation=operation)


@pytest.mark.parametrize("operation", JSON_BODIES)
async def test_broken_json_is_400(shared: World, operation: str) -> None:
    answer = await (await signed(shared, operation)).but(body=b'{"title": ').send(shared.client)
    assert_problem(answer, 400, "bad-request", ("body", ""), operation=operation)


@pytest.mark.parametrize("operation", JSON_BODIES)
async def test_every_location_is_told_at_once(shared: World, operation: str) -> None:
    """An unknown property, an unknown query parameter and a malformed path id come in one answer."""
    request = (await signed(shared, operation)).but(body=b'{"colour": 1}', query="colour=red")
    has_id = "{" in BY_ID[operation].path
    path = request.path.rpartition("/")[0] + "/1" if has_id else request.path
    problem = (await request.but(path=path).send(shared.client)).json()
    found = {(error["location"], error["pointer"]) for error in problem["errors"]}
    assert {("body", "/colour"), ("query", "/colour")} <= found
    assert has_id == any(location == "path" for location, _ in found)


@pytest.mark.parametrize("operation", [one for one in ALL if "{" in BY_ID[one].path])
async def test_an_id_that_is_no_uuid_is_422(shared: World, operation: str) -> None:
    request = await signed(shared, operation)
    name = BY_ID[operation].path.rpartition("{")[2].rstrip("}")
    answer = await request.but(path=request.path.rpartition("/")[0] + "/1").send(shared.client)
    assert_problem(answer, 422, "validation-failed", ("path", f"/{name}"), operation=operation)


@pytest.mark.parametrize("operation", WITH_BODY)
async def test_a_missing_body_is_told(shared: World, operation: str) -> None:
    answer = await (await signed(shared, operation)).but(body=b"").send(shared.client)
    status, slug = invalid(operation)
    assert answer.status_code == status, answer.text
    assert answer.json()["type"] == f"/problems/{slug}"


@pytest.mark.parametrize("operation", declaring(406))
@pytest.mark.parametrize("accept", ["text/csv", "application/json;q=0", "image/*, text/html"])
async def test_a_client_that_takes_no_json_gets_406(shared: World, operation: str, accept: str) -> None:
    answer = await (await signed(shared, operation)).but(headers={"Accept": accept}).send(shared.client)
    assert_problem(answer, 406, "not-acceptable", operation=operation)


@pytest.mark.parametrize("accept", ["application/*", "text/html, */*;q=0.1", "application/json; charset=utf-8"])
async def test_a_client_that_takes_json_among_others_is_answered(shared: World, accept: str) -> None:
    answer = await good_request("getHealth").but(headers={"Accept": accept}).send(shared.client)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("operation", declaring(413))
async def test_a_body_announced_too_large_is_413(shared: World, operation: str) -> None:
    length = BY_ID[operation].max_body_bytes + 1
    answer = await (await signed(shared, operation)).but(body=b" " * length).send(shared.client)
    assert answer.request.headers["Content-Length"] == str(length)
    assert_problem(answer, 413, "content-too-large", operation=operation, error="invalid_request")


@pytest.mark.parametrize("operation", declaring(413))
async def test_a_body_that_turns_out_too_large_is_413(shared: World, operation: str) -> None:
    """Without Content-Length it is only known while it arrives."""
    request = await signed(shared, operation)
    sent = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10 * BY_ID[operation].max_body_bytes:
            sent += 1024
            yield b" " * 1024

    answer = await shared.client.request(request.method, request.path, headers=dict(request.headers), content=pieces())
    assert "Content-Length" not in answer.request.headers
    assert_problem(answer, 413, "content-too-large", operation=operation, error="invalid_request")


@pytest.mark.parametrize("operation", declaring(413))
async def test_a_body_of_just_the_limit_is_read(shared: World, operation: str) -> None:
    body = b" " * BY_ID[operation].max_body_bytes
    answer = await (await signed(shared, operation)).but(body=body).send(shared.client)
    assert answer.status_code == 400, answer.text


@pytest.mark.parametrize("operation", declaring(415))
@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", None, "application/json; charset=latin-1"])
async def test_a_body_of_another_media_type_is_415(shared: World, operation: str, media_type: str | None) -> None:
    request = (await signed(shared, operation)).but(headers={"Content-Type": media_type})
    answer = await request.send(shared.client)
    assert_problem(answer, 415, "unsupported-media-type", operation=operation, error="invalid_request")


@pytest.mark.parametrize("operation", declaring(415))
async def test_a_415_tells_what_is_taken(shared: World, operation: str) -> None:
    request = (await signed(shared, operation)).but(headers={"Content-Type": "text/plain"})
    answer = await request.send(shared.client)
    assert answer.headers["Accept"] == ", ".join(BY_ID[operation].request_media)


@pytest.mark.parametrize("operation", declaring(401))
async def test_nobody_in_particular_gets_401_and_learns_how_to_sign_in(shared: World, operation: str) -> None:
    answer = await good_request(operation).send(shared.client)
    assert_problem(answer, 401, "unauthorized", operation=operation)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "invalid_token" not in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("operation", declaring(403))
async def test_a_token_without_the_scope_gets_403_and_learns_which(shared: World, operation: str) -> None:
    [[requirement]] = BY_ID[operation].security
    headers = shared.stranger(ALL_SCOPES - set(requirement.scopes))
    answer = await good_request(operation).but(headers=headers).send(shared.client)
    problem = assert_problem(answer, 403, "forbidden", operation=operation)
    assert all(scope in problem["detail"] for scope in requirement.scopes)
    assert 'error="insufficient_scope"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("operation", declaring(428))
async def test_a_write_without_if_match_is_428(shared: World, operation: str) -> None:
    owner = await shared.person()
    request = good_request(operation, await places_for(operation, shared, owner))
    answer = await request.but(headers=owner.auth | {"If-Match": None}).send(shared.client)
    problem = assert_problem(answer, 428, "precondition-required", operation=operation)
    assert "If-Match" in problem["detail"]


@pytest.mark.parametrize("operation", [one for one in declaring(404) if "{" in BY_ID[one].path])
async def test_what_is_not_there_is_404(shared: World, operation: str) -> None:
    kind = {"item_id": "item", "user_id": "user", "session_id": "session"}
    name = BY_ID[operation].path.rpartition("{")[2].rstrip("}")
    answer = await (await signed(shared, operation)).send(shared.client)
    assert_problem(answer, 404, f"{kind[name]}-not-found", operation=operation)


@pytest.mark.parametrize("operation", [one for one in ALL if BY_ID[one].method == "GET"])
async def test_head_is_get_without_a_body(shared: World, operation: str) -> None:
    admin = await shared.person(Role.ADMIN)
    request = good_request(operation, await places_for(operation, shared, admin)).but(headers=admin.auth)
    got, head = await request.send(shared.client), await request.but(method="HEAD").send(shared.client)
    assert (head.status_code, head.content) == (got.status_code, b"")
    for name in ("Content-Type", "Content-Encoding", "ETag", "Vary"):
        assert head.headers.get(name) == got.headers.get(name)
    if "Content-Encoding" not in got.headers:
        assert head.headers["Content-Length"] == got.headers["Content-Length"]


@pytest.mark.parametrize("path", sorted({operation.path for operation in OPERATIONS}))
async def test_405_and_options_name_every_method_of_a_path(shared: World, path: str) -> None:
    methods = {operation.method for operation in OPERATIONS if operation.path == path} | {"OPTIONS"}
    methods |= {"HEAD"} if "GET" in methods else set()
    target = path.replace("{item_id}", "1").replace("{user_id}", "1").replace("{session_id}", "1")
    refused = await shared.client.request("TRACE", target)
    assert_problem(refused, 405, "method-not-allowed")
    options = await shared.client.request("OPTIONS", target)
    assert options.status_code == 204
    assert set(options.headers["Allow"].split(", ")) == set(refused.headers["Allow"].split(", ")) == methods


@pytest.mark.parametrize("target", ["/", "/api/v1", "/api/v1/items/", "/api/v2/items", "/docs/none", "/Health"])
async def test_paths_outside_the_contract_are_404(shared: World, target: str) -> None:
    assert (await shared.client.get(target)).status_code == 404


async def test_a_path_outside_the_contract_is_a_problem_too(shared: World) -> None:
    assert_problem(await shared.client.get("/api/v1/nothing"), 404, "not-found")


@pytest.mark.parametrize("operation", OAUTH)
@pytest.mark.parametrize("body", [b"a=%zz", b"a=%ff", b"token=a&token=a&grant_type=a&grant_type=b", b"colour=red"])
async def test_a_form_that_cannot_be_read_or_breaks_the_contract_is_invalid_request(
    shared: World, operation: str, body: bytes
) -> None:
    request = good_request(operation).but(body=body, headers={"Content-Type": FORM})
    answer = await request.send(shared.client)
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"
    assert answer.json()["errors"]


@pytest.mark.parametrize("given", ["a-b.c_9", "x" * 128])
async def test_a_well_formed_request_id_is_kept(shared: World, given: str) -> None:
    answer = await good_request("getHealth").but(headers={"X-Request-Id": given}).send(shared.client)
    assert answer.headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "<script>"])
async def test_any_other_request_id_is_replaced(shared: World, given: str) -> None:
    answer = await good_request("getMe").but(headers={"X-Request-Id": given}).send(shared.client)
    assert answer.headers["X-Request-Id"] not in ("", given)
    assert_problem(answer, 401, "unauthorized")


async def test_error_answers_do_not_repeat_secrets(shared: World) -> None:
    person: Person = await shared.person()
    request = good_request("changePassword").but(headers=person.auth, body=b'{"current_password": 5, "x": "hush-hush"}')
    answer = await request.send(shared.client)
    assert answer.status_code == 422
    assert person.access not in answer.text
    assert "hush-hush" not in answer.text
