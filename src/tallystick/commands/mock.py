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
    FormatOption,
    OverlayOption,
    RemoteOption,
    UsageProblem,
    contract_path,
    read_options,
    reported,
    working,
    write,
)
from tallystick.commands.mock_voice import Voice
from tallystick.config import read_config
from tallystick.mock.application import MockApplication, MockOptions, Workshop
from tallystick.mock.schemathesis import schemathesis_config
from tallystick.mock.server import Announcements, Exchange, Reloader, listen, serve
from tallystick.reporting import Format

app = typer.Typer(add_completion=False)


@app.command("mock")
def mock_command(
    contract: ContractArgument = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 4010,
    stateful: Annotated[bool, typer.Option("--stateful", help="Remember what was created and changed.")] = False,
    overlay: OverlayOption = None,
    allow_remote: RemoteOption = None,
    seed: Annotated[int, typer.Option(help="Made data and credentials follow from it.")] = 0,
    schemathesis: Annotated[
        Path | None,
        typer.Option("--schemathesis-config", metavar="FILE", help="Write a configuration to test the mock with."),
    ] = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """Serve a contract that nobody implemented yet: its examples, its errors, its security."""
    with reported(form):
        config = read_config()
        path = contract_path(contract, config)
        options = MockOptions(seed=seed, stateful=stateful, reading=read_options(path, config, overlay, allow_remote))
        base_url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        address = _listen(host, port, base_url)
        # A polite end also removes what was generated.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        workshop = Workshop()
        try:
            with working("generating"):
                first = workshop.make(path, options)
            voice = Voice(form, path, base_url)

            def changed(made: MockApplication) -> None:
                configure(made)
                voice.changed(made)

            def configure(made: MockApplication) -> None:
                if schemathesis is not None:
                    text = schemathesis_config(base_url + made.base_path, made.credentials, made.operations)
                    write(schemathesis, text)

            configure(first)
            voice.serving(first)
            exchange = Exchange(first.app)
            reloader = Reloader(workshop, path, options, exchange, Announcements(changed, voice.failed))
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
