"""Generated answers, over HTTP: a fault here sends what the contract does not declare."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.support.contracts import Package

Made = Callable[[str], Package]
LOGGER = "tallystick.runtime.dispatch"


@pytest.mark.parametrize(
    ("path", "method", "value", "sent"),
    [
        ("/object", "get_object", "thing", {"camelName": "a"}),
        ("/list", "get_list", ["thing"], [{"camelName": "a"}]),
        ("/list", "get_list", [], []),
        ("/named-list", "get_named_list", ["thing"], [{"camelName": "a"}]),
        ("/map", "get_map", {"k": "thing"}, {"k": {"camelName": "a"}}),
        ("/enum", "get_enum", "color", "red"),
        ("/text", "get_text", "größe", "größe"),
        ("/date", "get_date", date(2024, 2, 29), "2024-02-29"),
        ("/null", "get_null", None, None),
        ("/null", "get_null", "thing", {"camelName": "a"}),
        ("/any", "get_any", {"a": [1, None]}, {"a": [1, None]}),
    ],
)
async def test_the_plain_value_of_the_one_answer(
    package: Made, path: str, method: str, value: Any, sent: object
) -> None:
    made = package("answer_plain")
    known = {"thing": made.models.Thing(camel_name="a"), "color": made.models.Color.RED}
    if isinstance(value, list):
        value = [known[one] for one in value]
    elif isinstance(value, dict):
        value = {key: known.get(one, one) if isinstance(one, str) else one for key, one in value.items()}
    elif value in known:
        value = known[value]
    answer = await made.serve(**{method: value}).get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == sent


@pytest.mark.parametrize(
    ("name", "values", "status", "headers"),
    [
        ("PutJob200", {}, 200, {}),
        ("PutJob201", {"location": "/jobs/1"}, 201, {"location": "/jobs/1"}),
        (
            "PutJob201",
            {"location": "/j", "x_count": 3, "etag": '"a"', "x_tags": ["a", "b"], "x_flag": True},
            201,
            {"location": "/j", "x-count": "3", "etag": '"a"', "x-tags": "a,b", "x-flag": "true"},
        ),
        ("PutJob202", {}, 202, {}),
        ("PutJob204", {}, 204, {}),
        ("PutJob303", {"location": "/elsewhere"}, 303, {"location": "/elsewhere"}),
        ("PutJob304", {}, 304, {}),
        ("PutJob304", {"etag": '"b"'}, 304, {"etag": '"b"'}),
    ],
)
async def test_each_answer_class_sends_its_status_and_headers(
    package: Made, name: str, values: dict[str, Any], status: int, headers: dict[str, str]
) -> None:
    made = package("answer_classes")
    body = {"body": made.models.Job(id=1)} if status in (200, 201) else {}
    answer = await made.serve(put_job=made.answer("default", name)(**body, **values)).request("PUT", "/jobs/1")
    assert answer.status_code == status, answer.text
    assert {key: value for key, value in answer.headers.items() if not key.startswith("content-")} == headers
    assert answer.content == (b'{"id":1}' if body else b"")


@pytest.mark.parametrize("values", [{"location": "/a"}, {"body": "job"}, {"body": "job", "location": "/a", "more": 1}])
def test_an_answer_cannot_be_made_without_what_is_required(package: Made, values: dict[str, Any]) -> None:
    made = package("answer_classes")
    with pytest.raises(TypeError):
        made.answer("default", "PutJob201")(**values)


async def test_a_header_that_would_break_the_answer_in_two_is_never_sent(
    package: Made, caplog: pytest.LogCaptureFixture
) -> None:
    made = package("answer_classes")
    bad = made.answer("default", "PutJob303")(location="/a\r\nSet-Cookie: b=c")
    with caplog.at_level("CRITICAL", LOGGER):
        answer = await made.serve(put_job=bad).request("PUT", "/jobs/1")
    assert answer.status_code == 500
    assert "set-cookie" not in answer.headers


async def test_headers_called_like_members_of_answer_classes(package: Made) -> None:
    made = package("answer_headers")
    values = {f"{name}_": name for name in ("status", "body", "code", "encode", "media_type", "class")}
    body = made.models.GetAResponse200(a=1)
    answer = await made.serve(get_a=made.answer("default", "GetA200")(body=body, **values)).get("/a")
    assert answer.json() == {"a": 1}
    sent = {key: value for key, value in answer.headers.items() if not key.startswith("content-")}
    assert sent == {name.strip("_").replace("_", "-"): value for name, value in values.items()}


@pytest.mark.parametrize(
    ("name", "body", "media_type", "content"),
    [
        ("GetReport200Json", [1, 2], "application/json", b"[1,2]"),
        ("GetReport200Csv", "a;ö", "text/csv", "a;ö".encode()),
        ("GetReport200Pdf", b"%PDF", "application/pdf", b"%PDF"),
    ],
)
async def test_each_media_type_of_a_status_is_a_class(
    package: Made, name: str, body: object, media_type: str, content: bytes
) -> None:
    made = package("answer_media_types")
    served = made.serve(get_report=made.answer("default", name)(body=body))
    answer = await served.get("/report", headers={"Accept": media_type})
    assert (answer.headers["content-type"], answer.content) == (media_type, content)
    assert (await served.get("/report", headers={"Accept": "text/html"})).status_code == 406


async def test_a_range_of_media_types_is_answered_in_the_one_the_handler_names(contracts: Any) -> None:
    made = contracts.text("""
