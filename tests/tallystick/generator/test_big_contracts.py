"""Large contracts: models in several modules, imported and built when first needed, and judging all the same."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tallystick.generator.pipeline import generate
from tallystick.generator.request import GenerateRequest
from tests.support.big_contracts import Scale, big_contract
from tests.support.contracts import Package, Served, importable, make_package
from tests.support.verifiers import CALLERS

ID = "12345678-1234-4234-8234-123456789abc"
TOKEN = {"Authorization": f"Bearer {next(iter(CALLERS))}"}


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Package]:
    """Seventy schemas that reach each other among three hundred."""
    folder = tmp_path_factory.mktemp("large")
    contract = folder / "large.json"
    contract.write_text(json.dumps(big_contract(Scale(operations=60, schemas=120, tags=4, recursive=70))))
    with importable(folder):
        yield make_package(contract, folder / "large_in_test")


def schemas_of(package: Package) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(package.contract.read_text())["components"]["schemas"]
    return found


def in_circle(schemas: dict[str, Any], name: str) -> bool:
    return "next" in schemas[name].get("properties", {})


def chain(schemas: dict[str, Any], schema: dict[str, Any], depth: int, last: Any) -> Any:
    """A value that goes from schema to schema along the circle; in the innermost object the identifier is `last`."""
    schema = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if "anyOf" in schema:
        return chain(schemas, next(each for each in schema["anyOf"] if "$ref" in each), depth, last)
    if schema["type"] == "array":
        return [chain(schemas, schema["items"], depth, last)]
    if "properties" not in schema:
        return {"any": chain(schemas, schema["additionalProperties"], depth, last)}
    if depth == 0:
        return {"id": last}
    return {"id": ID, "next": chain(schemas, schema["properties"]["next"], depth - 1, last)}


def imported(package: Package) -> set[str]:
    return {name for name in sys.modules if name.startswith(f"{package.name}.models.")}


def test_nothing_is_imported_before_it_is_needed(package: Package) -> None:
    """A server that makes every class of a large contract at its start does not answer for seconds."""
    assert (package.root / "models" / "__init__.py").exists()
    package.serve().app  # noqa: B018 - the application is made when it is asked for
    assert not {name for name in imported(package) if not name.rpartition(".")[2].endswith(("_values", "values_2"))}
    assert package.models.Failure(code=1, message="m").code == 1
    assert imported(package)


def test_names_are_those_of_one_module(package: Package) -> None:
    """`from package.models import Name` has to work wherever a model stands, and nothing else."""
    assert "Failure" in dir(package.models)
    assert all(isinstance(getattr(package.models, name), object) for name in dir(package.models))
    with pytest.raises(AttributeError, match="has no attribute 'Nobody'"):
        package.models.Nobody  # noqa: B018 - the access is the test


async def test_the_first_request_of_every_operation_is_judged(package: Package) -> None:
    """What is built on first use has to refuse what the contract refuses, from the first request on."""
    paths = json.loads(package.contract.read_text())["paths"]
    bodies = {path: item["post"] for path, item in paths.items() if "post" in item}
    served = package.serve()
    for path in bodies:
        assert (await served.post(path, json={"id": "no identifier"}, headers=TOKEN)).status_code == 422, path
        assert (await served.post(path, json={"id": ID}, headers=TOKEN)).status_code == 501, path


async def test_a_circle_is_judged_to_its_end(package: Package) -> None:
    """Classes that reach each other are one validator for requests: places and values must not change by that."""
    schemas = schemas_of(package)
    assert sum(in_circle(schemas, name) for name in schemas) > 40
    paths = json.loads(package.contract.read_text())["paths"]
    bodies = {path: item["post"]["requestBody"]["content"] for path, item in paths.items() if "post" in item}
    found = {path: content["application/json"]["schema"] for path, content in bodies.items()}
    path, schema = next(pair for pair in found.items() if in_circle(schemas, pair[1]["$ref"].rpartition("/")[2]))
    served = package.serve()
    assert (await served.post(path, json=chain(schemas, schema, 40, ID), headers=TOKEN)).status_code == 501
    assert (await served.post(path, json=chain(schemas, schema, 40, 7), headers=TOKEN)).status_code == 422


async def test_all_is_prepared_at_the_start_or_soon_after(package: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first request of an operation has to be as fast as others, once a server has had time to prepare."""
    served = Served(package, {}, warm_up_seconds=0.001)
    assert served.app.routes
    for thread in [each for each in threading.enumerate() if each.name == "tallystick-warm-up"]:
        thread.join(60)
    schemas = schemas_of(package)
    assert all(getattr(package.models, name).__pydantic_complete__ for name in schemas if in_circle(schemas, name))

    def refuse(*_: object) -> None:
        raise AssertionError("a request had to wait for its validator")

    monkeypatch.setattr("tallystick.runtime.validation.JsonJudge", refuse)
    paths = json.loads(package.contract.read_text())["paths"]
    for path in [path for path, item in paths.items() if "post" in item]:
        assert (await served.post(path, json={"id": ID}, headers=TOKEN)).status_code == 501, path
        assert (await served.get(path, params={"limit": "5"}, headers=TOKEN)).status_code == 501, path


def test_the_same_text_every_time(tmp_path: Path, package: Package) -> None:
    """Large packages are committed too: the same contract has to give the same modules."""
    again = make_package(package.contract, tmp_path / package.name)
    for path in sorted((package.root / "models").glob("*.py")):
        assert path.read_text() == (again.root / "models" / path.name).read_text()


def test_what_a_recursive_type_names_is_imported_beside_it(tmp_path: Path) -> None:
    """Its names stand in quoted text, where ruff does not see them: an import that looks unused would be removed."""
    loop = {
        "type": "object",
        "additionalProperties": {"anyOf": [{"$ref": "#/components/schemas/Loop"}, {"type": "null"}]},
    }
    schemas: dict[str, Any] = {f"Plain{number}": {"type": "object"} for number in range(300)}
    schemas["Loop"] = {**loop, "not": {"required": ["a"]}}
    contract = tmp_path / "loop.json"
    document = {"openapi": "3.1.0", "info": {"title": "Loop", "version": "1"}, "paths": {}}
    contract.write_text(json.dumps({**document, "components": {"schemas": schemas}}))
    output = tmp_path / "loop_in_test"
    assert generate(GenerateRequest(contract, output, output.name)).models == 301, "the import of all is part of it"
