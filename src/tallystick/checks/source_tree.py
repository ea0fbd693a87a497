"""The modules of a project, read without importing them: names, imports, sizes."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tallystick.spec.errors import Position

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name: `from a.b import c` may mean the module `a.b.c` or a name in `a.b`.

    Attributes:
        module: what stands after `from` or `import`.
        name: what stands after `from ... import`, if anything.
        in_function: it stands inside a function.
        for_types: it stands under `if TYPE_CHECKING:`.
    """

    module: str
    name: str | None
    position: Position
    in_function: bool
    for_types: bool


@dataclass(frozen=True)
class Module:
    """A source file and the name under which it is imported."""

    name: str
    file: str
    text: str

    @cached_property
    def lines(self) -> Sequence[str]:
        return self.text.splitlines()

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.file)

    @cached_property
    def imports(self) -> Sequence[Import]:
        """Every import, in the order of the file."""
        return tuple(_imports(self, self.tree, in_function=False, for_types=False))

    @property
    def is_package(self) -> bool:
        return self.file.endswith("__init__.py")

    def position(self, node: ast.stmt) -> Position:
        """Where a statement begins."""
        return Position(self.file, node.lineno, node.col_offset + 1)

    def functions(self) -> Iterator[FunctionNode]:
        """Every function and method, nested ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, FunctionNode))


class SourceTree:
    """All modules of the named packages below a project's root."""

    def __init__(self, root: Path, source_roots: Iterable[str], packages: Iterable[str]) -> None:
        found = (_read(root, source, package) for source in source_roots for package in packages)
        self.modules: dict[str, Module] = {module.name: module for group in found for module in group}
        self.packages = frozenset(packages)

    def is_own(self, name: str) -> bool:
        """Whether a dotted name belongs to the project."""
        return name.partition(".")[0] in self.packages

    def target(self, imported: Import) -> str:
        """The module that an import reaches: the submodule if the imported name is one."""
        if imported.name is not None and f"{imported.module}.{imported.name}" in self.modules:
            return f"{imported.module}.{imported.name}"
        return imported.module


def _read(root: Path, source: str, package: str) -> Iterator[Module]:
    base = root / source
    for path in sorted((base / package).rglob("*.py")):
        parts = path.relative_to(base).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        yield Module(name, path.relative_to(root).as_posix(), path.read_text("utf-8"))


def _imports(module: Module, node: ast.AST, *, in_function: bool, for_types: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, None, module.position(child), in_function, for_types)
        elif isinstance(child, ast.ImportFrom):
            source = _absolute(module, child)
            for alias in child.names:
                yield Import(source, alias.name, module.position(child), in_function, for_types)
        else:
            yield from _imports(
                module,
                child,
                in_function=in_function or isinstance(child, FunctionNode),
                for_types=for_types or _is_type_checking(child),
            )


def _absolute(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    base = parts[: len(parts) - node.level + module.is_package]
    return ".".join([*base, *([node.module] if node.module else [])])


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")
