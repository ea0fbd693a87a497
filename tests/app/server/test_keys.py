"""Signing keys: made once for development and readable by nobody else, and refused in one line."""

import json
import stat
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.kit.keys import read_keys
from app.kit.variables import SettingsError
from app.server.keys import generate_key, with_keys
from app.settings import DEVELOPMENT_KEY_ID_PREFIX, AuthSettings, Environment, Settings


def private_keys(settings: Settings) -> str:
    assert settings.auth.private_keys is not None
    return settings.auth.private_keys.get_secret_value()


def test_development_keys_are_made_once_and_kept(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    first, second = private_keys(with_keys(settings)), private_keys(with_keys(settings))
    assert first == second
    [path] = (tmp_path / "data").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_development_keys_can_be_told_from_real_ones(tmp_path: Path) -> None:
    keys = read_keys(private_keys(with_keys(Settings(data_dir=tmp_path))))
    assert keys[0].kid.startswith(DEVELOPMENT_KEY_ID_PREFIX)


def test_keys_of_the_settings_are_left_alone(tmp_path: Path) -> None:
    text = generate_key()
    settings = Settings(
        environment=Environment.PRODUCTION, data_dir=tmp_path / "data", auth=AuthSettings(private_keys=SecretStr(text))
    )
    assert private_keys(with_keys(settings)) == text
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("text", ["nonsense", "{}", '{"keys": []}', json.dumps({"kty": "RSA"})])
def test_keys_that_cannot_be_read_are_refused_by_name(tmp_path: Path, text: str) -> None:
    settings = Settings(data_dir=tmp_path, auth=AuthSettings(private_keys=SecretStr(text)))
    with pytest.raises(SettingsError) as caught:
        with_keys(settings)
    assert caught.value.lines[0].startswith("APP_AUTH_PRIVATE_KEYS: ")


def test_a_folder_that_cannot_hold_them_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="development-keys"):
        with_keys(Settings(data_dir=tmp_path / "file"))
