"""`tally diff`."""

from __future__ import annotations

import sys
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tallystick.checks.diff.catalogue import RULES
from tallystick.checks.diff.changes import Change, Level
from tallystick.checks.diff.compare import Comparison, compare
from tallystick.checks.diff.ignoring import read_ignores, sift
from tallystick.checks.diff.release import check_changelog, check_version
from tallystick.checks.diff.revisions import Named, Project, RevisionProblem, read
from tallystick.commands.common import (
    FINDINGS,
    RemoteOption,
    UsageProblem,
    contract_path,
    read_options,
    reported,
    write,
)
from tallystick.config import Config, read_config
from tallystick.reporting import Format
from tallystick.reporting.differences import Difference, DiffFormat, render
from tallystick.spec.errors import ContractError, Diagnostic, has_errors
from tallystick.spec.loader import display_name
from tallystick.spec.rules.version import check_version as check_openapi_version
from tallystick.spec.validate import validate

app = typer.Typer(add_completion=False)

_CHANGELOG = "CHANGELOG.md"


class FailOn(StrEnum):
    BREAKING = "breaking"
    DANGEROUS = "dangerous"
    ANY = "any"
    NONE = "none"


_FAILING = {
    FailOn.BREAKING: {Level.BREAKING},
    FailOn.DANGEROUS: {Level.BREAKING, Level.DANGEROUS},
    FailOn.ANY: set(Level),
    FailOn.NONE: set[Level](),
}

_ERRORS = {DiffFormat.JSON: Format.JSON, DiffFormat.GITHUB: Format.GITHUB, DiffFormat.SARIF: Format.SARIF}
"""How to tell that there is nothing to compare."""


@app.command("diff")
def diff_command(
    old: Annotated[str, typer.Argument(metavar="OLD", help="File, REVISION:PATH, or a revision of the contract.")] = "",
    new: Annotated[str, typer.Argument(metavar="[NEW]", help="The same (default: the contract of the project).")] = "",
    form: Annotated[DiffFormat, typer.Option("--format", help="How to report.")] = DiffFormat.TEXT,
    fail_on: Annotated[
        FailOn | None, typer.Option(help="What is worth exit code 1 (default: breaking; none with --release).")
    ] = None,
    ignore: Annotated[Path | None, typer.Option(help="Changes that were agreed on, with reasons.")] = None,
    release: Annotated[
        bool,
        typer.Option("--release", help="The version has to move as the changes demand, and the changelog to tell."),
    ] = False,
    changelog: Annotated[Path | None, typer.Option(help=f"(default: {_CHANGELOG} beside the contract)")] = None,
    allow_remote: RemoteOption = None,
    output: Annotated[Path | None, typer.Option(help="Write to a file instead of the terminal.")] = None,
    rules: Annotated[bool, typer.Option("--rules", help="List the rules and end.")] = False,
) -> None:
    """Tell what changed between two contracts, and whom it breaks."""
    if rules:
        sys.stdout.writelines(f"{rule.level:9}  {rule.id}: {rule.why}\n" for rule in RULES.values())
        return
    errors = _ERRORS.get(form, Format.TEXT)
    with reported(errors, sys.stderr if errors is Format.TEXT else None):
        if not old:
            raise UsageProblem("name the old contract: a file, or a git revision such as main")
        before, after, after_path = _read(old, new, read_config(), allow_remote)
        ignores = read_ignores(ignore) if ignore else []
        found = _compare(before, after)
        sifted = sift(found.changes, ignores, found.names)
        problems = list(sifted.problems)
        if release:
            problems += _release_problems(sifted.changes, found, after, changelog or after_path.with_name(_CHANGELOG))
        difference = Difference(
            before.name, after.name, sifted.changes, found.names, sifted.ignored, tuple(problems), found.new_version
        )
        text = render(difference, form)
        if output:
            write(output, text)
            print(f"{before.name} -> {after.name}: {difference.counts()}")
        else:
            sys.stdout.write(text)
    failing = _FAILING[fail_on or (FailOn.NONE if release else FailOn.BREAKING)]
    if has_errors(problems) or any(each.level in failing for each in sifted.changes):
        raise typer.Exit(FINDINGS)


def _read(old: str, new: str, config: Config, remote: list[str] | None) -> tuple[Named, Named, Path]:
    options = [read_options(each, config, None, remote) for each in (config.contract or Path(), Path())]
    project = Project(config.contract, *options)
    try:
        before = read(old, project)
        after = read(new or str(contract_path(None, config)), project)
    except RevisionProblem as problem:
        raise UsageProblem(str(problem)) from problem
    for each in (before, after):
        wrong = list(check_openapi_version(each.document))
        if wrong:
            raise ContractError([replace(one, position=each.shown(one.position)) for one in wrong])
    return before, after, Path(after.name.rpartition(":")[2])


def _compare(before: Named, after: Named) -> Comparison:
    try:
        found = compare(before.document, after.document)
    except (AttributeError, KeyError, TypeError, ValueError):
        # Only a contract that is no OpenAPI can do that, and then there is more to say than a traceback does.
        wrong = [
            replace(one, position=each.shown(one.position))
            for each in (before, after)
            for one in validate(each.document)
        ]
        if has_errors(wrong):
            raise ContractError(wrong) from None
        raise
    changes = (replace(each, old=before.shown(each.old), new=after.shown(each.new)) for each in found.changes)
    return replace(found, changes=tuple(changes))


def _release_problems(changes: tuple[Change, ...], found: Comparison, after: Named, path: Path) -> list[Diagnostic]:
    if not changes and found.old_version == found.new_version:
        return []
    wrong = list(check_version(changes, found.old_version, found.new_version, after.document))
    return [*wrong, *check_changelog(path, found.new_version, display_name(path))]
