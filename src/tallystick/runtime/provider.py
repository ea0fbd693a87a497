"""Builds handlers through their `Depends` tree, flattened once at start.

Works as FastAPI's users expect: plain, async and `yield` functions, classes, sub-dependencies, `use_cache`,
`Request` parameters, `dependency_overrides`; an `Operation` parameter is given the one at
work. Two differences, both on purpose: a `yield` dependency leaves before the answer is sent (so that a commit on exit
comes first), and plain functions run inline, not in a thread (they only put things together).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from fastapi import FastAPI
from fastapi.params import Depends
from starlette.requests import Request

from tallystick.runtime.call import Call
from tallystick.runtime.operation import Operation

T = TypeVar("T")
Factory = Callable[..., Any]


class WiringError(Exception):
    """A handler or dependency cannot be built; the message names it and the parameter."""


class _Shape(Enum):
    PLAIN = auto()
    COROUTINE = auto()
    CONTEXT = auto()
    ASYNC_CONTEXT = auto()


Values = list[Any]
# Where the request and the operation stand among the values of a plan; what the steps make follows them.
_REQUEST, _OPERATION = 0, 1
_FIRST = 2


@dataclass(frozen=True, slots=True)
class _Step:
    """Call a factory with the results of earlier steps."""

    make: Callable[[Values], Any]
    shape: _Shape


@dataclass(frozen=True, slots=True)
class _Plan:
    """Steps in the order they run; `roots` are the indices of what was asked for."""

    steps: tuple[_Step, ...]
    roots: tuple[int, ...]
    needs_request: bool


class Provider(Generic[T]):
    """Makes one `T` per request from its class (or function) and the dependencies it declares.

    `beside` is built with it and shares its dependencies.

    Raises:
        WiringError: a parameter has neither `Depends`, nor a default, nor is a `Request` or an `Operation`.
    """

    def __init__(self, factory: Callable[..., T], app: FastAPI, beside: Factory | None = None) -> None:
        self._wanted: tuple[Factory, ...] = (factory,) if beside is None else (factory, beside)
        self._overrides: Mapping[Factory, Factory] = app.dependency_overrides
        self._plan = _flatten(self._wanted, {})

    async def enter(self, call: Call, stack: AsyncExitStack) -> T:
        """Build it for this request; what has to be closed is pushed on `stack`, latest first."""
        built: T = (await self._build(call, stack))[0]
        return built

    async def enter_pair(self, call: Call, stack: AsyncExitStack) -> tuple[T, Any]:
        """Build it and what stands beside it (None if nothing does)."""
        built, *others = await self._build(call, stack)
        return built, others[0] if others else None

    async def _build(self, call: Call, stack: AsyncExitStack) -> list[Any]:
        plan = _flatten(self._wanted, self._overrides) if self._overrides else self._plan
        values: Values = [call.request() if plan.needs_request else None, call.operation]
        for step in plan.steps:
            value = step.make(values)
            if step.shape is _Shape.ASYNC_CONTEXT:
                value = await stack.enter_async_context(value)
            elif step.shape is _Shape.COROUTINE:
                value = await value
            elif step.shape is _Shape.CONTEXT:
                value = stack.enter_context(value)
            values.append(value)
        return [values[index] for index in plan.roots]


def _flatten(wanted: Iterable[Factory], overrides: Mapping[Factory, Factory]) -> _Plan:
    planner = _Planner(overrides)
    roots = tuple(planner.visit(factory, use_cache=True, trail=()) for factory in wanted)
    return _Plan(tuple(planner.steps), roots, planner.needs_request)


class _Planner:
    def __init__(self, overrides: Mapping[Factory, Factory]) -> None:
        self.steps: list[_Step] = []
        self.needs_request = False
        self._overrides = overrides
        self._known: dict[Factory, int] = {}

    def visit(self, wanted: Factory, *, use_cache: bool, trail: tuple[Factory, ...]) -> int:
        """Plan one dependency after all that it needs; the index of its step."""
        if wanted in trail:
            raise WiringError(f"{_name(wanted)} depends on itself")
        if use_cache and wanted in self._known:
            return self._known[wanted]
        actual = self._overrides.get(wanted, wanted)
        arguments: list[tuple[str, int]] = []
        for name, depends in _parameters(actual):
            if isinstance(depends, int):
                self.needs_request = self.needs_request or depends == _REQUEST
                arguments.append((name, depends))
            elif depends.dependency is None:
                raise WiringError(f"{_name(actual)}: Depends() of parameter {name!r} names no dependency")
            else:
                inner = self.visit(depends.dependency, use_cache=depends.use_cache, trail=(*trail, wanted))
                arguments.append((name, inner))
        factory, shape = _shape(actual)
        self._known[wanted] = _FIRST + len(self.steps)
        self.steps.append(_Step(_maker(actual, factory, arguments), shape))
        return self._known[wanted]


def _maker(declared: Factory, factory: Factory, arguments: list[tuple[str, int]]) -> Callable[[Values], Any]:
    """The call of a factory; in the usual cases without names and without collecting arguments, which cost more."""
    indices = [index for _, index in arguments]
    if not _takes_by_position(declared, [name for name, _ in arguments]):
        return lambda values: factory(**{name: values[index] for name, index in arguments})
    match indices:
        case []:
            return lambda _: factory()
        case [one]:
            return lambda values: factory(values[one])
        case [one, two]:
            return lambda values: factory(values[one], values[two])
        case _:
            return lambda values: factory(*[values[index] for index in indices])


def _takes_by_position(factory: Factory, names: list[str]) -> bool:
    parameters = list(inspect.signature(factory).parameters.values())[: len(names)]
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [each.name for each in parameters if each.kind in positional] == names


def _parameters(factory: Factory) -> list[tuple[str, Depends | int]]:
    """Each parameter to fill, with its `Depends`, or with the index of what is given."""
    found: list[tuple[str, Depends | int]] = []
    hints = _hints(factory)
    for name, parameter in inspect.signature(factory).parameters.items():
        hint = hints.get(name)
        depends = _depends(hint, parameter.default)
        if depends is not None:
            found.append((name, depends))
        elif isinstance(hint, type) and issubclass(hint, Request):
            found.append((name, _REQUEST))
        elif hint is Operation:
            found.append((name, _OPERATION))
        elif parameter.default is parameter.empty and parameter.kind not in (
            parameter.VAR_POSITIONAL,
            parameter.VAR_KEYWORD,
        ):
            raise WiringError(
                f"{_name(factory)}: parameter {name!r} has no Depends and no default; what comes from the "
                "request is declared in the contract and handed to the handler's method"
            )
    return found


def _hints(factory: Factory) -> dict[str, Any]:
    target = factory.__init__ if inspect.isclass(factory) else factory
    return get_type_hints(target, include_extras=True)


def _depends(hint: Any, default: Any) -> Depends | None:
    if isinstance(default, Depends):
        if default.dependency is None and isinstance(hint, type):
            return Depends(hint, use_cache=default.use_cache)
        return default
    if get_origin(hint) is Annotated:
        plain, *marks = get_args(hint)
        for mark in reversed(marks):
            if isinstance(mark, Depends):
                return mark if mark.dependency else Depends(plain, use_cache=mark.use_cache)
    return None


def _shape(factory: Factory) -> tuple[Factory, _Shape]:
    if inspect.isasyncgenfunction(factory):
        return asynccontextmanager(factory), _Shape.ASYNC_CONTEXT
    if inspect.isgeneratorfunction(factory):
        return contextmanager(factory), _Shape.CONTEXT
    if inspect.iscoroutinefunction(factory):
        return factory, _Shape.COROUTINE
    return factory, _Shape.PLAIN


def _name(factory: Factory) -> str:
    return getattr(factory, "__qualname__", repr(factory))
