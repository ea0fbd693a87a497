"""What only requests or only answers have: `readOnly` and `writeOnly`, at any depth and in any part of a schema."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.contracts import Contracts, Package, Served

CONTRACT = """
paths:
  /accounts:
    post:
      operationId: create
      tags: [accounts]
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Account'}}}}
      responses:
        '201': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Account'}}}}
    get:
      operationId: read
      tags: [accounts]
      responses:
        '200':
          description: ok
          content:
            application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Account'}}}
    patch:
      operationId: change
      tags: [accounts]
      requestBody:
        required: true
        content:
          application/json:
            schema: {type: object, properties: {id: {type: integer, readOnly: true}, name: {type: string}}}
      responses: {'204': {description: ok}}
  /forms:
    post:
      operationId: form
      tags: [accounts]
      requestBody:
        required: true
        content: {application/x-www-form-urlencoded: {schema: {$ref: '#/components/schemas/Login'}}}
      responses: {'204': {description: ok}}
components:
  schemas:
    Id: {type: integer, readOnly: true}
    Base:
      type: object
      required: [id, created]
      properties:
        id: {$ref: '#/components/schemas/Id'}
        created: {type: string, format: date-time, readOnly: true}
    Account:
      allOf: [{$ref: '#/components/schemas/Base'}, {type: object, required: [name]}]
      required: [password, id]
      properties:
        name: {type: string}
        password: {type: string, writeOnly: true}
        owner: {$ref: '#/components/schemas/Owner'}
    Owner:
      type: object
      additionalProperties: false
      required: [id, secret, email]
      properties:
        id: {type: integer, readOnly: true}
        secret: {type: string, writeOnly: true}
        email: {type: string}
        account: {$ref: '#/components/schemas/Account'}
    Login:
      type: object
      required: [user, session]
      properties: {user: {type: string}, session: {type: string, readOnly: true}}
"""
WHOLE: dict[str, Any] = {"id": 1, "created": "2024-02-29T00:00:00Z", "name": "a"}


@pytest.fixture
def made(contracts: Contracts) -> Package:
    return contracts.text(CONTRACT)


@pytest.fixture
def served(made: Package) -> Served:
    account = made.models.Account.model_validate_json(
        '{"id": 1, "created": "2024-02-29T00:00:00Z", "name": "a", "owner": {"id": 2, "email": "e"}}'
    )
    return made.serve(create=account, read=[account], change=None, form=None)


async def test_requests_have_what_is_written(served: Served) -> None:
    """What the server sets is not required of clients, and what is written only reaches the handler."""
    answer = await served.post("/accounts", json={"name": "a", "password": "p", "owner": {"secret": "s", "email": "e"}})
    assert answer.status_code == 201, answer.text
    body: Any = served.given["body"]
    assert (body.name, body.password, body.owner.secret, body.owner.email) == ("a", "p", "s", "e")
    # The guard holds the answer against the contract: `password` and `secret` are not missed in it.
    assert answer.json() == {**WHOLE, "owner": {"id": 2, "email": "e"}}


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"name": "a", "password": "p", "id": 1}, "/id"),
        ({"name": "a", "password": "p", "created": "2024-02-29T00:00:00Z"}, "/created"),
        ({"name": "a", "password": "p", "owner": {"id": 2, "secret": "s", "email": "e"}}, "/owner/id"),
        ({"name": "a"}, "/password"),
        ({"name": "a", "password": "p", "owner": {"email": "e"}}, "/owner/secret"),
    ],
)
async def test_requests_do_not_have_what_is_read_only(sent: Any, pointer: str, served: Served) -> None:
    """A client that sends it believes that it can set it: silence would keep it in that belief."""
    answer = await served.post("/accounts", json=sent)
    assert (answer.status_code, served.given) == (422, {})
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]


async def test_inline_schemas_and_forms(served: Served) -> None:
    assert (await served.request("PATCH", "/accounts", json={"name": "b"})).status_code == 204
    assert (await served.request("PATCH", "/accounts", json={"id": 1})).status_code == 422
    assert (await served.post("/forms", data={"user": "u"})).status_code == 204
    assert (await served.post("/forms", data={"user": "u", "session": "s"})).status_code == 422


async def test_lists_of_answers(served: Served) -> None:
    assert (await served.get("/accounts")).json() == [{**WHOLE, "owner": {"id": 2, "email": "e"}}]


def test_models_say_so(made: Package) -> None:
    """One name for answers, as the contract has it, and one with `Input` for requests; only where they differ."""
    assert {"Account", "AccountInput", "Owner", "OwnerInput", "Login"} <= vars(made.models).keys()
    assert "LoginInput" not in vars(made.models)
    assert not made.models.Account.model_fields["password"].is_required()
    assert issubclass(made.models.AccountInput, made.models.BaseInput)


async def test_what_leaves_against_the_contract_is_found(made: Package) -> None:
    """A secret that a handler puts into an answer is a fault, even where the schema is open."""
    account = made.models.Account.model_construct(**WHOLE, password="p")
    answer = await made.serve(create=account).post("/accounts", json={"name": "a", "password": "p"})
    assert answer.status_code == 500
