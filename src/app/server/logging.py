"""The log: one line per event on standard output, JSON or text; secrets never reach it."""

import logging
import sys
from collections.abc import MutableMapping
from contextvars import ContextVar
from typing import Any, Literal

import structlog
from pydantic_core import to_json

# Set by the middleware, so that whatever is logged during a request names it.
request_id_var: ContextVar[str | None] = ContextVar("request_id", default=None)

Event = MutableMapping[str, Any]
LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure_logging(level: str, style: Literal["text", "json"]) -> None:
    """Set up structlog, and let what libraries log through `logging` come out the same way."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        _add_request_id,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.typing.Processor = structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
    if style == "json":
        shared.append(structlog.processors.format_exc_info)
        renderer = _render_json
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[_strip, renderer]))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(LEVELS[level])
    # They tell at level info what the start-up and the access log say already.
    for name in ("uvicorn", "uvicorn.error", "alembic", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _add_request_id(_: Any, __: str, event: Event) -> Event:
    request_id = request_id_var.get()
    if request_id is not None:
        event.setdefault("request_id", request_id)
    return event


def _strip(_: Any, __: str, event: Event) -> Event:
    return {key: value for key, value in event.items() if not key.startswith("_")}


def _render_json(_: Any, __: str, event: Event) -> str:
    return to_json(event, fallback=str, inf_nan_mode="constants").decode("utf-8")
