"""The refusals that need no decoding, in their fixed order: 413, 401, 403, 429, 415, 406, 428."""

from __future__ import annotations

from typing import Generic, cast

from tallystick.runtime.call import Call
from tallystick.runtime.negotiation import (
    check_accept,
    check_content_type,
    check_length,
    check_required_headers,
)
from tallystick.runtime.ports import PrincipalT, RateLimiter
from tallystick.runtime.problems import Kind, Refusal
from tallystick.runtime.security import Authenticator


class Gate(Generic[PrincipalT]):
    """Lets a request in, or says why not."""

    def __init__(self, authenticator: Authenticator[PrincipalT], limiter: RateLimiter) -> None:
        self._authenticator = authenticator
        self._limiter = limiter

    async def open(self, call: Call) -> PrincipalT | None:
        """Admit a call to an operation that also takes anonymous callers."""
        check_length(call)
        principal = await self._authenticator.admit(call)
        if call.operation.rate_limit is not None:
            await self._count(call, principal)
        check_content_type(call)
        check_accept(call)
        check_required_headers(call)
        return principal

    async def admit(self, call: Call) -> PrincipalT:
        """Admit a call to an operation that every alternative secures: there always is a principal."""
        return cast("PrincipalT", await self.open(call))

    async def _count(self, call: Call, principal: PrincipalT | None) -> None:
        limit = call.operation.rate_limit
        if limit is None:
            return
        by_principal = limit.by == "principal" and principal is not None
        client = principal.subject if by_principal and principal is not None else call.client_address
        decision = await self._limiter.hit(limit, call.operation.id, client)
        if not decision.allowed:
            raise Refusal(
                Kind.TOO_MANY_REQUESTS,
                f"At most {limit.requests} requests per {limit.per}; try again later.",
                headers={"Retry-After": str(max(1, decision.reset_seconds))},
            )
