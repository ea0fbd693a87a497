"""The middleware in the order a request passes it; what stands first sees a request first and an answer last."""

from collections.abc import Callable
from functools import partial

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from app.server.middleware.compression import Compression
from app.server.middleware.envelope import Envelope
from app.server.middleware.proxies import TrustedProxies
from app.server.middleware.refusals import SizeLimits, TrustedHosts
from app.settings import Environment, Settings

Layer = Callable[[ASGIApp], ASGIApp]

LOOPBACK = ("127.0.0.1", "[::1]", "localhost")
# What pages of other origins may read besides the body.
EXPOSED_HEADERS = ("ETag", "Link", "Location", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
REQUEST_HEADERS = ("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "X-Request-Id")


def layers(settings: Settings) -> list[Layer]:
    """The layers that these settings ask for, the outermost first."""
    server = settings.server
    found: list[Layer] = [
        # Whose request is it? Everything below may rely on client, scheme, host and root_path.
        partial(TrustedProxies, networks=server.trusted_proxies, root_path=server.root_path),
        partial(Envelope, https_only=settings.is_production),
        SizeLimits,
    ]
    hosts = trusted_hosts(settings)
    if "*" not in hosts:
        found.append(partial(TrustedHosts, hosts=hosts))
    if server.cors_origins:
        found.append(
            partial(
                CORSMiddleware,
                allow_origins=server.cors_origins,
                allow_methods=METHODS,
                allow_headers=REQUEST_HEADERS,
                expose_headers=EXPOSED_HEADERS,
            )
        )
    found.append(Compression)
    return found


def wrap(app: ASGIApp, settings: Settings) -> ASGIApp:
    """The application inside all layers."""
    for layer in reversed(layers(settings)):
        app = layer(app)
    return app


def trusted_hosts(settings: Settings) -> tuple[str, ...]:
    """The host names to answer to; without a setting, a development server on loopback is for this machine only."""
    server = settings.server
    if server.trusted_hosts:
        return server.trusted_hosts
    is_local = server.host in ("127.0.0.1", "::1", "localhost")
    if settings.environment is Environment.DEVELOPMENT and is_local and not server.trusted_proxies:
        return LOOPBACK
    return ("*",)
