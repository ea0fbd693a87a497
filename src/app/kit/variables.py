"""Settings from environment variables: a prefix per group, comma-separated lists, secrets also from files."""

import os
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, ClassVar, TypeVar, get_args, get_origin

from dotenv import dotenv_values
from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

PREFIX = "APP_"
FILE_SUFFIX = "_FILE"

GroupT = TypeVar("GroupT", bound="Group")


class SettingsError(Exception):
    """Settings cannot be used; `lines` names every variable at fault, what is wrong and what would do."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class Group(BaseSettings):
    """One concern's settings. Built from arguments alone; `load` is the only reader of the environment."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_ignore_empty=True, enable_decoding=False, hide_input_in_errors=True
    )
    prefix: ClassVar[str] = PREFIX

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable as people meet it, for messages and for the documented example file."""

    name: str
    field: FieldInfo
    is_secret: bool


def variables(group: type[Group]) -> Iterator[Variable]:
    """The variables of a group in the order of its fields; nested groups are not followed."""
    for name, field in group.model_fields.items():
        if not _is_group(field):
            yield Variable(group.prefix + name.upper(), field, _is_secret(field))


def load(group: type[GroupT], env_file: Path | None, problems: list[str]) -> GroupT | None:
    """Read one group; what cannot be used is added to `problems`, one line each, and None is returned."""
    try:
        values: dict[str, Any] = {}
        if env_file is not None:
            values |= _read(group, DotEnvSettingsSource(group, env_file=env_file, env_prefix=group.prefix))
        values |= _read(group, EnvSettingsSource(group, env_prefix=group.prefix))
        known = {name: _split(field, values[name]) for name, field in group.model_fields.items() if name in values}
        return group(**known)
    except SettingsError as error:
        problems.extend(error.lines)
    except ValidationError as error:
        problems.extend(_line(group, found["loc"], found["msg"]) for found in error.errors(include_url=False))
    return None


def unknown_variables(known: set[str], env_file: Path | None) -> list[str]:
    """Variables that begin with the prefix but mean nothing, each with what was probably meant."""
    found = {name for name in os.environ if name.startswith(PREFIX)}
    if env_file is not None and env_file.is_file():
        found |= {name for name in dotenv_values(env_file) if name.startswith(PREFIX)}
    return [_unknown(name, known) for name in sorted(found - known)]


def example(group: type[Group]) -> str:
    """A group as a part of `.env.example`: what it is about, then every variable, commented out."""
    title = [line.strip() for line in (group.__doc__ or "").splitlines() if line.strip()]
    lines = [f"# ---- {title[0]}", *(f"# {line}" for line in title[1:])]
    for variable in variables(group):
        description = variable.field.description or ""
        if variable.is_secret:
            description += f" A file instead: {variable.name}{FILE_SUFFIX}."
        lines += ["#", *textwrap.wrap(description, 108, initial_indent="# ", subsequent_indent="# ")]
        lines.append(f"#{variable.name}={_example_value(variable.field.default, variable.field.examples)}")
    return "\n".join(lines)


def _example_value(default: Any, examples: list[Any] | None) -> str:
    if default is None or default in ((), "") or isinstance(default, SecretStr):
        return str(examples[0]) if examples else ""
    return str(default).lower() if isinstance(default, bool) else str(default)


def _unknown(name: str, known: set[str]) -> str:
    close = get_close_matches(name, sorted(known), n=1)
    return f"{name} is not a setting" + (f"; did you mean {close[0]}?" if close else "; it is ignored.")


def _read(group: type[Group], source: EnvSettingsSource) -> dict[str, Any]:
    """What one source sets; a secret that it does not set itself may stand in the file that it names."""
    found = source()
    for name, field in group.model_fields.items():
        if name not in found and _is_secret(field):
            secret = _from_file(group.prefix + name.upper() + FILE_SUFFIX, source.env_vars)
            found |= {} if secret is None else {name: secret}
    return found


def _from_file(variable: str, values: Mapping[str, str | None]) -> str | None:
    path = values.get(variable.lower())
    if not path:
        return None
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise SettingsError([f"{variable}: cannot read {path}: {reason}."]) from error


def _split(field: FieldInfo, value: Any) -> Any:
    if get_origin(field.annotation) is tuple and isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _line(group: type[Group], location: tuple[int | str, ...], message: str) -> str:
    name = str(location[0]) if location else ""
    field = group.model_fields.get(name)
    variable = group.prefix + name.upper()
    text = message.removeprefix("Value error, ")
    example = f" Example: {variable}={field.examples[0]}" if field is not None and field.examples else ""
    return f"{variable}: {text[:1].lower() + text[1:]}.{example}"


def _is_secret(field: FieldInfo) -> bool:
    return SecretStr in (field.annotation, *get_args(field.annotation))


def _is_group(field: FieldInfo) -> bool:
    return isinstance(field.annotation, type) and issubclass(field.annotation, Group)
