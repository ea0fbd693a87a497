"""Whether handlers fill the interface that the contract asks for, and what stands in where they do not."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tallystick.runtime.operation import Operation
from tallystick.runtime.problems import Kind, Refusal


@dataclass(frozen=True, slots=True)
class Implementation:
    """One tag's handler class beside its generated interface; `operations` by method name."""

    tag: str
    handlers: type[Any]
    interface: type[Any]
    stand_in: type[Any]
    operations: Mapping[str, Operation]

    def missing(self) -> tuple[Operation, ...]:
        """Operations that nobody implemented."""
        stand_in = issubclass(self.handlers, self.stand_in)
        return tuple(
            operation
            for method, operation in self.operations.items()
            if stand_in or _is_missing(getattr(self.handlers, method, None))
        )

    def mistyped(self) -> tuple[tuple[Operation, str], ...]:
        """Implemented operations whose parameters are not those of the contract, each with the reason."""
        found = []
        missing = self.missing()
        for method, operation in self.operations.items():
            if operation not in missing:
                reason = _difference(getattr(self.interface, method), getattr(self.handlers, method))
                if reason is not None:
                    found.append((operation, reason))
        return tuple(found)

    def completed(self) -> type[Any]:
        """The handler class with missing methods answering 501."""
        if not self.missing():
            return self.handlers
        return type(self.handlers.__name__, (self.handlers, self.stand_in), {"__module__": self.handlers.__module__})


def not_implemented(operation_id: str) -> Refusal:
    """What answers an operation without an implementation."""
    return Refusal(Kind.NOT_IMPLEMENTED, f"{operation_id} is in the contract, but not implemented yet.")


def gaps(implementations: Iterable[Implementation]) -> list[str]:
    """One line for each operation that is missing or mistyped, by operationId; empty when all is well."""
    lines: list[str] = []
    for implementation in implementations:
        where = f"{implementation.handlers.__module__}.{implementation.handlers.__qualname__}"
        names = {operation.id: method for method, operation in implementation.operations.items()}
        lines += [f"{one.id}: {where} has no method {names[one.id]}" for one in implementation.missing()]
        lines += [f"{one.id}: {where}.{names[one.id]} {reason}" for one, reason in implementation.mistyped()]
    return lines


def _is_missing(method: Any) -> bool:
    return method is None or getattr(method, "__isabstractmethod__", False)


def _difference(declared: Any, written: Any) -> str | None:
    if not inspect.iscoroutinefunction(written):
        return "is not an async method"
    wanted = inspect.signature(declared).parameters
    present = inspect.signature(written).parameters
    if any(p.kind is p.VAR_KEYWORD for p in present.values()):
        return None
    lacking = [name for name in wanted if name not in present]
    if lacking:
        return f"does not take {', '.join(lacking)}"
    optional = {name for name, p in present.items() if p.default is not p.empty or p.kind is p.VAR_POSITIONAL}
    extra = [name for name in present if name not in wanted and name not in optional]
    return f"asks for {', '.join(extra)}, which the contract does not give" if extra else None
