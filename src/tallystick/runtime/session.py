"""One operation's working time: the handler with all it depends on, left before the answer is sent."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Generic, TypeVar

from fastapi import FastAPI

from tallystick.runtime.call import Call
from tallystick.runtime.idempotency import Claim, MemoryIdempotency
from tallystick.runtime.ports import IdempotencyMismatch, IdempotencyStore, Principal
from tallystick.runtime.problems import Kind, Refusal
from tallystick.runtime.provider import Provider
from tallystick.runtime.reply import Reply
from tallystick.runtime.streams import StreamReply

HandlersT = TypeVar("HandlersT")
IdempotencyDependency = Callable[..., IdempotencyStore]


class Sessions(Generic[HandlersT]):
    """Opens handlers of one class, one instance per request."""

    def __init__(self, handlers: type[HandlersT], app: FastAPI) -> None:
        self._provider: Provider[HandlersT] = Provider(handlers, app)

    def open(self, call: Call) -> Session[HandlersT]:
        """For `async with`: the handler; its `yield` dependencies leave with the block."""
        return Session(self._provider, call)


class Session(Generic[HandlersT]):
    """A handler, and what has to be left after it.

    `yield` dependencies leave (commit, or roll back on an error) with the block. Where the answer may be a stream
    they leave with `Call.deferred` instead; what failed leaves at once. No dependency can hide an error.
    """

    __slots__ = ("_call", "_provider", "_stack")

    def __init__(self, provider: Provider[HandlersT], call: Call) -> None:
        self._provider = provider
        self._call = call
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> HandlersT:
        try:
            return await self._provider.enter(self._call, self._stack)
        except BaseException as error:
            await self._stack.__aexit__(type(error), error, error.__traceback__)
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None and self._call.operation.streams:
            self._call.deferred = self._stack.pop_all()
        else:
            await self._stack.__aexit__(kind, error, trace)


class Remembered(Generic[HandlersT]):
    """A handler whose reply may be replayed: `replay` is set if the key was answered before."""

    def __init__(self, handler: HandlersT, store: IdempotencyStore | Claim | None, replay: Reply | None) -> None:
        self.handler = handler
        self.replay = replay
        self._store = store

    async def keep(self, reply: Reply) -> Reply:
        """Store the reply under its key, in the transaction that is about to commit."""
        # A stream cannot be replayed.
        if self._store is not None and not isinstance(reply, StreamReply):
            await self._store.store(reply)
        return reply


class IdempotentSessions(Generic[HandlersT]):
    """Like `Sessions`, under `x-idempotency`: handler and store share one set of dependencies.

    Without a store of the product's own, replies are remembered in `memory`.
    """

    def __init__(
        self,
        handlers: type[HandlersT],
        idempotency: IdempotencyDependency | None,
        app: FastAPI,
        memory: MemoryIdempotency,
    ) -> None:
        self._provider: Provider[HandlersT] = Provider(handlers, app, beside=idempotency)
        self._memory = memory if idempotency is None else None

    @asynccontextmanager
    async def open(
        self, call: Call, principal: Principal | None, key: str | None
    ) -> AsyncIterator[Remembered[HandlersT]]:
        """The handler, or the reply to replay.

        Raises:
            Refusal: 422, the key was used before with another request.
        """
        owner = principal.subject if principal is not None else call.client_address
        async with AsyncExitStack() as outer:
            claim: Claim | None = None
            if key is not None and self._memory is not None:
                kept = self._memory.claim(owner, call.operation.id, key, await fingerprint(call))
                try:
                    claim = await outer.enter_async_context(kept)
                except IdempotencyMismatch:
                    raise _reused() from None
            # Left before the claim: what was not committed is not remembered.
            async with AsyncExitStack() as stack:
                handler, store = await self._provider.enter_pair(call, stack)
                if claim is not None:
                    yield Remembered(handler, claim, claim.replay)
                elif key is None or store is None:
                    yield Remembered(handler, None, None)
                else:
                    try:
                        replay = await store.begin(owner, call.operation.id, key, await fingerprint(call))
                    except IdempotencyMismatch:
                        raise _reused() from None
                    yield Remembered(handler, store, replay)


def _reused() -> Refusal:
    return Refusal(Kind.IDEMPOTENCY_KEY_REUSED, "This Idempotency-Key was used before with another request.")


async def fingerprint(call: Call) -> bytes:
    """What makes two requests under one key the same: target, media type and body."""
    digest = hashlib.sha256()
    for part in (call.scope["path"].encode(), call.query_string, (call.media_type or "").encode()):
        digest.update(b"%d:" % len(part) + part)
    digest.update(await call.body())
    return digest.digest()
