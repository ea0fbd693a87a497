"""What operations may do with the database: a fault here lets a GET write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from app.kit.db import Database
from app.server.dependencies import unit_of_work
from tallystick.runtime.operation import Operation


@dataclass(frozen=True)
class Held:
    """As much of the services as a unit of work needs."""

    database: Database


@pytest.mark.parametrize(("method", "transaction", "refused"), [
    ("GET", None, True), ("GET", "write", False), ("POST", None, False), ("POST", "read", True),
])  # fmt: skip
async def test_the_contract_says_who_may_write(
    database: Database, method: str, transaction: Any, refused: bool
) -> None:
    held: Any = Held(database)
    operation = Operation("a", method, "/", "t", (200,), transaction=transaction)
    context = unit_of_work(held, operation)
    work = await anext(context)
    try:
        await work.begin()
        assert not refused
    except RuntimeError:
        assert refused
    with pytest.raises(StopAsyncIteration):
        await anext(context)
