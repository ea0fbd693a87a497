"""`generate`: load, validate, lint, normalise, build, render, format, verify, compare, write."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from tallystick.generator.annotations import Annotator
from tallystick.generator.build import Builder, Options
from tallystick.generator.formatting import FormattingError, format_sources
from tallystick.generator.manifest import MANIFEST, ModelCount, build_manifest, input_digest, up_to_date, write_stamp
from tallystick.generator.models import ModelSource, render_models
from tallystick.generator.problems import Problems
from tallystick.generator.render import render_package
from tallystick.generator.request import GenerateRequest
from tallystick.generator.sequences import mark_events
from tallystick.generator.sources import Difference, apply, compare
from tallystick.generator.unserved import unserved
from tallystick.generator.uploads import mark_uploads
from tallystick.generator.verify import VerificationError, verification
from tallystick.spec.errors import ContractError, Diagnostic, Position, Severity, has_errors
from tallystick.spec.model import read
from tallystick.spec.nodes import Object
from tallystick.spec.normalise import invented, normalise
from tallystick.spec.reading import read_contract
from tallystick.spec.serialise import to_json, to_yaml
from tallystick.spec.validate import validate

__all__ = ["GenerateRequest", "GenerateResult", "generate"]


@dataclass(frozen=True)
class GenerateResult:
    """What happened: `unchanged` when there was nothing to do, else the difference (written unless checked)."""

    difference: Difference
    unchanged: bool
    operations: int = 0
    seconds: float = 0.0
    warnings: tuple[Diagnostic, ...] = field(default_factory=tuple)
    models: int = 0
    validated: tuple[str, ...] = ()
    """The models whose types do not say all that their schemas say: a JSON Schema validator judges those, too."""


@dataclass(frozen=True, slots=True)
class _Rendered:
    files: dict[str, str]
    operations: int
    warnings: tuple[Diagnostic, ...]
    models: ModelSource


def generate(request: GenerateRequest) -> GenerateResult:
    """Run the pipeline.

    Raises:
        ContractError: everything that is wrong with the contract, with positions.
        OSError: the output cannot be written; nothing was changed.
    """
    started = time.perf_counter()
    base = request.contract.resolve().parent
    nothing = Difference((), (), (), ())
    if not request.force and up_to_date(request.output, base, request.options):
        return GenerateResult(nothing, unchanged=True, seconds=time.perf_counter() - started)
    rendered = _render(request, base)
    difference = compare(request.output, rendered.files)
    if difference.foreign:
        raise ContractError(tuple(_foreign(request.output, name) for name in difference.foreign))
    if not difference.empty and not request.check:
        request.progress("writing")
        apply(request.output, rendered.files, difference)
    if difference.empty or not request.check:
        write_stamp(request.output)
    seconds = time.perf_counter() - started
    models, validated = len(rendered.models.names), tuple(sorted(rendered.models.checked))
    return GenerateResult(
        difference, difference.empty, rendered.operations, seconds, rendered.warnings, models, validated
    )


def _render(request: GenerateRequest, base: Path) -> _Rendered:
    """Every file of the package by relative path."""
    request.progress("reading the contract")
    reading = read_contract(request.contract, request.reading)
    bundled = reading.bundled
    request.progress("checking the contract")
    warnings = _check(bundled, request)
    request.progress("generating models")
    normalised = normalise(bundled)
    mark_uploads(normalised)
    mark_events(normalised)
    contract = read(normalised)
    problems = Problems(contract)
    models = render_models(contract.document, problems.schema_names(), request.package)
    warnings = (*reading.warnings, *warnings, *invented(bundled), *models.warnings, *unserved(bundled))
    annotator = Annotator(contract.document, models, request.package)
    options = Options(request.package, frozenset(name.lower() for name in request.server_headers))
    request.progress("generating operations")
    build = Builder(contract, annotator, options).build()
    files = _finished(render_package(build, models.files), bundled, request)
    digest = input_digest(reading.files, base, request.options)
    count = ModelCount(len(models.names), tuple(sorted(models.checked)))
    files[MANIFEST] = build_manifest(digest, files, reading.files, base, count)
    return _Rendered(files, len(contract.operations), warnings, models)


def _finished(sources: dict[str, str], bundled: Object, request: GenerateRequest) -> dict[str, str]:
    """Formatted, beside the documents; imported in a process of its own while those are written down."""
    try:
        request.progress("formatting")
        formatted = format_sources(sources)
        request.progress("importing what was generated")
        with verification(formatted, request.package) if request.verify else nullcontext():
            return {**formatted, "py.typed": "", "openapi.json": to_json(bundled), "openapi.yaml": to_yaml(bundled)}
    except (FormattingError, VerificationError) as error:
        raise ContractError((_unimportable(request.contract, error),)) from error


def _check(bundled: Object, request: GenerateRequest) -> tuple[Diagnostic, ...]:
    found = list(validate(bundled))
    if not has_errors(found) and request.lint is not None:
        found += request.lint(bundled)
    errors = tuple(one for one in found if one.severity is Severity.ERROR)
    if errors:
        raise ContractError(errors)
    return tuple(found)


def _foreign(output: Path, name: str) -> Diagnostic:
    return Diagnostic(
        rule="foreign-file",
        message="this file was not generated, but a generated one would take its place",
        position=Position(str(output / name), 1, 1),
        hint="move it elsewhere, or choose another output folder",
    )


def _unimportable(contract: Path, error: Exception) -> Diagnostic:
    return Diagnostic(
        rule="not-importable",
        message=f"what was generated cannot be imported: {error}",
        position=Position(str(contract), 1, 1),
        hint="this is a fault of the generator; please report it with the contract",
    )
