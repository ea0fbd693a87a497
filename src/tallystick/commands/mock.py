"""`tally mock`."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from pathlib import Path
from typing import Annotated

import typer

from tallystick.commands.common import (
    ContractArgument,
    OverlayOption,
    UsageProblem,
    contract_path,
    read_options,
    reported,
)
from tallystick.config import read_config
from tallystick.mock.application import MockApplication, MockOptions, Workshop
from tallystick.mock.schemathesis import schemathesis_config
from tallystick.mock.server import Announcements, Exchange, Reloader, listen, serve
from tallystick.reporting import Format, report
from tallystick.reporting.formats import counts
from tallystick.spec.errors import ContractError

app = typer.Typer(add_completion=False)


@app.command("mock")
def mock_command(
    contract: ContractArgument = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 4010,
    stateful: Annotated[bool, typer.Option("--stateful", help="Remember what was created and changed.")] = False,
    overlay: OverlayOption = None,
    seed: Annotated[int, typer.Option(help="Made data and credentials follow from it.")] = 0,
    schemathesis: Annotated[
        Path | None,
        typer.Option("--schemathesis-config", metavar="FILE", help="Write a configuration to test the mock with."),
    ] = None,
) -> None:
    """Serve a contract that nobody implemented yet: its examples, its errors, its security."""
    with reported(Format.TEXT):
        config = read_config()
        path = contract_path(contract, config)
        options = MockOptions(seed=seed, stateful=stateful, reading=read_options(path, config, overlay))
        base_url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        address = _listen(host, port, base_url)
        # A polite end also removes what was generated.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        workshop = Workshop()
        try:
            first = workshop.make(path, options)
            if schemathesis is not None:
                text = schemathesis_config(base_url + first.base_path, first.credentials, first.operations)
                schemathesis.write_text(text, encoding="utf-8")
            _greet(first, path, base_url)
            exchange = Exchange(first.app)
            tell = Announcements(changed=lambda made: _say(f"{made.title}: changed, {len(made.operations)} operations"),
                                 failed=_complain)  # fmt: skip
            reloader = Reloader(workshop, path, options, exchange, tell)
            asyncio.run(serve(reloader, first, exchange, address))
        finally:
            workshop.close()
            address.close()


def _listen(host: str, port: int, base_url: str) -> socket.socket:
    try:
        return listen(host, port)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UsageProblem(f"cannot listen on {base_url} ({reason}); choose another port with --port") from error


def _greet(made: MockApplication, path: Path, base_url: str) -> None:
    where = base_url + made.base_path
    _say(f"{made.title} ({path}, {len(made.operations)} operations) on {where}, to read at {base_url}/docs")
    for one in made.credentials:
        _say(f"  {one.scheme}: {one.text}")


def _say(text: str) -> None:
    print(text, flush=True)


def _complain(error: Exception) -> None:
    """A broken edit, as `tally lint` would tell it."""
    if isinstance(error, ContractError):
        report(error.diagnostics, Format.TEXT, summary=counts(error.diagnostics), stream=sys.stderr)
    else:
        print(f"tally: {error}", file=sys.stderr)
    print("the contract as it was before this edit is still served", file=sys.stderr, flush=True)
