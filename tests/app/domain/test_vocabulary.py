"""The product's own words are those of the contract: a value added on one side only is found here."""

from __future__ import annotations

import re
from enum import StrEnum

import pytest

from app.domain.items.repository import Sort
from app.domain.items.tables import Status
from app.kit.principal import SCOPES_OF, Role, Scope
from app.server.contract import document
from generated import models


@pytest.mark.parametrize(
    ("ours", "theirs"), [(Role, models.Role), (Status, models.ItemStatus), (Sort, models.ItemSort)]
)
def test_enumerations_have_the_values_of_the_contract(ours: type[StrEnum], theirs: type[StrEnum]) -> None:
    assert {member.value for member in ours} == {member.value for member in theirs}


def test_every_scope_that_an_operation_needs_can_be_granted() -> None:
    needed = {
        scope
        for path in document()["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
        for alternative in operation.get("security", ())
        for scopes in alternative.values()
        for scope in scopes
    }
    assert needed <= set(Scope)
    assert needed <= SCOPES_OF[Role.ADMIN]


def test_roles_have_the_scopes_that_the_contract_promises() -> None:
    """The table in the description is what client developers read."""
    row = re.compile(r"^\| `([a-z:]+)` \|[^|]*\|(.*)\|$", re.MULTILINE)
    promised: dict[Role, set[str]] = {role: set() for role in Role}
    for scope, cells in row.findall(document()["info"]["description"]):
        for role, cell in zip(Role, cells.split("|"), strict=True):
            if cell.strip():
                promised[role].add(scope)
    assert promised == {role: set(scopes) for role, scopes in SCOPES_OF.items()}
