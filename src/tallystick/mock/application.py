"""From a contract to an application that answers it: generated, imported, mounted."""

from __future__ import annotations

import importlib
import shutil
import sys
import tempfile
from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from fastapi import FastAPI

from tallystick.generator.pipeline import generate
from tallystick.generator.request import GenerateRequest
from tallystick.mock.answers import Answers
from tallystick.mock.carry import Mock, Reached
from tallystick.mock.completion import Completion
from tallystick.mock.cors import allow_every_origin
from tallystick.mock.credentials import Credential, MockPrincipal, all_scopes, credentials, verifier
from tallystick.mock.document import MockDocument, here
from tallystick.mock.memory import collections_of
from tallystick.runtime.docs import documentation_routes
from tallystick.runtime.implementation import Implementation
from tallystick.runtime.mount import Runtime, mount
from tallystick.runtime.operation import Operation
from tallystick.runtime.ratelimit import UnlimitedRateLimiter
from tallystick.runtime.routing import Endpoint
from tallystick.spec.errors import ContractError, Diagnostic, Position
from tallystick.spec.nodes import Object
from tallystick.spec.reading import AS_WRITTEN, ReadOptions, read_contract
from tallystick.spec.serialise import to_json, to_yaml
from tallystick.spec.servers import concrete_bases


@dataclass(frozen=True)
class MockOptions:
    """How to mock: data and credentials follow from the seed."""

    seed: int = 0
    stateful: bool = False
    reading: ReadOptions = AS_WRITTEN


@dataclass(frozen=True)
class MockApplication:
    """A contract, served: what has to be shown to get in, and which files were read.

    `base_path` is where the first server of the document has its paths.
    """

    app: FastAPI
    credentials: tuple[Credential, ...]
    files: tuple[Path, ...]
    title: str
    operations: tuple[Operation, ...]
    base_path: str = ""


@dataclass(frozen=True)
class Generated:
    """A contract beside the modules of its package."""

    bundled: Object
    files: tuple[Path, ...]
    registry: Any
    security: ModuleType


class Workshop:
    """Makes applications, each from a package of its own in a folder that is removed in the end."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="tally-mock-"))
        self._made = 0
        self._served = ""
        sys.path.insert(0, str(self._folder))

    def close(self) -> None:
        """Remove everything that was generated."""
        sys.path.remove(str(self._folder))
        shutil.rmtree(self._folder, ignore_errors=True)

    def make(self, contract: Path, options: MockOptions) -> MockApplication:
        """The application of a contract as it is now.

        Raises:
            ContractError: everything that is wrong with the contract.
        """
        return assemble(self.generate(contract, options.reading), options)

    def generate(self, contract: Path, reading: ReadOptions = AS_WRITTEN) -> Generated:
        """The contract with its package, from which any number of applications can be assembled.

        Raises:
            ContractError: see `make`.
        """
        read = read_contract(contract, reading)
        name = self._package(contract, reading)
        return Generated(read.bundled, read.files, sys.modules[f"{name}.registry"], sys.modules[f"{name}.security"])

    def _package(self, contract: Path, reading: ReadOptions) -> str:
        self._made += 1
        name = f"tally_mock_{id(self):x}_{self._made}"
        generate(GenerateRequest(contract, self._folder / name, name, reading=reading, verify=False))
        importlib.invalidate_caches()
        try:
            importlib.import_module(f"{name}.registry")
            importlib.import_module(f"{name}.security")
        except Exception as error:
            raise ContractError((_unimportable(contract, error),)) from error
        self._forget(self._served)
        self._served = name
        return name

    def _forget(self, name: str) -> None:
        """A package that is not served any more."""
        if not name:
            return
        for module in [one for one in sys.modules if one == name or one.startswith(name + ".")]:
            del sys.modules[module]
        shutil.rmtree(self._folder / name, ignore_errors=True)


def assemble(made: Generated, options: MockOptions) -> MockApplication:
    """A fresh application, with nothing remembered yet."""
    registry = made.registry
    document = MockDocument(made.bundled)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    shown, schemes = _security(made.security, document, registry, options)
    # Tools that know the document's servers only, or none at all, reach every operation too.
    bases = concrete_bases(made.bundled.get("servers"))
    runtime: Runtime[Any] = Runtime(app, schemes, UnlimitedRateLimiter(), also_below=(*bases, ""))
    handlers = {one.tag: _stand_in(one) for one in registry.unimplemented().implementations()}
    endpoints: tuple[Endpoint, ...] = registry.endpoints(registry.Handlers(**handlers), runtime)
    answers = Answers(document, options.seed)
    mock = Mock(document, answers, collections_of(endpoints), stateful=options.stateful)
    mount(runtime, map(mock.endpoint, endpoints))
    app.add_middleware(Completion, answers=answers)
    operations = tuple(one.operation for one in endpoints)
    allow_every_origin(app, document, operations)
    title = str(made.bundled["info"]["title"])
    served = here(made.bundled)
    app.router.routes += documentation_routes(to_json(served).encode(), to_yaml(served).encode(), title)
    return MockApplication(app, shown, made.files, title, operations, bases[0])


def _stand_in(implementation: Implementation) -> type[Any]:
    async def reached(*arguments: Any, **_: Any) -> Any:
        for one in arguments:
            if isinstance(one, AsyncIterable):
                # A body that streams is judged, and held to its limit, while it is read.
                async for _each in one:
                    pass
        raise Reached

    return type("Mocked", (implementation.interface,), dict.fromkeys(implementation.operations, reached))


def _security(
    module: ModuleType, document: MockDocument, registry: Any, options: MockOptions
) -> tuple[tuple[Credential, ...], dict[str, Any]]:
    """What to print, and the schemes of the generated package with verifiers that admit just that."""
    operations = registry.operations.OPERATIONS
    used = dict.fromkeys(need.scheme for one in operations for way in one.security for need in way)
    declared = document.root.get("components", {}).get("securitySchemes", {})
    resolved: Mapping[str, Any] = {
        name: document.schemas.node(document.schemas.follow(("components", "securitySchemes", name)))
        for name in declared
    }
    shown = credentials(resolved, used, options.seed)
    principal = MockPrincipal(scopes=all_scopes(operations))
    # The fields of `Verifiers` stand in the order of the contract's schemes, of those that are used.
    names = [name for name in declared if name in used]
    by_name = {one.scheme: one for one in shown}
    fields = list(module.Verifiers.__dataclass_fields__)
    verifiers = {field: verifier(by_name[name], principal) for field, name in zip(fields, names, strict=True)}
    schemes: dict[str, Any] = module.Verifiers(**verifiers).schemes()
    return shown, schemes


def _unimportable(contract: Path, error: Exception) -> Diagnostic:
    return Diagnostic(
        rule="not-importable",
        message=f"what was generated cannot be imported: {error}",
        position=Position(str(contract), 1, 1),
        hint="this is a fault of the generator; please report it with the contract",
    )
