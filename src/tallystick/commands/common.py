"""What the commands share: their options, and how whatever goes wrong is told."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tallystick.config import Config, ConfigError
from tallystick.reporting import Format, report
from tallystick.reporting.formats import counts
from tallystick.spec.errors import ContractError
from tallystick.spec.reading import ReadOptions
from tallystick.spec.remote import read_origin

FINDINGS, USAGE = 1, 2

ContractArgument = Annotated[
    Path | None,
    typer.Argument(metavar="CONTRACT", help="Entry file of the contract (default: from pyproject.toml)."),
]
OverlayOption = Annotated[
    list[Path] | None,
    typer.Option("--overlay", metavar="FILE", help="Apply an OpenAPI overlay; repeat it for several, in order."),
]
RemoteOption = Annotated[
    list[str] | None,
    typer.Option("--allow-remote", metavar="HOST", help="Fetch what references to this host name; repeat it."),
]
VerboseOption = Annotated[bool, typer.Option("--verbose", help="Show every note, also of one kind.")]
FormatOption = Annotated[Format, typer.Option("--format", help="How to report.")]


class UsageProblem(Exception):
    """The command cannot be carried out as called; the message says what to do."""


def contract_path(given: Path | None, config: Config) -> Path:
    """The contract that was named, or the project's own."""
    if given is not None:
        return given
    if config.contract is None:
        raise UsageProblem("no contract: name one, or set `contract` under [tool.tallystick] in pyproject.toml")
    return relative(config.contract)


def is_own(contract: Path, config: Config) -> bool:
    """Whether this is the contract of the project, for which its rules and folders are meant."""
    return config.contract is not None and contract.resolve() == config.contract.resolve()


def read_options(
    contract: Path, config: Config, overlays: Iterable[Path] | None, remote: Iterable[str] | None
) -> ReadOptions:
    """How a contract is read: the project's own with the overlays of the project first, and its hosts too."""
    own = is_own(contract, config)
    first = [relative(path) for path in config.overlays] if own else []
    origins = [(text, read_origin(text)) for text in (*(config.remote if own else ()), *(remote or ()))]
    wrong = next((text for text, origin in origins if origin is None or origin[0] not in ("https", "http")), None)
    if wrong is not None:
        raise UsageProblem(f"{wrong!r} is no host; write example.com, example.com:8443 or http://example.com")
    allowed = frozenset(origin for _, origin in origins if origin is not None)
    return ReadOptions((*first, *(overlays or ())), allowed)


@contextmanager
def working(text: str) -> Iterator[Callable[[str], None]]:
    """Shows on a terminal what work goes on, and how long each phase takes; gives what begins the next one.

    Elsewhere nothing is shown.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (SpinnerColumn(finished_text=" "), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as shown:

        def begin(phase: str) -> None:
            for task in shown.tasks:
                shown.update(task.id, total=1, completed=1)
            shown.add_task(phase, total=None)

        begin(text)
        yield begin


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all; what is no regular file, such as a pipe, gets the text as it comes."""
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    target = path.resolve()
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(target)
    except OSError as error:
        error.filename = str(path)
        raise
    finally:
        unfinished.unlink(missing_ok=True)


def relative(path: Path) -> Path:
    """As people would type it, from the working directory."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


@contextmanager
def reported(form: Format, stream: TextIO | None = None) -> Iterator[None]:
    """Turns what can go wrong into a report and an exit code; nobody but us should see a traceback."""
    try:
        yield
    except ContractError as error:
        report(error.diagnostics, form, summary=counts(error.diagnostics), stream=stream)
        # Without a place it is the file that was named, not something in it.
        is_usage = all(each.position is None for each in error.diagnostics)
        raise typer.Exit(USAGE if is_usage else FINDINGS) from error
    except (ConfigError, UsageProblem) as error:
        _complain(str(error))
        raise typer.Exit(USAGE) from error
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _complain(f"{where}{(error.strerror or str(error)).lower()}")
        raise typer.Exit(USAGE) from error
    except RecursionError as error:
        _complain("the contract is nested too deeply to be worked on")
        raise typer.Exit(FINDINGS) from error


def _complain(message: str) -> None:
    print(f"tally: {message}", file=sys.stderr)
