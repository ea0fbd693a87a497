"""Imports a generated package in a process of its own, before it is accepted."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tallystick.generator.sources import write_tree

_CODE = """
import importlib.util, sys
sys.path[:0] = [sys.argv[1], sys.argv[3]]
__import__(sys.argv[2] + ".registry")
__import__(sys.argv[2] + ".models")
__import__(sys.argv[2] + ".security")
if importlib.util.find_spec(sys.argv[2] + ".webhooks"):
    __import__(sys.argv[2] + ".webhooks")
for name in [n for n in sys.modules if n.startswith(sys.argv[2] + ".")]:
    module = sys.modules[name]
    if not (module.__file__ or "").startswith(sys.argv[1]):
        raise ImportError(f"{name} was imported from elsewhere")
models = sys.modules[sys.argv[2] + ".models"]
for model in [getattr(models, name) for name in dir(models)]:
    rebuild = getattr(model, "model_rebuild", None)
    if isinstance(model, type) and rebuild is not None:
        rebuild()
"""
# The run time that this generator belongs to, wherever another one may be installed.
_OURS = str(Path(__file__).parents[2])


class VerificationError(Exception):
    """The package cannot be imported; the message is the last line of the traceback."""


@contextmanager
def verification(sources: Mapping[str, str], package: str) -> Iterator[None]:
    """Import the package and build all its models while the block runs; its end waits for the outcome.

    Raises:
        VerificationError: what Python said.
    """
    with tempfile.TemporaryDirectory(prefix="tally-") as folder:
        write_tree(Path(folder, *package.split(".")), sources)
        command = [sys.executable, "-I", "-c", _CODE, folder, package, _OURS]
        with subprocess.Popen(  # noqa: S603 - this interpreter, on what was generated just now
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                yield
                _, errors = process.communicate()
            except BaseException:
                process.kill()
                raise
    if process.returncode != 0:
        lines = errors.strip().splitlines()
        raise VerificationError(lines[-1] if lines else f"exit code {process.returncode}")
