"""The embedded server: started once for everybody, stopped by the last, and clear about a folder it cannot use."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from app.kit.postgres import EmbeddedPostgres, EmbeddedPostgresError
from tests.support.server import environment

USE_FOR_A_WHILE = """
import sys
from pathlib import Path
from app.kit.postgres import EmbeddedPostgres
with EmbeddedPostgres(Path(sys.argv[1]), durable=False) as postgres:
    print(postgres.start(), flush=True)
    sys.stdin.read()
"""


def postmaster(folder: Path) -> int:
    return int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def other_process(folder: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", USE_FOR_A_WHILE, str(folder)]
    process = subprocess.Popen(command, env=environment(), stdin=-1, stdout=-1, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("postgresql+asyncpg://")
    return process


def test_it_serves_until_the_last_user_leaves(folder: Path) -> None:
    mine = EmbeddedPostgres(folder, durable=False)
    url = mine.start()
    assert "host=" in url
    process = postmaster(folder)
    other = other_process(folder)
    mine.stop()
    assert psutil.pid_exists(process), "stopped under the other's feet"
    other.communicate("")
    assert not (folder / "postgres" / "postmaster.pid").exists()


def test_a_user_that_was_killed_does_not_keep_it_running(folder: Path) -> None:
    other = other_process(folder)
    other.kill()
    other.communicate()
    with EmbeddedPostgres(folder, durable=False) as mine:
        mine.start()
    assert not (folder / "postgres" / "postmaster.pid").exists()


def test_it_starts_again_after_a_crash_though_its_number_was_taken_over(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as first:
        first.start()
        process = psutil.Process(postmaster(folder))
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    pid_file = folder / "postgres" / "postmaster.pid"
    pid_file.write_text("\n".join([str(os.getpid()), *pid_file.read_text().splitlines()[1:]]) + "\n")
    with EmbeddedPostgres(folder, durable=False) as second:
        second.start()
        assert postmaster(folder) != os.getpid()


@pytest.mark.parametrize("name", ["with space and 'quote", "x" * 120])
def test_any_folder_name_will_do(folder: Path, name: str) -> None:
    with EmbeddedPostgres(folder / name, durable=False) as postgres:
        postgres.start()
        sockets = (folder / name / "postgres" / "postmaster.pid").read_text().splitlines()[4]
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(f"{sockets}/.s.PGSQL.5432")


def test_an_interrupted_first_start_leaves_nothing_that_matters(folder: Path) -> None:
    (folder / "postgres.new").mkdir()
    (folder / "postgres.new" / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(folder, durable=False) as postgres:
        postgres.start()
    assert not (folder / "postgres.new").exists()


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"postgresql.conf": ""}, "neither empty nor a database"),
        ({"PG_VERSION": ""}, "half a database"),
        ({"PG_VERSION": "18\n"}, "half a database"),
        ({"PG_VERSION": "16\n"}, "made by PostgreSQL 16"),
    ],
)
def test_a_folder_that_is_no_database_is_refused_in_one_line(folder: Path, files: dict[str, str], reason: str) -> None:
    (folder / "postgres").mkdir()
    for name, text in files.items():
        (folder / "postgres" / name).write_text(text)
    line = refusal(folder)
    assert reason in line
    assert "APP_DATA_DIR" in line


def test_a_damaged_database_is_refused_with_what_postgresql_says(folder: Path) -> None:
    with EmbeddedPostgres(folder, durable=False) as postgres:
        postgres.start()
    (folder / "postgres" / "pg_wal").rename(folder / "elsewhere")
    assert "pg_wal" in refusal(folder)


def test_a_file_in_place_of_the_folder_is_refused(folder: Path) -> None:
    (folder / "data").touch()
    assert "APP_DATA_DIR" in refusal(folder / "data")


def test_a_folder_that_may_not_be_written_to_is_refused(folder: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    folder.chmod(0o500)
    assert "Permission denied" in refusal(folder / "data")


def refusal(folder: Path) -> str:
    with pytest.raises(EmbeddedPostgresError) as caught:
        EmbeddedPostgres(folder, durable=False).start()
    text = str(caught.value)
    assert "\n" not in text
    return text
