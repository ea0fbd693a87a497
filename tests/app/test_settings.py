"""Settings: read from the environment, refused in one line each, documented without gaps."""

from pathlib import Path

import pytest

from app.kit.variables import SettingsError
from app.settings import (
    DEVELOPMENT_ADMIN_PASSWORD,
    Environment,
    Settings,
    example_file,
    known_variables,
    load_settings,
    setting_warnings,
)

ROOT = Path(__file__).resolve().parents[2]
KEY = '{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "a", "d": "x"}]}'
PRODUCTION = {
    "APP_ENVIRONMENT": "production",
    "APP_DATABASE_URL": "postgresql://user:secret@db/shop",
    "APP_AUTH_PRIVATE_KEYS": KEY,
}


def load(monkeypatch: pytest.MonkeyPatch, values: dict[str, str], env_file: Path | None = None) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return load_settings(env_file)


def refusals(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(monkeypatch, values)
    return caught.value.lines


def test_without_any_setting_it_is_a_development_server_on_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, {})
    assert (settings.environment, settings.server.host, settings.server.port) == (
        Environment.DEVELOPMENT,
        "127.0.0.1",
        8000,
    )
    assert settings.docs_enabled
    assert settings.guard_share == 1
    assert settings.database.url is None


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"APP_TRUSTED_PROXIES": "10.0.0.0/8, ::1", "APP_CORS_ORIGINS": "https://A.example,http://localhost:3000"}
    server = load(monkeypatch, values).server
    assert server.trusted_proxies == ("10.0.0.0/8", "::1/128")
    assert server.cors_origins == ("https://a.example", "http://localhost:3000")


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_database_urls_are_taken_as_hosting_services_print_them(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    url = load(monkeypatch, {"APP_DATABASE_URL": f"{scheme}://u:p@h/d?sslmode=require"}).database.url
    assert url is not None
    assert url.get_secret_value() == "postgresql+asyncpg://u:p@h/d?ssl=require"


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("APP_PORT=9000\nAPP_HOST=0.0.0.0\n")
    server = load(monkeypatch, {"APP_PORT": "9001"}, file).server
    assert (server.host, server.port) == ("0.0.0.0", 9001)


def test_every_secret_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secrets = [name for name in known_variables() if name.endswith("_FILE")]
    assert {"APP_DATABASE_URL_FILE", "APP_AUTH_PRIVATE_KEYS_FILE", "APP_ADMIN_PASSWORD_FILE"} <= set(secrets)
    (tmp_path / "password").write_text("from a file\n")
    settings = load(monkeypatch, {"APP_ADMIN_PASSWORD_FILE": str(tmp_path / "password")})
    assert settings.admin.password.get_secret_value() == "from a file"


def test_a_variable_wins_over_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("from a file")
    values = {"APP_ADMIN_PASSWORD_FILE": str(tmp_path / "password"), "APP_ADMIN_PASSWORD": "from a variable"}
    assert load(monkeypatch, values).admin.password.get_secret_value() == "from a variable"


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load(monkeypatch, {"APP_PORT": "", "APP_DATABASE_URL": ""}).server.port == 8000


def test_every_faulty_variable_gets_a_line_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    faulty = {
        "APP_PORT": "eighty",
        "APP_TRUSTED_PROXIES": "10.0.0.0/8,nowhere",
        "APP_CORS_ORIGINS": "https://a.example/path",
        "APP_ROOT_PATH": "shop/",
        "APP_DATABASE_URL": "mysql://h/d",
        "APP_DATABASE_POOL_SIZE": "0",
        "APP_ADMIN_EMAIL": "nobody",
        "APP_LOG_LEVEL": "loud",
        "APP_ENVIRONMENT": "staging",
        "APP_AUTH_PRIVATE_KEYS_FILE": "/nowhere/keys",
    }
    lines = refusals(monkeypatch, faulty)
    assert sorted(line.partition(":")[0] for line in lines) == sorted(faulty)
    assert all("\n" not in line for line in lines)


def test_a_refusal_does_not_repeat_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = refusals(monkeypatch, {"APP_DATABASE_URL": "mysql://u:hunter2@h/d", "APP_ADMIN_PASSWORD": "hunter2" * 40})
    assert "hunter2" not in "".join(lines)


def test_production_starts_with_explicit_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load(monkeypatch, PRODUCTION)
    assert not settings.docs_enabled
    assert settings.guard_share == 0
    assert settings.log_format == "json"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"APP_DATABASE_URL": ""}, "APP_DATABASE_URL"),
        ({"APP_AUTH_PRIVATE_KEYS": ""}, "APP_AUTH_PRIVATE_KEYS"),
        ({"APP_AUTH_PRIVATE_KEYS": KEY.replace('"a"', '"development-1"')}, "APP_AUTH_PRIVATE_KEYS"),
        ({"APP_ADMIN_PASSWORD": DEVELOPMENT_ADMIN_PASSWORD}, "APP_ADMIN_PASSWORD"),
        ({"APP_LIMITS_ENABLED": "false"}, "APP_LIMITS_ENABLED"),
    ],
)
def test_production_refuses_what_is_for_development(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, str], named: str
) -> None:
    assert [line.partition(":")[0] for line in refusals(monkeypatch, PRODUCTION | change)] == [named]


def test_a_misspelt_variable_is_pointed_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("APP_DATABSE_URL=x\n")
    monkeypatch.setenv("APP_PROT", "1")
    warnings = setting_warnings(tmp_path / ".env")
    assert warnings == [
        "APP_DATABSE_URL is not a setting; did you mean APP_DATABASE_URL?",
        "APP_PROT is not a setting; did you mean APP_PORT?",
    ]


def test_the_example_file_is_the_one_in_the_repository() -> None:
    """`app-admin env-example > .env.example` repairs it."""
    assert (ROOT / ".env.example").read_text() == example_file()


def test_the_example_file_documents_every_setting() -> None:
    text = example_file()
    assert [name for name in known_variables() if name not in text] == []


def test_settings_print_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = repr(load(monkeypatch, PRODUCTION | {"APP_ADMIN_PASSWORD": "hunter2-hunter2"}))
    assert "secret@" not in shown
    assert "hunter2" not in shown
