"""Which operations of the contract are implemented, as the registry of handlers tells."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from tallystick.runtime.implementation import Implementation
from tallystick.runtime.operation import Operation, Server

State = Literal["implemented", "missing", "mistyped"]


class RegistryError(Exception):
    """The registry cannot be read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class OperationStatus:
    """One operation and what became of it; `reason` says what is wrong with a mistyped method."""

    operation: Operation
    state: State
    handler: str
    reason: str = ""


def operation_statuses(registry: str) -> list[OperationStatus]:
    """The state of every operation; `registry` is `module:attribute` of the filled `Handlers`.

    Raises:
        RegistryError: there is no such module or attribute, or it is no registry.
    """
    handlers = _load(registry)
    implementations: tuple[Implementation, ...] = handlers.implementations()
    return [status for implementation in implementations for status in _statuses(implementation)]


def served_below(registry: str) -> list[str]:
    """One line for each server of the contract: the paths it is served at, and the URL it is known by.

    Raises:
        RegistryError: see `operation_statuses`.
    """
    handlers = _load(registry)
    operations = sys.modules[type(handlers).__module__.rpartition(".")[0] + ".operations"]
    servers: tuple[Server, ...] = operations.SERVERS
    return [f"{', '.join(base or '/' for base in one.bases)} ({one.url})" for one in servers]


def _load(registry: str) -> Any:
    module_name, _, attribute = registry.partition(":")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:
        raise RegistryError(f"cannot import {module_name}: {error}; see [tool.tallystick] registry") from error
    found = getattr(module, attribute, None)
    if not hasattr(found, "implementations"):
        raise RegistryError(f"{registry} is no registry of handlers; see [tool.tallystick] registry")
    return found


def _statuses(implementation: Implementation) -> Iterator[OperationStatus]:
    missing = {operation.id for operation in implementation.missing()}
    mistyped = {operation.id: reason for operation, reason in implementation.mistyped()}
    where = f"{implementation.handlers.__module__}.{implementation.handlers.__qualname__}"
    for method, operation in implementation.operations.items():
        handler = f"{where}.{method}"
        if operation.id in missing:
            yield OperationStatus(operation, "missing", handler)
        elif operation.id in mistyped:
            yield OperationStatus(operation, "mistyped", handler, mistyped[operation.id])
        else:
            yield OperationStatus(operation, "implemented", handler)
