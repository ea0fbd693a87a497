"""Which operations of the contract are implemented, as the registry of handlers tells."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

from tallystick.generator.manifest import ModelCount, read_count
from tallystick.runtime.implementation import Implementation
from tallystick.runtime.operation import DEFAULT_MAX_BODY_BYTES, Operation, Server

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


def model_count(registry: str) -> ModelCount | None:
    """What the package of the registry says of its models, if it does.

    Raises:
        RegistryError: see `operation_statuses`.
    """
    file = getattr(_operations(registry), "__file__", None)
    return read_count(Path(file).parent) if file else None


def policies_of(operation: Operation) -> list[str]:
    """What generated code does for an operation besides calling it, in few words."""
    limit = operation.rate_limit
    found = [f"{limit.requests} per {limit.per} by {limit.by}"] if limit else []
    if operation.timeout is not None:
        found.append(f"{operation.timeout:g} s")
    if operation.max_body_bytes != DEFAULT_MAX_BODY_BYTES:
        found.append(f"{operation.max_body_bytes} bytes")
    flags = {"idempotent": operation.idempotent, "closed query": operation.closed_query}
    flags["deprecated"] = operation.deprecated
    return found + [word for word, is_set in flags.items() if is_set]


def served_below(registry: str) -> list[str]:
    """One line for each server of the contract: the paths it is served at, and the URL it is known by.

    Raises:
        RegistryError: see `operation_statuses`.
    """
    servers: tuple[Server, ...] = getattr(_operations(registry), "SERVERS", ())
    return [f"{', '.join(base or '/' for base in one.bases)} ({one.url})" for one in servers]


def _operations(registry: str) -> ModuleType | None:
    """The operation table beside a generated registry."""
    return sys.modules.get(type(_load(registry)).__module__.rpartition(".")[0] + ".operations")


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
