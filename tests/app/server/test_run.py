"""The server as a process: it starts or says why not in one line, answers, drains, and leaves nothing behind."""

import re
import signal
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

import httpx
import pytest
from pydantic import SecretStr

from app.settings import DEVELOPMENT_ADMIN_EMAIL, DEVELOPMENT_ADMIN_PASSWORD
from tests.support.databases import TestServer
from tests.support.server import RunningServer, run, running

pytestmark = pytest.mark.slow


@pytest.fixture
def settings_of_a_server(postgres: TestServer, worker_id: str, private_keys: SecretStr) -> Iterator[dict[str, str]]:
    """A database for one server, empty: it migrates itself."""
    with postgres.fresh(f"run_{worker_id}", template="template0") as url:
        yield {
            "APP_DATABASE_URL": url,
            "APP_AUTH_PRIVATE_KEYS": private_keys.get_secret_value(),
            "APP_AUTH_ARGON2_MEMORY_KIB": "8",
            "APP_AUTH_ARGON2_TIME_COST": "1",
        }


def login(url: str, password: str = DEVELOPMENT_ADMIN_PASSWORD) -> int:
    form = {"grant_type": "password", "username": DEVELOPMENT_ADMIN_EMAIL, "password": password}
    return httpx.post(f"{url}/api/v1/auth/token", data=form).status_code


def refusal(folder: Path, code: int, settings: Mapping[str, str]) -> list[str]:
    """What a server that does not start says."""
    finished = run(folder, settings, "app.server.run")
    assert finished.returncode == code, finished.stderr
    assert "Traceback" not in finished.stdout + finished.stderr
    return finished.stderr.splitlines()


def rest_of(server: RunningServer) -> str:
    """What a server that has ended still said."""
    found: list[str] = []
    while not server.lines.empty():
        found.append(server.lines.get())
    return "\n".join(found)


def test_with_nothing_but_a_folder_it_serves_keeps_its_data_and_stops_cleanly(folder: Path) -> None:
    """The promise of `make run`: embedded database, keys, administrator, and all of it found again."""
    settings = {"APP_DATA_DIR": str(folder / "data")}
    with running(folder, settings) as server:
        assert httpx.get(f"{server.url}/health/ready").json()["status"] == "ready"
        assert login(server.url) == 200
        assert server.stop(signal.SIGTERM) == 0
        assert "Traceback" not in rest_of(server)
    assert not (folder / "data" / "postgres" / "postmaster.pid").exists(), "the database was left running"
    keys = (folder / "data" / "development-keys.json").read_text()
    with running(folder, settings | {"APP_ADMIN_PASSWORD": "another since"}) as server:
        assert login(server.url) == 200
        assert "with the password it was given since" in " ".join(server.lines.get(timeout=5) for _ in range(2))
        assert server.stop(signal.SIGINT) == 130
        assert "Traceback" not in rest_of(server)
    assert (folder / "data" / "development-keys.json").read_text() == keys
    assert not (folder / "data" / "postgres" / "postmaster.pid").exists()


def test_an_administrator_of_ones_own_signs_in(folder: Path, settings_of_a_server: dict[str, str]) -> None:
    settings = settings_of_a_server | {"APP_ADMIN_EMAIL": "me@example.com", "APP_ADMIN_PASSWORD": "short"}
    with running(folder, settings) as server:
        form = {"grant_type": "password", "username": "me@example.com", "password": "short"}
        assert httpx.post(f"{server.url}/api/v1/auth/token", data=form).status_code == 200


