"""Health over HTTP."""

from __future__ import annotations

import httpx
from fastapi import FastAPI

from app.server.contract import document
from app.server.services import Services
from tests.support.api import problem


async def test_it_is_up_alive_and_ready(client: httpx.AsyncClient) -> None:
    health = (await client.get("/health")).json()
    assert health["status"] == "ok"
    assert health["version"] == document()["info"]["version"]
    assert (await client.get("/health/live")).json() == {"status": "alive"}
    ready = await client.get("/health/ready")
    assert ready.json() == {"status": "ready", "dependencies": [{"name": "database", "status": "up"}]}


async def test_a_server_that_shuts_down_is_alive_and_not_ready(app: FastAPI, client: httpx.AsyncClient) -> None:
    services: Services = app.state.services
    services.draining.is_on = True
    answer = await client.get("/health/ready")
    assert problem(answer) == (503, "not-ready")
    assert int(answer.headers["retry-after"]) >= 1
    assert (await client.get("/health/live")).status_code == 200
