"""Models made from a contract in a test, ready to judge JSON."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from tallystick.generator.annotations import Annotator
from tallystick.generator.models import ModelSource, render_models
from tallystick.runtime import types
from tallystick.spec.bundle import bundle
from tallystick.spec.loader import load
from tallystick.spec.nodes import Object
from tallystick.spec.normalise import normalise


def contract(folder: Path, text: str) -> Path:
    """A file with a contract: all of it, or its `components` only."""
    head = "" if text.startswith("openapi:") else "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\n"
    path = folder / "contract.yaml"
    path.write_text(head + text, encoding="utf-8")
    return path


def normalised(folder: Path, text: str) -> Object:
    return normalise(bundle(load(contract(folder, text))))


def with_schemas(folder: Path, schemas: Mapping[str, Any]) -> Object:
    """The normalised document of component schemas."""
    return normalised(folder, "components: " + json.dumps({"schemas": schemas}, ensure_ascii=False))


class Models:
    """The executed models of a document."""

    def __init__(self, document: Object) -> None:
        self.made: ModelSource = render_models(document)
        self.module = ModuleType("generated_in_test")
        sys.modules[self.module.__name__] = self.module
        exec(self.made.source, vars(self.module))  # noqa: S102  # running what was generated is the test
        self._annotator = Annotator(document, self.made, self.module.__name__)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.module, name)

    def adapter(self, name: str) -> TypeAdapter[Any]:
        """What judges a component where it is used."""
        text = self._annotator.annotate({"$ref": f"#/components/schemas/{name}"}).text
        names = {"Annotated": Annotated, "Any": Any, "types": types, **vars(self.module)}
        kind = eval(text, names)  # noqa: S307  # as routers do
        return TypeAdapter(kind) if hasattr(kind, "model_config") else TypeAdapter(kind, config=ConfigDict(strict=True))

    def accepts(self, name: str, text: str) -> bool:
        try:
            self.adapter(name).validate_json(text)
        except ValidationError:
            return False
        return True

    def errors(self, name: str, text: str) -> list[tuple[str, tuple[int | str, ...]]]:
        """(code, place) of everything that is wrong with a JSON text."""
        try:
            self.adapter(name).validate_json(text)
        except ValidationError as error:
            return [(each["type"], each["loc"]) for each in error.errors()]
        return []
