"""Who may import whom, cycles, sizes and suppressions: the house rules of code, from a table in pyproject.toml."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from tallystick.checks.source_tree import Import, Module, SourceTree
from tallystick.spec.errors import Diagnostic, Position, in_order

PRIVATE_OF_A_DOMAIN = ("repository", "tables")
_SUPPRESSION = re.compile(r"#\s*(?:type:\s*ignore|noqa)(?:\s*\[[^\]]*\]|:\s*[A-Z]+\d+(?:\s*,\s*[A-Z]+\d+)*)?(.*)")
# A reason is more than a dash.
_REASON = re.compile(r"\w+ \w+")


class LayerTableError(Exception):
    """The table is missing or cannot be read."""


@dataclass(frozen=True)
class LayerRules:
    """The table `[tool.tallystick.layers]`.

    Attributes:
        roots: folders that modules are imported from.
        packages: the project's own packages.
        allow: by module (`*` is one part of a name), the own packages it may import; the longest match counts.
        third_party: by module, the only packages of others it may import.
        domains: by domain, the domains whose services it may call.
        generated: packages written by a machine, exempt from sizes and suppressions.
    """

    roots: Sequence[str]
    packages: Sequence[str]
    allow: Mapping[str, Sequence[str]]
    third_party: Mapping[str, Sequence[str]] = field(default_factory=dict)
    domains: Mapping[str, Sequence[str]] = field(default_factory=dict)
    domain_package: str = "app.domain"
    generated: Sequence[str] = ("generated",)
    max_module_lines: int = 500
    max_function_lines: int = 60
    max_suppressions_per_thousand_lines: float = 1.0

    @staticmethod
    def read(root: Path) -> LayerRules:
        """The table of a project.

        Raises:
            LayerTableError: there is none, or it has unknown members.
        """
        try:
            project: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
            table: dict[str, Any] = project["tool"]["tallystick"]["layers"]
            return LayerRules(**{name.replace("-", "_"): value for name, value in table.items()})
        except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
            raise LayerTableError(f"{root}/pyproject.toml: no usable [tool.tallystick.layers]: {error}") from error


def check_layers(root: Path) -> list[Diagnostic]:
    """Everything in a project's source that breaks its rules, in order of place.

    Raises:
        LayerTableError: the project has no table of rules.
    """
    rules = LayerRules.read(root)
    tree = SourceTree(root, rules.roots, rules.packages)
    found: list[Diagnostic] = []
    for module in tree.modules.values():
        found.extend(_check_imports(module, tree, rules))
        if module.name.partition(".")[0] not in rules.generated:
            found.extend(_check_sizes(module, rules))
    found.extend(_check_cycles(tree))
    found.extend(_check_suppressions(tree, rules))
    return in_order(found)


def _check_imports(module: Module, tree: SourceTree, rules: LayerRules) -> Iterator[Diagnostic]:
    allowed = _longest_match(module.name, rules.allow)
    others = _longest_match(module.name, rules.third_party)
    for imported in module.imports:
        if tree.is_own(imported.module):
            yield from _check_own(module, imported, tree.target(imported), allowed, rules)
        elif others is not None and not _is_within(imported.module, others) and not _is_standard(imported.module):
            message = f"{module.name} imports {imported.module}; it may import of others only {', '.join(others)}"
            yield Diagnostic("layer-third-party", message, imported.position)


def _check_own(
    module: Module, imported: Import, target: str, allowed: Sequence[str] | None, rules: LayerRules
) -> Iterator[Diagnostic]:
    if imported.in_function:
        message = f"{target} is imported inside a function"
        hint = "import it at the top; if that makes a cycle, the layers are wrong"
        yield Diagnostic("layer-local-import", message, imported.position, hint=hint)
    if allowed is None:
        yield Diagnostic("layer-unknown", f"no rule says what {module.name} may import", imported.position)
    elif not _is_within(target, allowed):
        message = f"{module.name} imports {target}; it may import {', '.join(allowed)}"
        yield Diagnostic("layer-import", message, imported.position)
    yield from _check_domain(module, imported, target, rules)


def _check_domain(module: Module, imported: Import, target: str, rules: LayerRules) -> Iterator[Diagnostic]:
    prefix = rules.domain_package + "."
    if not (module.name.startswith(prefix) and target.startswith(prefix)):
        return
    here = module.name.removeprefix(prefix).partition(".")[0]
    there, _, part = target.removeprefix(prefix).partition(".")
    if here == there:
        return
    if there not in rules.domains.get(here, ()):
        message = f"the domain {here} calls the domain {there}"
        hint = "calls go downward only; the other way goes through events"
        yield Diagnostic("layer-domain", message, imported.position, hint=hint)
    elif part.partition(".")[0] in PRIVATE_OF_A_DOMAIN:
        message = f"{target} belongs to the domain {there} alone"
        yield Diagnostic("layer-domain-private", message, imported.position, hint="call its service")


def _check_sizes(module: Module, rules: LayerRules) -> Iterator[Diagnostic]:
    length = len(module.lines)
    if length > rules.max_module_lines:
        message = f"{module.name} has {length} lines, over {rules.max_module_lines}"
        yield Diagnostic("module-size", message, Position(module.file, 1, 1), hint="split it by what it is about")
    for function in module.functions():
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > rules.max_function_lines:
            message = f"{function.name} has {length} lines, over {rules.max_function_lines}"
            yield Diagnostic("function-size", message, module.position(function), hint="name its parts")


def _check_suppressions(tree: SourceTree, rules: LayerRules) -> Iterator[Diagnostic]:
    written = [module for module in tree.modules.values() if module.name.partition(".")[0] not in rules.generated]
    places: list[Position] = []
    for module in written:
        for position, reason in suppressions(module):
            places.append(position)
            if not _REASON.search(reason):
                hint = "say why behind it: # noqa: X - the reason"
                yield Diagnostic("suppression-reason", "a check is switched off without a reason", position, hint=hint)
    total = sum(len(module.lines) for module in written)
    most = max(1, int(total * rules.max_suppressions_per_thousand_lines / 1000))
    if len(places) > most:
        message = f"{len(places)} checks are switched off in {total} lines; {most} would be the most"
        yield Diagnostic("suppression-count", message, places[-1], hint="repair the code instead")


def suppressions(module: Module) -> Iterator[tuple[Position, str]]:
    """Where a module switches a checker off for a line, and the text behind it."""
    for number, line in enumerate(module.lines, start=1):
        if ("noqa" in line or "type: ignore" in line) and (match := _SUPPRESSION.search(line)):
            yield Position(module.file, number, match.start() + 1), match[1]


def _check_cycles(tree: SourceTree) -> Iterator[Diagnostic]:
    graph = {name: _needed_at_import(module, tree) for name, module in tree.modules.items()}
    for cycle in cycles({name: list(needed) for name, needed in graph.items()}):
        first = min(cycle)
        others = " -> ".join([*cycle, cycle[0]])
        position = next((at for name, at in graph[first].items() if name in cycle), Position(first, 1, 1))
        yield Diagnostic("layer-cycle", f"modules import each other: {others}", position)


def _needed_at_import(module: Module, tree: SourceTree) -> dict[str, Position]:
    needed: dict[str, Position] = {}
    for imported in module.imports:
        target = tree.target(imported)
        if target in tree.modules and target != module.name and not (imported.for_types or imported.in_function):
            needed.setdefault(target, imported.position)
    return needed


def cycles(graph: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Groups of nodes that reach each other (Tarjan's strongly connected components of more than one)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        path.append(node)
        for other in graph.get(node, ()):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in path:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            start = path.index(node)
            if len(group := path[start:]) > 1:
                found.append(group)
            del path[start:]

    for node in graph:
        if node not in index:
            visit(node)
    return found


def _longest_match(name: str, table: Mapping[str, Sequence[str]]) -> Sequence[str] | None:
    matching = [key for key in table if _pattern(key).match(name)]
    return table[max(matching, key=lambda key: (key.count("."), len(key)))] if matching else None


@lru_cache(maxsize=256)
def _pattern(key: str) -> re.Pattern[str]:
    return re.compile(re.escape(key).replace(r"\*", r"[^.]+") + r"(?:\.|$)")


def _is_within(name: str, packages: Iterable[str]) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def _is_standard(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names
