"""The server with one fault planted in it: `FUZZ_FAULT=<name> python -m tests.fuzz.faulty`.

Only this module reads that variable; the product knows nothing of it. The response guard has to be off
(APP_RESPONSE_GUARD=0), or it would turn half of the faults into a 500.
"""

from __future__ import annotations

import os
import sys
from unittest.mock import patch

from fastapi import FastAPI
from starlette.types import ASGIApp

from app import main
from app.server import run
from app.server.middleware.pipeline import wrap
from app.settings import Settings
from tests.fuzz.faults import FAULTS, Fault

NO_FAULT = "none"


class FaultyApplication(main.Application):
    """The application with something between it and its layers."""

    def build_middleware_stack(self) -> ASGIApp:
        stack = FastAPI.build_middleware_stack(self)
        edge = chosen().edge
        return wrap(stack if edge is None else edge(stack, self.state.services), self.settings)


def chosen() -> Fault:
    """The fault that the environment names."""
    name = os.environ["FUZZ_FAULT"]
    return Fault() if name == NO_FAULT else FAULTS[name]


def create(settings: Settings) -> FastAPI:
    """Like `app.main.create_app`, with the fault."""
    app = _create_app(settings)
    app.state.services = chosen().plant(app.state.services)
    return app


_create_app = main.create_app

if __name__ == "__main__":
    with patch.object(main, "Application", FaultyApplication), patch.object(run, "create_app", create):
        sys.exit(run.run())
