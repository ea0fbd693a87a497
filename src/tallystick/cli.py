"""`tally`: the command line. Each command is a module of `tallystick.commands`, imported when it is called."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

COMMANDS = {
    "lint": "tallystick.commands.lint",
    "bundle": "tallystick.commands.bundle",
    "generate": "tallystick.commands.generate",
    "mock": "tallystick.commands.mock",
    "status": "tallystick.commands.status",
    "diff": "tallystick.commands.diff",
    "layers": "tallystick.commands.layers",
}


class LazyGroup(TyperGroup):
    """Imports only the command that is called: a run with nothing to do must not wait for the generator's parts."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        module = COMMANDS.get(cmd_name)
        return typer.main.get_command(import_module(module).app) if module else None


app = typer.Typer(cls=LazyGroup, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def tally() -> None:
    """A contract on one side, the running server on the other: they match, or the build fails.

    Exit codes: 0 all is well, 1 there are findings, 2 the command itself cannot be carried out.
    """


def main() -> None:
    # A contract is a million objects that all stay: looking for garbage among them costs a quarter of the time.
    gc.set_threshold(200_000, 20, 100)
    try:
        app(prog_name="tally")
    finally:
        _flush()


def _flush() -> None:
    """A reader that went away early, such as `head`, is no error."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
