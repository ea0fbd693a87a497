"""Every setting of the server, by concern; `load_settings` reads them from the environment and `.env`."""

import ipaddress
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from app.kit.variables import FILE_SUFFIX, Group, SettingsError, example, load, unknown_variables, variables

ENV_FILE = Path(".env")

# Made up for development; outside of it the server refuses to start with them.
DEVELOPMENT_ADMIN_EMAIL = "admin@example.com"
DEVELOPMENT_ADMIN_PASSWORD = "development-only-password"
DEVELOPMENT_KEY_ID_PREFIX = "development-"

# Roughly the contract's pattern: what it would refuse to print must not become an account.
_EMAIL = re.compile(
    r"[A-Za-z0-9_%+-]+(\.[A-Za-z0-9_%+-]+){0,2}@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.){1,4}[A-Za-z]{2,24}"
)


class Environment(StrEnum):
    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise ValueError(f"'{text}' is not an address or network") from None


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query or parts.fragment:
        raise ValueError(f"'{text}' is not an origin (scheme://host[:port], no path)")
    return text.lower()


def _email(text: str) -> str:
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        raise ValueError(f"'{text}' is not an e-mail address with a full domain name")
    return text


def _root_path(text: str) -> str:
    if text and (not text.startswith("/") or text.endswith("/")):
        raise ValueError("must begin with a slash and not end with one")
    return text


def _database_url(value: Any) -> Any:
    """Take the URL as hosting services print it, and name the driver this server speaks."""
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if not isinstance(value, str):
        return value
    scheme, separator, rest = value.partition("://")
    if not separator or scheme not in ("postgres", "postgresql", "postgresql+asyncpg"):
        raise ValueError("must begin with postgresql://")
    return "postgresql+asyncpg://" + rest.replace("sslmode=", "ssl=")


class ServerSettings(Group):
    """Where and how it listens"""

    prefix: ClassVar[str] = "APP_"

    host: str = Field("127.0.0.1", description="Address to listen on.", examples=["0.0.0.0"])
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.", examples=["8000"])
    root_path: Annotated[str, AfterValidator(_root_path)] = Field(
        "", description="Path under which a proxy serves this server, cut from requests.", examples=["/shop"]
    )
    trusted_proxies: tuple[Annotated[str, AfterValidator(_network)], ...] = Field(
        (),
        description="Addresses or networks whose X-Forwarded-* headers are believed.",
        examples=["10.0.0.0/8"],
    )
    trusted_hosts: tuple[str, ...] = Field(
        (),
        description="Host names to answer to; *.example.com covers subdomains, * everything."
        " Default: loopback names in development when listening on loopback, else everything.",
        examples=["api.example.com"],
    )
    cors_origins: tuple[Annotated[str, AfterValidator(_origin)], ...] = Field(
        (),
        description="Origins whose pages may call this server from a browser.",
        examples=["https://example.com"],
    )
    grace_seconds: float = Field(
        10, ge=0, le=600, description="How long requests may take to finish after SIGTERM.", examples=["10"]
    )
    drain_seconds: float = Field(
        0,
        ge=0,
        le=600,
        description="How long to go on answering after SIGTERM with readiness off, so that balancers notice.",
        examples=["5"],
    )
    docs: bool | None = Field(
        None, description="Serve /docs and /reference. Default: not in production.", examples=["true"]
    )
    response_guard: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Share of answers checked against the contract. Default: 0 in production, else 1.",
        examples=["0.01"],
    )


