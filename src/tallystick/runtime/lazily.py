"""Packages whose modules are imported when a name of them is first used (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sized
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

_MODULES = "__lazy_modules__"


class _Names(Sized, Protocol):
    def __iter__(self) -> Iterator[str]: ...


def lazily(package: str, places: Mapping[str, _Names]) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a package; `places` has the names that each of its modules defines."""
    modules = {name: module for module, names in places.items() for name in names}
    # The largest are what could not be divided: whoever needs one name of them waits for all.
    setattr(sys.modules[package], _MODULES, sorted(places, key=lambda each: -len(places[each])))

    def find(name: str) -> Any:
        module = modules.get(name)
        if module is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(import_module(f"{package}.{module}"), name)
        setattr(sys.modules[package], name, found)  # asked for once only
        return found

    return find, lambda: sorted(modules)


def modules_of(package: ModuleType) -> Iterator[ModuleType]:
    """The modules of such a package, imported one by one, large ones first; any other module is its own."""
    names = vars(package).get(_MODULES)
    if names is None:
        yield package
    else:
        yield from (import_module(f"{package.__name__}.{name}") for name in names)
