"""`tally status`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tallystick.checks.status import (
    OperationStatus,
    RegistryError,
    model_count,
    operation_statuses,
    policies_of,
    served_below,
)
from tallystick.commands.common import FINDINGS, FormatOption, UsageProblem, reported
from tallystick.config import read_config
from tallystick.reporting import Format, report
from tallystick.spec.errors import Diagnostic

app = typer.Typer(add_completion=False)

_STYLES = {"implemented": "green", "missing": "red", "mistyped": "yellow"}


@app.command("status")
def status_command(
    registry: Annotated[
        str | None, typer.Option(help="Where the handlers are, as module:attribute (default: from pyproject.toml).")
    ] = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """Show which operations are implemented, and which are missing."""
    with reported(form):
        config = read_config()
        where = registry or config.registry
        if where is None:
            raise UsageProblem("no registry: name one with --registry, or set it under [tool.tallystick]")
        if str(config.root) not in sys.path:
            sys.path.insert(0, str(config.root))
        try:
            statuses = operation_statuses(where)
            servers = served_below(where)
            count = model_count(where)
        except RegistryError as error:
            raise UsageProblem(str(error)) from error
        unfinished = [each for each in statuses if each.state != "implemented"]
        if form is Format.TEXT:
            _print(statuses, servers)
        done = f"{len(statuses) - len(unfinished)} of {len(statuses)} operations are implemented"
        done += f"; {count}" if count and count.models else ""
        models = {"count": count.models, "validated": list(count.validated)} if count else None
        report(
            [_diagnostic(each) for each in unfinished if form is not Format.TEXT],
            form,
            summary=done,
            facts={"operations": [_facts(each) for each in statuses], "servers": servers, "models": models},
        )
    if unfinished:
        raise typer.Exit(FINDINGS)


def _print(statuses: list[OperationStatus], servers: list[str]) -> None:
    if servers and servers != ["/ (/)"]:
        print("served below:", "; ".join(servers))
    table = Table("operation", "method", "path", "state", "handler", "policies", box=None, pad_edge=False)
    for each in statuses:
        operation = each.operation
        state = f"[{_STYLES[each.state]}]{each.state}[/]"
        table.add_row(
            operation.id,
            operation.method,
            operation.path,
            state,
            each.reason or each.handler,
            ", ".join(policies_of(operation)),
        )
    Console(file=sys.stdout, highlight=False, width=None if sys.stdout.isatty() else 200).print(table)


def _diagnostic(each: OperationStatus) -> Diagnostic:
    message = f"{each.operation.id} is {each.state}" + (f": {each.reason}" if each.reason else "")
    return Diagnostic(f"operation-{each.state}", message, hint=f"write {each.handler}")


def _facts(each: OperationStatus) -> dict[str, object]:
    operation = each.operation
    return {
        "id": operation.id,
        "method": operation.method,
        "path": operation.path,
        "state": each.state,
        "handler": each.handler,
        "reason": each.reason,
        "policies": policies_of(operation),
    }
