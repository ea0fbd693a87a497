"""The contract as served: the document itself, and two pages to read it that need no network."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

Endpoint = Callable[[Request], Awaitable[Response]]

# Both viewers write style elements while they draw, and ReDoc searches in a worker made of a blob.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)

# Addresses are relative to the page, so that they hold behind a proxy that adds a prefix.
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" type="image/png" href="docs/assets/favicon.png">
{styles}</head>
<body>
<div id="viewer"></div>
<script src="docs/assets/{viewer}"></script>
<script src="{start}"></script>
</body>
</html>
"""
_SWAGGER_STYLES = '<link rel="stylesheet" href="docs/assets/swagger-ui.css">\n'
_SWAGGER_START = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#viewer",
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: true,
  validatorUrl: null,
});
"""
_REDOC_STYLES = '<link rel="stylesheet" href="reference/page.css">\n'
_REDOC_PAGE_STYLES = "body { margin: 0; padding: 0; }\n"
_REDOC_START = """Redoc.init("openapi.json", { hideDownloadButton: false }, document.getElementById("viewer"));
"""


def documentation_routes(
    document_json: bytes, document_yaml: bytes, title: str, *, pages: bool = True
) -> list[BaseRoute]:
    """`/openapi.json` and `/openapi.yaml`; with `pages` also `/docs` (Swagger UI) and `/reference` (ReDoc)."""
    routes: list[BaseRoute] = [
        Route("/openapi.json", _document(document_json, "application/json")),
        Route("/openapi.yaml", _document(document_yaml, "application/yaml")),
    ]
    return [*routes, *_page_routes(title)] if pages else routes


def _page_routes(title: str) -> list[BaseRoute]:
    swagger = _page(f"{title} - try it", _SWAGGER_STYLES, "swagger-ui-bundle.js", "docs/start.js")
    redoc = _page(f"{title} - reference", _REDOC_STYLES, "redoc.standalone.js", "reference/start.js")
    assets = files("fastapi_offline") / "static"
    return [
        Route("/docs", swagger),
        Route("/docs/start.js", _fixed(_SWAGGER_START, "text/javascript")),
        Mount("/docs/assets", StaticFiles(directory=str(assets))),
        Route("/reference", redoc),
        Route("/reference/start.js", _fixed(_REDOC_START, "text/javascript")),
        Route("/reference/page.css", _fixed(_REDOC_PAGE_STYLES, "text/css")),
    ]


def _page(title: str, styles: str, viewer: str, start: str) -> Endpoint:
    text = _PAGE.format(title=html.escape(title), styles=styles, viewer=viewer, start=start)
    return _fixed(text, "text/html", {"Content-Security-Policy": CONTENT_SECURITY_POLICY})


def _fixed(text: str, media_type: str, headers: Mapping[str, str] | None = None) -> Endpoint:
    async def endpoint(_: Request) -> Response:
        return Response(text, media_type=media_type, headers=headers)

    return endpoint


def _document(content: bytes, media_type: str) -> Endpoint:
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    # Weak: it is the same document however a layer in front may compress it.
    headers = {"ETag": "W/" + tag, "Cache-Control": "no-cache"}

    async def endpoint(request: Request) -> Response:
        if _names(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=media_type, headers=headers)

    return endpoint


def _names(condition: str, tag: str) -> bool:
    """Whether `If-None-Match` names this tag, by weak comparison (RFC 9110, section 13.1.2)."""
    tags = [tag.strip().removeprefix("W/") for tag in condition.split(",")]
    return tag in tags or tags == ["*"]
