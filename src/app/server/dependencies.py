"""What handlers may ask for in their `__init__`: lazy things only, so that nothing is opened that is not used."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from app.domain.auth.service import AuthService
from app.domain.items.service import ItemService
from app.domain.ops.service import HealthService
from app.domain.sessions.service import SessionService
from app.domain.users.service import UserService
from app.kit.db import ReadSession, UnitOfWork
from app.kit.idempotency import PostgresIdempotencyStore
from app.server.services import Services
from tallystick.runtime.operation import Operation
from tallystick.runtime.ports import IdempotencyStore


def services(request: Request) -> Services:
    """Everything that lives as long as the application."""
    found: Services = request.app.state.services
    return found


_Services = Annotated[Services, Depends(services)]


def reader(services: _Services) -> ReadSession:
    """Reads outside any transaction; holds a connection only while a statement runs."""
    return services.database.reader


async def unit_of_work(services: _Services, operation: Operation) -> AsyncIterator[UnitOfWork]:
    """The transaction of this request: begun when first used, committed before the answer is sent.

    An operation that reads by the contract (`x-transaction`, else its method) cannot begin it.
    """
    async with services.database.unit_of_work(reads_only=not operation.writes) as work:
        yield work


def user_agent(request: Request) -> str | None:
    """What the client says it is, for people to recognise their sessions by."""
    return request.headers.get("user-agent")


Reader = Annotated[ReadSession, Depends(reader)]
Work = Annotated[UnitOfWork, Depends(unit_of_work)]
UserAgent = Annotated[str | None, Depends(user_agent)]


def idempotency_store(services: _Services, work: Work) -> IdempotencyStore:
    """Remembers replies in the request's own transaction."""
    return PostgresIdempotencyStore(work, services.clock)


def _auth(services: _Services) -> AuthService:
    return services.auth


def _health(services: _Services) -> HealthService:
    return services.health


def _items(services: _Services) -> ItemService:
    return services.items


def _sessions(services: _Services) -> SessionService:
    return services.sessions


def _users(services: _Services) -> UserService:
    return services.users


Auth = Annotated[AuthService, Depends(_auth)]
Health = Annotated[HealthService, Depends(_health)]
Items = Annotated[ItemService, Depends(_items)]
Sessions = Annotated[SessionService, Depends(_sessions)]
Users = Annotated[UserService, Depends(_users)]