def test_a_taken_port_is_told_before_anything_is_started(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        [line] = refusal(folder, 1, {"APP_PORT": str(port), "APP_DATA_DIR": str(folder / "data")})
    assert f"Port {port} on 127.0.0.1 is taken" in line
    assert not (folder / "data").exists()


def test_a_database_that_is_not_there_is_told_without_its_password(folder: Path) -> None:
    [line] = refusal(folder, 1, {"APP_PORT": "0", "APP_DATABASE_URL": "postgresql://me:hunter2@127.0.0.1:1/shop"})
    assert "APP_DATABASE_URL" in line
    assert "hunter2" not in line


def test_a_half_initialised_folder_is_told_in_one_line(folder: Path) -> None:
    (folder / "data" / "postgres").mkdir(parents=True)
    (folder / "data" / "postgres" / "base").touch()
    [line] = refusal(folder, 1, {"APP_PORT": "0", "APP_DATA_DIR": str(folder / "data")})
    assert "neither empty nor a database" in line


def test_faulty_settings_are_all_told_at_once(folder: Path) -> None:
    lines = refusal(folder, 2, {"APP_PORT": "http", "APP_LOG_LEVEL": "loud"})
    assert [re.sub(r"^app: (\w+):.*", r"\1", line) for line in lines] == ["APP_PORT", "APP_LOG_LEVEL"]


def test_production_does_not_start_without_secrets(folder: Path) -> None:
    lines = refusal(folder, 2, {"APP_ENVIRONMENT": "production"})
    assert [line.split()[1] for line in lines] == ["APP_DATABASE_URL:", "APP_AUTH_PRIVATE_KEYS:"]


def test_production_waits_for_migrations_and_has_no_default_administrator(
    folder: Path, settings_of_a_server: dict[str, str]
) -> None:
    settings = settings_of_a_server | {"APP_ENVIRONMENT": "production", "APP_PORT": "0"}
    [line] = refusal(folder, 1, settings)
    assert "app-admin migrate" in line
    assert run(folder, settings, "app.admin", "migrate").returncode == 0
    with running(folder, settings) as server:
        assert login(server.url) == 400
        assert httpx.get(f"{server.url}/docs").status_code == 404


def test_a_misspelt_setting_is_pointed_out_but_does_not_stop_it(
    folder: Path, settings_of_a_server: dict[str, str]
) -> None:
    with running(folder, settings_of_a_server | {"APP_GRACE": "1"}) as server:
        assert server.stop() == 0
    # The warning came before the line with the address, which `running` has read.


def test_sigterm_turns_readiness_off_first_and_lets_requests_finish(
    folder: Path, settings_of_a_server: dict[str, str]
) -> None:
    with running(folder, settings_of_a_server | {"APP_DRAIN_SECONDS": "4"}) as server:
        with httpx.Client(base_url=server.url) as client:
            assert client.get("/health/ready").status_code == 200
            with _SlowLogin(server.port) as slow:
                server.process.send_signal(signal.SIGTERM)
                deadline = time.monotonic() + 3.5
                while (status := client.get("/health/ready").status_code) == 200 and time.monotonic() < deadline:
                    time.sleep(0.05)
                assert status == 503, "balancers were not told"
                assert client.get("/health/live").status_code == 200
                time.sleep(4.2)
                assert slow.finish().startswith(b"HTTP/1.1 200"), "a request in flight was cut off"
        assert server.process.wait(20) == 0


def test_a_request_that_outlives_the_grace_does_not_keep_the_server(
    folder: Path, settings_of_a_server: dict[str, str]
) -> None:
    with running(folder, settings_of_a_server | {"APP_GRACE_SECONDS": "1"}) as server, _SlowLogin(server.port):
        assert server.stop(timeout=20) == 0, "it waited for ever"


def test_root_path_and_trusted_proxies_work_in_the_real_server(
    folder: Path, settings_of_a_server: dict[str, str]
) -> None:
    settings = settings_of_a_server | {"APP_ROOT_PATH": "/shop", "APP_TRUSTED_PROXIES": "127.0.0.1"}
    with running(folder, settings | {"APP_LOG_FORMAT": "json"}) as server:
        base = server.url.removesuffix("/shop")
        forwarded = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https"}
        assert httpx.get(f"{base}/shop/health", headers=forwarded).status_code == 200
        assert httpx.get(f"{base}/health", headers=forwarded).status_code == 200
        assert httpx.get(f"{base}/shopping", headers=forwarded).status_code == 404
        server.stop()
        assert '"client":"203.0.113.7"' in rest_of(server)


class _SlowLogin:
    """A request whose last byte is not sent before `finish`."""

    def __init__(self, port: int) -> None:
        body = f"grant_type=password&username={DEVELOPMENT_ADMIN_EMAIL}&password={DEVELOPMENT_ADMIN_PASSWORD}".encode()
        head = (
            f"POST /api/v1/auth/token HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: {len(body)}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
        )
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.sendall(head.encode() + body[:-1])
        self._last = body[-1:]
        # The server has to have begun with it.
        time.sleep(0.3)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def finish(self) -> bytes:
        """Send the rest; what the server answers."""
        self._socket.sendall(self._last)
        self._socket.settimeout(20)
        return self._socket.recv(65536)


def test_two_servers_may_share_one_data_folder(folder: Path) -> None:
    settings = {"APP_DATA_DIR": str(folder / "data")}
    found: list[int] = []

    def second() -> None:
        with running(folder, settings) as server:
            found.append(login(server.url))

    with running(folder, settings) as first:
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(60)
        assert login(first.url) == 200
    assert found == [200]
    assert not (folder / "data" / "postgres" / "postmaster.pid").exists()
