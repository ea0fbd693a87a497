"""Packages generated from small contracts, imported and served in memory."""

from __future__ import annotations

import importlib
import inspect
import itertools
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
from fastapi import FastAPI

from tallystick.generator.pipeline import generate
from tallystick.generator.request import GenerateRequest
from tallystick.runtime.guard import ContractGuard
from tallystick.runtime.implementation import Implementation
from tallystick.runtime.mount import Runtime, mount
from tallystick.runtime.operation import Operation
from tallystick.runtime.problems import PROBLEM_JSON
from tallystick.runtime.reply import Reply
from tallystick.spec.bundle import bundle
from tallystick.spec.errors import ContractError
from tallystick.spec.loader import load
from tests.support.verifiers import CALLERS, CertificateVerifier, DigestVerifier, PasswordVerifier, SecretVerifier

# Python remembers modules by name: no two packages of one process may share one.
_NUMBERS = itertools.count()
HEAD = "openapi: 3.1.0\ninfo: {title: Test, version: '1'}\n"


class Contracts:
    """Generates packages below one folder that is on the import path; each contract once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[Path, Package] = {}
        self._texts: dict[str, Path] = {}

    def file(self, path: Path) -> Package:
        """The package of a contract file."""
        if path not in self._made:
            name = f"made_{next(_NUMBERS)}_{path.stem}"
            self._made[path] = make_package(path, self._folder / name)
        return self._made[path]

    def text(self, text: str) -> Package:
        """The package of a contract; `openapi` and `info` may be left out."""
        if text not in self._texts:
            folder = self._folder / f"text_{len(self._texts)}"
            folder.mkdir()
            path = folder / "text.yaml"
            path.write_text(with_head(text), encoding="utf-8")
            self._texts[text] = path
        return self.file(self._texts[text])


def with_head(text: str) -> str:
    """A whole contract."""
    return text if text.startswith("openapi:") else HEAD + text


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Packages in the folder can be imported."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


def make_package(contract: Path, output: Path) -> Package:
    """Generate without the import in a process of its own: the test imports it anyway."""
    generate(GenerateRequest(contract, output, output.name, verify=False))
    return Package(output.name, output, contract)


def refused(folder: Path, text: str) -> list[str]:
    """What generation finds wrong: `line:column rule`, the lines counted from the text's own first."""
    path = folder / "refused.yaml"
    path.write_text(with_head(text), encoding="utf-8")
    shift = 0 if text.startswith("openapi:") else HEAD.count("\n")
    try:
        generate(GenerateRequest(path, folder / "refused", "refused", verify=False))
    except ContractError as error:
        assert not (folder / "refused").exists(), "a refused contract must not leave files"
        return [
            f"{each.position.line - shift}:{each.position.column} {each.rule}" if each.position else each.rule
            for each in error.diagnostics
        ]
    return []


class HandlersGuard(ContractGuard):
    """Judges what handlers answer; small contracts need not declare every refusal of the run time."""

    def check(self, operation: Operation, reply: Reply) -> list[str]:
        is_refusal = reply.header(b"content-type") == PROBLEM_JSON.encode()
        return [] if is_refusal and reply.status not in operation.statuses else super().check(operation, reply)


@dataclass
class Package:
    """A generated package."""

    name: str
    root: Path
    contract: Path

    def module(self, name: str) -> ModuleType:
        """One of its modules."""
        importlib.invalidate_caches()
        return importlib.import_module(f"{self.name}.{name}")

    @cached_property
    def models(self) -> Any:
        return self.module("models")

    @cached_property
    def problems(self) -> Any:
        return self.module("problems")

    @cached_property
    def operations(self) -> Any:
        return self.module("operations")

    def answer(self, tag: str, name: str) -> Any:
        """An answer class of a tag."""
        return getattr(self.module(f"responses.{tag}"), name)

    def source(self, name: str) -> str:
        """The text of one file."""
        return (self.root / name).read_text(encoding="utf-8")

    def serve(self, **answers: Any) -> Served:
        """An application whose handler methods answer with these: values, errors to raise, or functions of what they
        were given. Methods without one answer 501. The guard holds every reply against the contract."""
        return Served(self, answers)

    def implementations(self) -> tuple[Implementation, ...]:
        """The interfaces to fill."""
        found: tuple[Implementation, ...] = self.module("registry").unimplemented().implementations()
        return found


@dataclass
class Served:
    """A running package; `given` is what the latest handler method was called with."""

    package: Package
    answers: Mapping[str, Any]
    given: dict[str, Any] = field(default_factory=dict)
    limiter: Any = None
    idempotency: Any = None
    warm_up_seconds: float = 0.0
    also_below: tuple[str, ...] = ()
    certificate_header: str | None = "Client-Cert"

    @cached_property
    def app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)
        document = json.loads(json.dumps(bundle(load(self.package.contract))))
        runtime: Runtime[Any] = Runtime(
            app,
            self._schemes(),
            self.limiter,
            self.idempotency,
            guard=HandlersGuard(document),
            also_below=self.also_below,
        )
        registry: Any = self.package.module("registry")
        handlers = {each.tag: self._handlers(each) for each in self.package.implementations()}
        mount(runtime, registry.endpoints(registry.Handlers(**handlers), runtime), self.warm_up_seconds)
        return app

    @cached_property
    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://test")

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request; `given` is empty if no handler was called."""
        self.given.clear()
        return await self.client.request(method, path, **options)

    async def get(self, path: str, **options: Any) -> httpx.Response:
        """Send a GET."""
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> httpx.Response:
        """Send a POST."""
        return await self.request("POST", path, **options)

    def _handlers(self, implementation: Implementation) -> type[Any]:
        methods = {
            name: self._method(name, getattr(implementation.interface, name))
            for name in implementation.operations
            if name in self.answers
        }
        return type("Written", (implementation.stand_in,), methods)

    def _method(self, name: str, declared: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(declared)

        async def method(*arguments: Any, **keywords: Any) -> Any:
            bound = signature.bind(*arguments, **keywords)
            self.given.update({key: value for key, value in bound.arguments.items() if key != "self"})
            answer = self.answers[name]
            if isinstance(answer, Exception):
                raise answer
            result = answer(**self.given) if inspect.isfunction(answer) else answer
            return await result if inspect.isawaitable(result) else result

        return method

    def _schemes(self) -> dict[str, Any]:
        verifiers: Any = self.package.module("security").Verifiers
        kinds: dict[str, Callable[[], Any]] = {
            "TokenVerifier": lambda: SecretVerifier(CALLERS),
            "BasicVerifier": lambda: PasswordVerifier(CALLERS),
            "HttpVerifier": lambda: DigestVerifier(CALLERS),
            "CertificateVerifier": lambda: CertificateVerifier(CALLERS, self.certificate_header),
        }
        hints = verifiers.__annotations__.items()
        made = {name: kinds[str(hint).partition("[")[0]]() for name, hint in hints}
        schemes: dict[str, Any] = verifiers(**made).schemes()
        return schemes
