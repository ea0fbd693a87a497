"""`tally generate`."""

from __future__ import annotations

import keyword
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tallystick.checks.lint import lint
from tallystick.commands.common import (
    FINDINGS,
    ContractArgument,
    FormatOption,
    OverlayOption,
    RemoteOption,
    UsageProblem,
    VerboseOption,
    contract_path,
    is_own,
    read_options,
    relative,
    reported,
    working,
)
from tallystick.commands.lint import rulebook
from tallystick.config import Config, read_config
from tallystick.generator.manifest import up_to_date
from tallystick.generator.request import GenerateRequest
from tallystick.reporting import Format, report
from tallystick.spec.errors import Diagnostic, Position
from tallystick.spec.nodes import Object

if TYPE_CHECKING:
    from tallystick.generator.pipeline import GenerateResult

app = typer.Typer(add_completion=False)


@app.command("generate")
def generate_command(
    contract: ContractArgument = None,
    output: Annotated[Path | None, typer.Option(help="Folder of the package (default: that of the project).")] = None,
    package: Annotated[str | None, typer.Option(help="Import name of the package (default: by its folder).")] = None,
    overlay: OverlayOption = None,
    allow_remote: RemoteOption = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if anything would change.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Generate even if nothing seems to have changed.")] = False,
    form: FormatOption = Format.TEXT,
    verbose: VerboseOption = False,
) -> None:
    """Write the models, handlers and routers that a contract describes."""
    with reported(form):
        config = read_config()
        path = contract_path(contract, config)
        request = _request(path, config, output, package, check=check, force=force)
        request = replace(request, reading=read_options(path, config, overlay, allow_remote))
        if not force and up_to_date(request.output, path.resolve().parent, request.options):
            report((), form, summary=f"{request.output} is up to date", facts={"unchanged": True})
            return
        result = _generate(request)
        drift = list(_drift(request, result)) if check else []
        found = [*result.warnings, *drift]
        report(found, form, summary=_summary(request, result), facts=_facts(result), verbose=verbose)
    if drift:
        raise typer.Exit(FINDINGS)


def _request(
    path: Path, config: Config, output: Path | None, package: str | None, *, check: bool, force: bool
) -> GenerateRequest:
    own = is_own(path, config)
    if output is None:
        if not own or config.output is None:
            raise UsageProblem("where to? Name a folder with --output")
        output = relative(config.output)
    if package is None:
        package = config.package if own else output.resolve().name
    if not _is_importable(package):
        raise UsageProblem(f"{package!r} is no name for a package; choose another one with --package")
    if output.exists() and not output.is_dir():
        raise UsageProblem(f"{output} is a file; name a folder with --output")

    def house_rules(bundled: Object) -> list[Diagnostic]:
        return lint(bundled, rulebook(path, config))

    headers = config.server_headers if own else frozenset()
    return GenerateRequest(path, output, package, headers, check=check, force=force, lint=house_rules)


def _is_importable(package: str) -> bool:
    """Whether a package of this name would be found: Python's own modules and ours come first."""
    parts = package.split(".")
    taken = parts[0] in sys.stdlib_module_names or parts[0] == "tallystick"
    return not taken and all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)


def _generate(request: GenerateRequest) -> GenerateResult:
    # Imported now: the generator's parts take a second, which a run with nothing to do saves.
    pipeline = import_module("tallystick.generator.pipeline")
    with working("generating") as tell:
        result: GenerateResult = pipeline.generate(replace(request, progress=tell))
    return result


def _drift(request: GenerateRequest, result: GenerateResult) -> Iterator[Diagnostic]:
    difference = result.difference
    reasons = {"is missing": difference.added, "is out of date": difference.changed, "is an orphan": difference.stale}
    for reason, names in reasons.items():
        for name in names:
            where = Position((request.output / name).as_posix(), 1, 1)
            yield Diagnostic("drift", f"{name} {reason}", where, hint="run `tally generate` and commit the result")


def _summary(request: GenerateRequest, result: GenerateResult) -> str:
    if result.unchanged:
        return f"{request.output} is up to date"
    difference = result.difference
    numbers = f"{len(difference.added)} added, {len(difference.changed)} changed, {len(difference.stale)} removed"
    verb = "would change" if request.check else "written"
    models = f"{result.models} models, {len(result.validated)} of them with a JSON Schema validator"
    return f"{request.output} {verb}: {numbers} ({result.operations} operations, {models}, {result.seconds:.1f} s)"


def _facts(result: GenerateResult) -> dict[str, object]:
    return {
        "unchanged": result.unchanged,
        "operations": result.operations,
        "models": result.models,
        "validated": list(result.validated),
        "seconds": round(result.seconds, 3),
        "added": list(result.difference.added),
        "changed": list(result.difference.changed),
        "removed": list(result.difference.stale),
    }
