"""`app-admin`: what an operator does once, and what it says when that cannot be done."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from app.kit.keys import read_keys
from app.settings import DEVELOPMENT_ADMIN_PASSWORD
from tests.support.databases import TestServer
from tests.support.server import run, running

EMAIL = "root@example.com"
PASSWORD = "a sentence of their own"

pytestmark = pytest.mark.slow


@pytest.fixture
def production(postgres: TestServer, worker_id: str, private_keys: SecretStr) -> Iterator[dict[str, str]]:
    """Settings of a production server whose database was migrated."""
    with postgres.fresh(f"admin_{worker_id}") as url:
        yield {
            "APP_ENVIRONMENT": "production",
            "APP_DATABASE_URL": url,
            "APP_AUTH_PRIVATE_KEYS": private_keys.get_secret_value(),
            "APP_AUTH_ARGON2_MEMORY_KIB": "8",
            "APP_AUTH_ARGON2_TIME_COST": "1",
        }


def admin(folder: Path, settings: dict[str, str], *arguments: str, text: str = "") -> tuple[int, str]:
    """Exit code, and what was said: on standard output if it went well, else on standard error."""
    finished = run(folder, settings, "app.admin", *arguments, text=text)
    assert "Traceback" not in finished.stderr
    return finished.returncode, (finished.stderr if finished.returncode else finished.stdout).strip()


def test_the_first_administrator_of_production_signs_in(folder: Path, production: dict[str, str]) -> None:
    created = admin(folder, production, "create-administrator", "--email", EMAIL, "--password-file", "-", text=PASSWORD)
    assert created == (0, f"Created the administrator {EMAIL}.")
    again = admin(folder, production, "create-administrator", "--email", EMAIL, "--password-file", "-", text=PASSWORD)
    assert again[0] == 1
    assert "an account with this address already" in again[1]
    with running(folder, production) as server:
        form = {"grant_type": "password", "username": EMAIL, "password": PASSWORD}
        answer = httpx.post(f"{server.url}/api/v1/auth/token", data=form)
        assert answer.status_code == 200
        assert "users:write" in answer.json()["scope"]


def test_the_password_may_stand_in_a_file_or_in_settings(folder: Path, production: dict[str, str]) -> None:
    (folder / "password").write_text(PASSWORD + "\n")
    by_file = ("create-administrator", "--email", "a@example.com", "--password-file", str(folder / "password"))
    assert admin(folder, production, *by_file)[0] == 0
    settings = production | {"APP_ADMIN_EMAIL": "b@example.com", "APP_ADMIN_PASSWORD_FILE": str(folder / "password")}
    assert admin(folder, settings, "create-administrator") == (0, "Created the administrator b@example.com.")


@pytest.mark.parametrize(
    ("arguments", "text", "reason"),
    [
        ((), "", "No password"),
        (("--password-file", "-"), "short", "password: String should have at least 12"),
        (("--password-file", "-"), DEVELOPMENT_ADMIN_PASSWORD, "development password"),
        (("--password-file", "/nowhere"), "", "Cannot read /nowhere"),
    ],
)
def test_a_password_that_will_not_do_is_refused(
    folder: Path, production: dict[str, str], arguments: tuple[str, ...], text: str, reason: str
) -> None:
    code, said = admin(folder, production, "create-administrator", "--email", EMAIL, *arguments, text=text)
    assert code == 1
    assert reason in said


def test_an_address_that_the_contract_would_refuse_is_refused(folder: Path, production: dict[str, str]) -> None:
    code, said = admin(
        folder, production, "create-administrator", "--email", "nobody", "--password-file", "-", text=PASSWORD
    )
    assert code == 1
    assert "email: Input should be an e-mail address" in said


def test_a_database_without_tables_is_told_before_anything_else(
    folder: Path, production: dict[str, str], postgres: TestServer, worker_id: str
) -> None:
    with postgres.fresh(f"empty_{worker_id}", template="template0") as url:
        settings = production | {"APP_DATABASE_URL": url}
        code, said = admin(
            folder, settings, "create-administrator", "--email", EMAIL, "--password-file", "-", text=PASSWORD
        )
        assert code == 1
        assert "app-admin migrate" in said
        assert admin(folder, settings, "migrate")[0] == 0
        assert admin(folder, settings, "migrate", "--revision", "base")[0] == 0
        assert admin(folder, settings, "migrate", "--revision", "nonsense") == (
            1,
            "app-admin: There is no revision 'nonsense'.",
        )


def test_keys_that_it_makes_are_keys_that_the_server_reads(folder: Path) -> None:
    code, key = admin(folder, {}, "generate-keys")
    assert code == 0
    assert read_keys(key)[0].private is not None


def test_faulty_settings_end_it_with_one_line_each(folder: Path) -> None:
    code, said = admin(folder, {"APP_PORT": "x", "APP_LOG_LEVEL": "y"}, "migrate")
    assert code == 2
    assert len(said.splitlines()) == 2
