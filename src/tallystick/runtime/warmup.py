"""Builds what requests need before they ask for it: some before the server starts, the rest beside its work.

All of it is built on first use anyway; what is ready already makes first requests as fast as later ones. A contract
of ordinary size is ready before the first request. A large one would keep its server from starting for seconds, so
only a part of it is; a thread goes on with the rest in small steps, and pauses after each as long as it took.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Protocol

from pydantic import BaseModel

from tallystick.runtime.lazily import modules_of
from tallystick.runtime.types.building import REFERRED_BACK, JsonJudge
from tallystick.runtime.types.schema import Schemas

log = logging.getLogger(__name__)

# A pause is short enough not to take long in total, and long enough to let a request pass.
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.001, 0.1


class Prepared(Protocol):
    """What is compiled on first use or before."""

    def prepare(self) -> None:
        """Compile it now."""
        ...


def warm_up(models: Iterable[ModuleType], parts: Iterable[Prepared], seconds: float) -> threading.Thread | None:
    """Prepare models and parts of operations, for so many CPU seconds here, then in a thread; zero: not at all.

    Returns:
        The thread that is still at it, None if everything is ready.
    """
    if seconds <= 0:
        return None
    steps = _steps(models, parts)
    end = time.thread_time() + seconds
    for _ in steps:
        if time.thread_time() > end:
            thread = threading.Thread(target=_go_on, args=(steps,), name="tallystick-warm-up", daemon=True)
            thread.start()
            return thread
    return None


def _steps(models: Iterable[ModuleType], parts: Iterable[Prepared]) -> Iterator[None]:
    for package in models:
        for module in modules_of(package):
            yield
            built = list(_models(module))
            for model in built:
                model.model_rebuild()
                yield
            for schemas in [each for each in vars(module).values() if isinstance(each, Schemas)]:
                for name in sorted(schemas.wanted):
                    schemas.validator(name)
                    yield
            for model in [each for each in built if each in REFERRED_BACK][:1]:
                JsonJudge(model)  # one for all of the circle
                yield
    for part in parts:
        part.prepare()
        yield


def _models(module: ModuleType) -> Iterator[type[BaseModel]]:
    """The classes that a module defines."""
    for each in list(vars(module).values()):
        if isinstance(each, type) and issubclass(each, BaseModel) and each.__module__ == module.__name__:
            yield each


def _go_on(steps: Iterator[None]) -> None:
    started = before = time.monotonic()
    try:
        for _ in steps:
            took = time.monotonic() - before
            time.sleep(min(max(took, _SHORTEST_PAUSE), _LONGEST_PAUSE))
            before = time.monotonic()
    except Exception:
        # The request that needs it will say so again, with the operation it belongs to.
        log.exception("not everything could be prepared")
    else:
        log.info("everything is prepared after %.1f s", time.monotonic() - started)
