"""Which class answers each tag of the contract: here the type checker says what is missing."""

from __future__ import annotations

from app.domain.auth.handlers import AuthHandlers
from app.domain.items.handlers import ItemsHandlers
from app.domain.ops.handlers import OpsHandlers
from app.domain.users.handlers import UsersHandlers
from app.kit.principal import Principal
from generated.registry import Handlers

handlers: Handlers[Principal] = Handlers(
    auth=AuthHandlers,
    items=ItemsHandlers,
    ops=OpsHandlers,
    users=UsersHandlers,
)
