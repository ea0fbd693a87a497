"""What runs while the application does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from app.server.services import Services


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Start what works in the background; at the end let go of everything that was opened."""
    services: Services = app.state.services
    await services.start()
    try:
        yield
    finally:
        await services.stop()
