"""`tally lint`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tallystick.checks.lint import DEFAULT_RULES, RULES, Rulebook, lint, read_rulebook
from tallystick.commands.common import (
    FINDINGS,
    ContractArgument,
    FormatOption,
    OverlayOption,
    RemoteOption,
    VerboseOption,
    contract_path,
    is_own,
    read_options,
    reported,
    working,
)
from tallystick.config import Config, read_config
from tallystick.reporting import Format, report
from tallystick.reporting.formats import counts
from tallystick.spec.errors import Diagnostic, has_errors
from tallystick.spec.reading import AS_WRITTEN, ReadOptions, read_contract
from tallystick.spec.validate import validate

app = typer.Typer(add_completion=False)


@app.command("lint")
def lint_command(
    contract: ContractArgument = None,
    rules: Annotated[Path | None, typer.Option(help="House rules (default: those of the project).")] = None,
    overlay: OverlayOption = None,
    allow_remote: RemoteOption = None,
    form: FormatOption = Format.TEXT,
    verbose: VerboseOption = False,
) -> None:
    """Check a contract: valid OpenAPI, and the house rules."""
    with reported(form):
        config = read_config()
        path = contract_path(contract, config)
        with working("checking"):
            found = check(path, rulebook(path, config, rules), read_options(path, config, overlay, allow_remote))
        report(found, form, summary=f"{path}: {counts(found)}", facts={"contract": str(path)}, verbose=verbose)
    if has_errors(found):
        raise typer.Exit(FINDINGS)


def check(path: Path, rules: Rulebook, options: ReadOptions = AS_WRITTEN) -> list[Diagnostic]:
    """What is wrong with a contract; the house rules are asked once it is valid. Raises ContractError."""
    reading = read_contract(path, options)
    found = [*reading.warnings, *validate(reading.bundled)]
    return found if has_errors(found) else [*found, *lint(reading.bundled, rules)]


def rulebook(contract: Path, config: Config, given: Path | None = None) -> Rulebook:
    """The rules that were named, the project's for its own contract, else the few that hold for every contract."""
    if given is None and is_own(contract, config):
        given = config.rules
    return read_rulebook(given, RULES) if given else DEFAULT_RULES
