"""Which schemas become problems to raise: a fault here loses an error, or lets a handler return it as a success."""

from __future__ import annotations

import pytest

from tests.support.contracts import Contracts, Package

CONTRACT = """
paths:
  /a:
    get:
      operationId: getA
      responses:
        "200": {description: ok, content: {application/json: {schema: {type: string}}}}
        "409":
          description: two media types
          content:
            application/problem+json: {schema: {$ref: "#/components/schemas/BusyProblem"}}
            application/json: {schema: {$ref: "#/components/schemas/BusyProblem"}}
        "403": {description: OAuth, content: {application/json: {schema: {$ref: "#/components/schemas/Problem"}}}}
        "404": {description: in, content: {application/problem+json: {schema: {$ref: "#/components/schemas/Any404"}}}}
        "410": {description: text, content: {application/json: {schema: {$ref: "#/components/schemas/TextStatus"}}}}
        4XX: {description: open, content: {application/problem+json: {schema: {$ref: "#/components/schemas/Open"}}}}
components:
  schemas:
    BusyProblem: {type: object, properties: {type: {const: /p/busy}, status: {const: 409}}}
    Problem:
      type: object
      required: [type, status, error, self, "max-age"]
      properties:
        type: {const: /p/oauth}
        status: {const: 403}
        error: {const: denied}
        error_description: {type: string}
        self: {type: string}
        headers: {type: array, items: {type: integer}}
        max-age: {type: integer}
    Any404: {oneOf: [{$ref: "#/components/schemas/Gone"}, {$ref: "#/components/schemas/Others"}]}
    Others: {anyOf: [{$ref: "#/components/schemas/timeout-error"}, {$ref: "#/components/schemas/Violation"}]}
    Gone: {type: object, properties: {type: {const: /p/gone}, status: {const: 404}}}
    timeout-error: {type: object, properties: {type: {const: /p/time}, status: {const: 404}}}
    Violation: {type: object, properties: {type: {const: /p/violation}, status: {const: 404}}}
    TextStatus: {type: object, properties: {type: {const: /p/text}, status: {const: "410"}}}
    Open: {type: object, properties: {type: {type: string}, status: {type: integer}}}
"""


@pytest.fixture
def package(contracts: Contracts) -> Package:
    return contracts.text(CONTRACT)


def test_closed_schemas_are_problems_also_inside_unions(package: Package) -> None:
    names = {each.__name__ for each in package.problems.PROBLEMS}
    assert names == {"Busy", "Problem_", "Gone", "TimeoutError_", "Violation_"}
    assert package.operations.GET_A.problems == names


def test_what_is_open_is_returned(package: Package) -> None:
    """Nobody could raise `Open`: which problem it is, the contract does not say."""
    classes = {name for name in vars(package.module("responses.default")) if name.startswith("GetA")}
    assert classes == {"GetA200", "GetA410", "GetA4XX"}


def test_schemas_of_problems_need_no_models(package: Package) -> None:
    assert not {"BusyProblem", "Gone", "Any404", "Others"} & vars(package.models).keys()


async def test_of_several_media_types_the_problems_own_is_sent(package: Package) -> None:
    answer = await package.serve(get_a=package.problems.Busy()).get("/a")
    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")


async def test_members_called_like_arguments(package: Package) -> None:
    denied = package.problems.Problem_("Don't.", self_="s", headers_=[1], max_age=5, headers={"Cache-Control": "no"})
    answer = await package.serve(get_a=denied).get("/a")
    assert answer.headers["cache-control"] == "no"
    assert answer.json() == {
        "type": "/p/oauth",
        "status": 403,
        "error": "denied",
        "error_description": "Don't.",
        "self": "s",
        "headers": [1],
        "max-age": 5,
    }


def test_required_members_are_asked_for(package: Package) -> None:
    with pytest.raises(TypeError, match="max_age"):
        package.problems.Problem_("Don't.", self_="s")
