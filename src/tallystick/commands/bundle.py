"""`tally bundle`."""

from __future__ import annotations

import sys
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from tallystick.commands.common import (
    ContractArgument,
    OverlayOption,
    RemoteOption,
    contract_path,
    read_options,
    reported,
    working,
    write,
)
from tallystick.config import read_config
from tallystick.reporting import Format
from tallystick.spec.errors import ContractError
from tallystick.spec.grammar import walk
from tallystick.spec.nodes import Object
from tallystick.spec.reading import read_contract
from tallystick.spec.rules.references import check_containment
from tallystick.spec.serialise import to_json, to_yaml

app = typer.Typer(add_completion=False)


class Notation(StrEnum):
    JSON = "json"
    YAML = "yaml"


@app.command("bundle")
def bundle_command(
    contract: ContractArgument = None,
    normalised: Annotated[bool, typer.Option("--normalised", help="Give every inline schema its name.")] = False,
    overlay: OverlayOption = None,
    allow_remote: RemoteOption = None,
    output: Annotated[Path | None, typer.Option(help="Write to a file instead of the terminal.")] = None,
    form: Annotated[
        Notation | None, typer.Option("--format", help="(default: by the output's name, else yaml)")
    ] = None,
) -> None:
    """Print the contract as one document."""
    with reported(Format.TEXT, sys.stderr):
        config = read_config()
        path = contract_path(contract, config)
        with working("reading"):
            document = read_contract(path, read_options(path, config, overlay, allow_remote)).bundled
            if normalised:
                document = _normalised(document)
        if form is None:
            form = Notation.JSON if output and output.suffix == ".json" else Notation.YAML
        text = to_json(document) if form is Notation.JSON else to_yaml(document)
        if output:
            write(output, text)
        else:
            sys.stdout.write(text)


def _normalised(document: Object) -> Object:
    endless = list(check_containment(list(walk(document))))
    if endless:
        raise ContractError(endless)
    result = import_module("tallystick.spec.normalise").normalise(document)
    assert isinstance(result, Object)
    return result
