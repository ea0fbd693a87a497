"""The signing keys of this process: from settings, or made once for development."""

import json
import os
import secrets
from pathlib import Path

from pydantic import SecretStr

from app.kit.keys import KeyFormatError, TokenKey, read_keys
from app.kit.variables import SettingsError
from app.settings import DEVELOPMENT_KEY_ID_PREFIX, Settings

VARIABLE = "APP_AUTH_PRIVATE_KEYS"


def generate_key(kid_prefix: str = "") -> str:
    """A new private key as one line of JSON, as the setting takes it."""
    return json.dumps({"keys": [TokenKey.generate(kid_prefix).private_jwk()]})


def with_keys(settings: Settings) -> Settings:
    """The same settings with keys that can be read; outside production made in the data folder if none are set.

    Raises:
        SettingsError: the keys cannot be read, or not be kept.
    """
    auth = settings.auth
    source = VARIABLE
    if auth.private_keys is None:
        path = settings.data_dir / "development-keys.json"
        source = str(path)
        auth = auth.model_copy(update={"private_keys": SecretStr(_read_or_make(path))})
    try:
        read_keys(auth.private_keys.get_secret_value() if auth.private_keys else "")
    except KeyFormatError as error:
        raise SettingsError([f"{source}: {error}. `app-admin generate-keys` prints what is wanted."]) from error
    return settings.model_copy(update={"auth": auth})


def _read_or_make(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        pass
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([f"Cannot read {path}: {error}. Delete it, and a new key is made."]) from error
    new = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.touch(mode=0o600)
        new.write_text(generate_key(DEVELOPMENT_KEY_ID_PREFIX), "utf-8")
        # Of several processes that come first at once one wins, and all go on with its key.
        try:
            os.link(new, path)
        except FileExistsError:
            pass
        finally:
            new.unlink()
        return path.read_text("utf-8")
    except OSError as error:
        raise SettingsError(
            [f"Cannot write {path}: {error.strerror}. Change its permissions, or set APP_DATA_DIR."]
        ) from error