class DatabaseSettings(Group):
    """PostgreSQL"""

    prefix: ClassVar[str] = "APP_DATABASE_"

    url: Annotated[SecretStr | None, BeforeValidator(_database_url)] = Field(
        None,
        description="Which PostgreSQL. Default: one of its own under APP_DATA_DIR; production needs the URL.",
        examples=["postgresql://user:password@host:5432/name"],
    )
    pool_size: int = Field(
        10, ge=1, le=500, description="Connections each process keeps to read, and as many to write.", examples=["10"]
    )
    pool_timeout_seconds: float = Field(
        5,
        gt=0,
        le=60,
        description="How long a request waits for a connection before it gets 503.",
        examples=["5"],
    )
    connect_timeout_seconds: float = Field(
        5, gt=0, le=60, description="How long opening a connection may take.", examples=["5"]
    )
    statement_timeout_seconds: float = Field(
        10, gt=0, le=3600, description="After how long PostgreSQL stops a statement.", examples=["10"]
    )
    lock_timeout_seconds: float = Field(
        5, gt=0, le=3600, description="How long a statement waits for a lock.", examples=["5"]
    )
    idle_in_transaction_timeout_seconds: float = Field(
        30,
        gt=0,
        le=3600,
        description="After how long PostgreSQL ends a transaction that does nothing.",
        examples=["30"],
    )


class AuthSettings(Group):
    """Tokens and passwords"""

    prefix: ClassVar[str] = "APP_AUTH_"

    issuer: str = Field(
        "tallystick",
        min_length=1,
        description="`iss` of the access tokens.",
        examples=["https://api.example.com"],
    )
    audience: str = Field(
        "tallystick-api", min_length=1, description="`aud` of the access tokens.", examples=["tallystick-api"]
    )
    private_keys: SecretStr | None = Field(
        None,
        description="Keys of access tokens: a JWK set (the first key signs, the others still verify), one JWK"
        " or one PEM; `app-admin generate-keys` makes one. Default: made on first run; production needs it.",
        examples=['{"keys": [...]}'],
    )
    access_token_seconds: int = Field(
        900, ge=30, le=86400, description="How long an access token is valid.", examples=["900"]
    )
    refresh_token_seconds: int = Field(
        30 * 86400,
        ge=60,
        le=366 * 86400,
        description="How long a session lives without being used.",
        examples=["2592000"],
    )
    argon2_memory_kib: int = Field(
        65536, ge=8, le=1048576, description="Memory of one password hash, in KiB.", examples=["65536"]
    )
    argon2_time_cost: int = Field(3, ge=1, le=20, description="Passes of one password hash.", examples=["3"])
    hash_concurrency: int = Field(2, ge=1, le=64, description="Password hashes at once in one process.", examples=["2"])


class AdminSettings(Group):
    """The first administrator

    In development it is created at start. Elsewhere `app-admin create-administrator` creates it, once.
    """

    prefix: ClassVar[str] = "APP_ADMIN_"

    email: Annotated[str, AfterValidator(_email)] = Field(
        DEVELOPMENT_ADMIN_EMAIL, description="Its e-mail address.", examples=[DEVELOPMENT_ADMIN_EMAIL]
    )
    password: SecretStr = Field(
        SecretStr(DEVELOPMENT_ADMIN_PASSWORD),
        min_length=1,
        max_length=128,
        description="Its password. Refused in production if it is the development one.",
        examples=["a long sentence of your own"],
    )


class LimitsSettings(Group):
    """Rate limits"""

    prefix: ClassVar[str] = "APP_LIMITS_"

    enabled: bool = Field(
        True,
        description="Carry out `x-rate-limit` of the contract; production cannot switch it off.",
        examples=["true"],
    )


class LogSettings(Group):
    """Log"""

    prefix: ClassVar[str] = "APP_LOG_"

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="debug, info, warning or error.", examples=["info"]
    )
    format: Literal["text", "json"] | None = Field(
        None, description="text or json. Default: json in production, else text.", examples=["json"]
    )


class GeneralSettings(Group):
    """General"""

    environment: Environment = Field(
        Environment.DEVELOPMENT, description="development, test or production.", examples=["production"]
    )
    data_dir: Path = Field(
        Path(".data"),
        description="Folder of the embedded database and the development keys.",
        examples=[".data"],
    )
    unimplemented: Literal["refuse", "501", "example"] = Field(
        "refuse",
        description="What an operation without a handler does: refuse (to start), 501 or example.",
        examples=["501"],
    )


