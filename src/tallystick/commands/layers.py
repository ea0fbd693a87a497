"""`tally layers`."""

from __future__ import annotations

import typer

from tallystick.checks.layers import LayerTableError, check_layers
from tallystick.commands.common import FINDINGS, FormatOption, UsageProblem, reported
from tallystick.config import read_config
from tallystick.reporting import Format, report
from tallystick.reporting.formats import counts
from tallystick.spec.errors import ContractError, Diagnostic, Position, has_errors

app = typer.Typer(add_completion=False)


@app.command("layers")
def layers_command(form: FormatOption = Format.TEXT) -> None:
    """Check who imports whom, and how large modules and functions are."""
    with reported(form):
        try:
            found = check_layers(read_config().root)
        except LayerTableError as error:
            raise UsageProblem(str(error)) from error
        except SyntaxError as error:
            where = Position(error.filename or "", error.lineno or 1, error.offset or 1)
            raise ContractError([Diagnostic("syntax", error.msg, where, hint="correct the Python syntax")]) from error
        report(found, form, summary=f"layers: {counts(found)}")
    if has_errors(found):
        raise typer.Exit(FINDINGS)
