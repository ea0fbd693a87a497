"""The one place where the application is put together."""

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from app.kit.db import Database
from app.kit.variables import SettingsError
from app.server.contract import document, serve_contract
from app.server.keys import with_keys
from app.server.lifespan import lifespan
from app.server.logging import configure_logging
from app.server.middleware.pipeline import wrap
from app.server.services import build_services
from app.settings import Settings, load_settings
from tallystick.runtime.front import with_front


class Application(FastAPI):
    """FastAPI inside our layers, which thereby see its last-resort error answers too."""

    def __init__(self, settings: Settings) -> None:
        # The contract is served as it was written; FastAPI derives nothing.
        super().__init__(openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan, redirect_slashes=False)
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # FastAPI's own looks for a tracer and a `root_path` here, on every request; the layers see to the latter.
        if self.middleware_stack is None:
            self.middleware_stack = self.build_middleware_stack()
        scope["app"] = self
        await self.middleware_stack(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        return wrap(with_front(self, super().build_middleware_stack()), self.settings)


def create_app(settings: Settings) -> FastAPI:
    """Assemble the application; it connects to nothing before its lifespan begins.

    Raises:
        SettingsError: keys cannot be read, no database is named, or an operation has no handler.
    """
    settings = with_keys(settings)
    if settings.database.url is None:
        raise SettingsError(["APP_DATABASE_URL: not set, and nothing started the embedded database."])
    database = Database(settings.database.url.get_secret_value(), settings.database)
    app = Application(settings)
    services = build_services(settings, database, version=document()["info"]["version"])
    app.state.services = services
    serve_contract(app, services, settings)
    return app


def from_environment() -> FastAPI:
    """For servers that import their application: `uvicorn --factory app.main:from_environment`."""
    settings = load_settings()
    configure_logging(settings.log.level, settings.log_format)
    return create_app(settings)
