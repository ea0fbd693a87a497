"""Compile requirements.lock (what a server installs) and requirements-dev.lock (everything) with uv.

`--upgrade` takes newer versions; without it the pins of the existing files are kept where they still fit. Paths and
registry hosts stay out of the files: a lock is the same wherever it is compiled.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPILE = ("pip", "compile", "--quiet", "--universal", "--generate-hashes", "--python-version", "3.11")
PLAIN = ("--no-header", "--annotation-style", "line", "pyproject.toml")
LOCKS = {
    "requirements.lock": (),
    "requirements-dev.lock": ("--all-extras", "--group", "dev", "--constraint", "requirements.lock"),
}


def main(arguments: list[str]) -> int:
    uv = Path(sys.executable).parent / "uv"
    for name, options in LOCKS.items():
        command = [str(uv), *COMPILE, *PLAIN, *options, "--output-file", name, *arguments]
        finished = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, env=os.environ, check=False)
        if finished.returncode:
            return finished.returncode
        print(f"compiled {name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