class Settings(GeneralSettings):
    """All of them. Tests build it from arguments; a server uses `load_settings`."""

    server: ServerSettings = Field(default_factory=ServerSettings)
    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    auth: AuthSettings = Field(default_factory=AuthSettings)
    admin: AdminSettings = Field(default_factory=AdminSettings)
    limits: LimitsSettings = Field(default_factory=LimitsSettings)
    log: LogSettings = Field(default_factory=LogSettings)

    @property
    def is_production(self) -> bool:
        return self.environment is Environment.PRODUCTION

    @property
    def docs_enabled(self) -> bool:
        return not self.is_production if self.server.docs is None else self.server.docs

    @property
    def guard_share(self) -> float:
        """The share of answers to check against the contract, 0 to 1."""
        if self.server.response_guard is not None:
            return self.server.response_guard
        return 0.0 if self.is_production else 1.0

    @property
    def log_format(self) -> Literal["text", "json"]:
        return self.log.format or ("json" if self.is_production else "text")


GROUPS: dict[str, type[Group]] = {
    "server": ServerSettings,
    "database": DatabaseSettings,
    "auth": AuthSettings,
    "admin": AdminSettings,
    "limits": LimitsSettings,
    "log": LogSettings,
}
ALL_GROUPS: tuple[type[Group], ...] = (GeneralSettings, *GROUPS.values())


def load_settings(env_file: Path | None = ENV_FILE) -> Settings:
    """Read all settings; what is set in the environment wins over the file.

    Raises:
        SettingsError: one line for each variable that cannot be used.
    """
    problems: list[str] = []
    general = load(GeneralSettings, env_file, problems)
    groups = {name: load(group, env_file, problems) for name, group in GROUPS.items()}
    if problems or general is None:
        raise SettingsError(problems)
    settings = Settings.model_validate(general.model_dump() | groups)
    if settings.is_production and (refusals := production_refusals(settings)):
        raise SettingsError(refusals)
    return settings


def production_refusals(settings: Settings) -> list[str]:
    """What must be set, or must not be as in development, before real users may come."""
    keys = settings.auth.private_keys
    checks = {
        "APP_DATABASE_URL: production needs an explicit database, for example"
        " APP_DATABASE_URL=postgresql://user:password@host:5432/name": settings.database.url is None,
        "APP_AUTH_PRIVATE_KEYS: production needs explicit signing keys; `app-admin generate-keys` prints one"
        " to set (or to put into the file that APP_AUTH_PRIVATE_KEYS_FILE names)": keys is None,
        "APP_AUTH_PRIVATE_KEYS: this is a development key; make another with `app-admin generate-keys`": (
            keys is not None and f'"{DEVELOPMENT_KEY_ID_PREFIX}' in keys.get_secret_value()
        ),
        "APP_ADMIN_PASSWORD: this is the development password; choose another, or leave it unset": (
            "password" in settings.admin.model_fields_set
            and settings.admin.password.get_secret_value() == DEVELOPMENT_ADMIN_PASSWORD
        ),
        "APP_LIMITS_ENABLED: rate limits stay on in production; remove the setting": (not settings.limits.enabled),
    }
    return [line + "." for line, is_refused in checks.items() if is_refused]


def known_variables() -> set[str]:
    """The names of every variable that means something, files of secrets included."""
    known: set[str] = set()
    for group in ALL_GROUPS:
        for variable in variables(group):
            known.add(variable.name)
            if variable.is_secret:
                known.add(variable.name + FILE_SUFFIX)
    return known


def setting_warnings(env_file: Path | None = ENV_FILE) -> list[str]:
    """One line for each variable that looks like a setting and is none."""
    return unknown_variables(known_variables(), env_file)


def example_file() -> str:
    """The text of `.env.example`: every setting with its meaning, commented out at its default."""
    head = "# Copy to .env and uncomment what you change. What is set in the environment wins over the file."
    return "\n\n".join([head, *(example(group) for group in ALL_GROUPS)]) + "\n"