paths:
  /photo: {get: {operationId: getPhoto, responses: {"200": {description: ok, content: {image/*: {}}}}}}
""")
    photo = made.answer("default", "GetPhoto200")(body=b"GIF", content_type="image/gif")
    answer = await made.serve(get_photo=photo).get("/photo")
    assert (answer.headers["content-type"], answer.content) == ("image/gif", b"GIF")


@pytest.mark.parametrize(
    ("name", "values", "status"),
    [
        ("GetA404", {}, 404),
        ("GetA409", None, 409),
        ("GetA4XX", {"code": 418}, 418),
        ("GetADefault", {"code": 502}, 502),
    ],
)
async def test_errors_that_are_no_problems_are_returned(
    package: Made, name: str, values: dict[str, Any] | None, status: int
) -> None:
    made = package("answer_errors_typed")
    body = {} if values is None else {"body": made.models.Error(code="e"), **values}
    answer = await made.serve(get_a=made.answer("default", name)(**body)).get("/a")
    assert answer.status_code == status
    assert answer.content == (b"" if values is None else b'{"code":"e"}')


async def test_problems_are_raised_with_their_own_members(package: Made) -> None:
    made = package("problems")
    gone = made.problems.ThingGone("It left.", since=date(2024, 1, 2), class_="c")
    answer = await made.serve(get_thing=gone).get("/things/1")
    assert answer.status_code == 410
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/problems/thing-gone",
        "title": "Thing gone",
        "status": 410,
        "detail": "It left.",
        "since": "2024-01-02",
        "class": "c",
    }


async def test_each_problem_of_one_status_is_a_class(package: Made) -> None:
    made = package("problems")
    answer = await made.serve(get_thing=made.problems.ThingMoved()).get("/things/1")
    assert answer.json()["type"] == "/problems/thing-moved"
    assert set(made.operations.GET_THING.problems) == {"BadThing", "ThingGone", "ThingMoved"}


async def test_a_problem_of_another_operation_is_a_failure_of_the_server(package: Made) -> None:
    made = package("problems")
    served = made.serve(get_plain=made.problems.ThingMoved())
    with pytest.raises(Exception, match="getPlain does not declare ThingMoved"):
        await served.get("/plain/1", headers={"Authorization": "Bearer reader"})


async def test_a_refusal_takes_the_declared_sibling(package: Made) -> None:
    """422 is not declared, 400 is: the client gets what it was told to expect."""
    answer = await package("problems").serve(get_thing=None).get("/things/x")
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-thing")
    assert answer.json()["errors"][0]["pointer"] == "/id"


async def test_401_is_never_another_status(package: Made) -> None:
    answer = await package("problems").serve(get_plain=None).get("/plain/1")
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthorized")
    assert "bearer" in answer.headers["www-authenticate"].lower()


async def test_a_method_nobody_wrote_answers_501(package: Made) -> None:
    assert (await package("problems").serve().get("/things/1")).status_code == 501


async def test_declared_head_options_and_trace(package: Made) -> None:
    made = package("methods")
    size = made.answer("default", "HeadDeclared204")(x_size=7)
    body = made.models.OptionsDeclaredResponse200(a=1)
    served = made.serve(head_declared=size, options_declared=body, trace_declared=None)
    head = await served.request("HEAD", "/declared")
    assert (head.status_code, head.headers["x-size"], head.content) == (204, "7", b"")
    assert (await served.request("OPTIONS", "/declared")).json() == {"a": 1}
    assert (await served.request("TRACE", "/declared")).status_code == 204
    answer = await served.get("/declared")
    assert (answer.status_code, answer.headers["allow"]) == (405, "HEAD, OPTIONS, TRACE")


async def test_derived_head_and_options(package: Made) -> None:
    made = package("methods")
    served = made.serve(get_derived=made.models.GetDerivedResponse200(a=1))
    head = await served.request("HEAD", "/derived")
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "7", b"")
    options = await served.request("OPTIONS", "/derived")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
