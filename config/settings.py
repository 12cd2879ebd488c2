"""One TOML file and the environment, read whole: every mistake is told at once, with its place."""

from __future__ import annotations

import difflib
import os
import stat
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from config import schema
from config.consistency import inconsistencies
from config.errors import ConfigError, Problem

DEFAULT_PATH = Path("/etc/callengine/callengine.toml")
ENV_PREFIX = "CALLENGINE_"
PATH_VARIABLE = "CALLENGINE_CONFIG"


class Settings(BaseSettings):
    """All settings. Environment variables (`CALLENGINE_PBX__SECRET`) go before the file."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix=ENV_PREFIX,
        env_nested_delimiter="__",
        nested_model_default_partial_update=True,
    )

    centre: schema.Centre = Field(default_factory=schema.Centre)
    pbx: schema.Pbx = Field(default_factory=schema.Pbx)
    database: schema.Database = Field(default_factory=schema.Database)
    http: schema.Http = Field(default_factory=schema.Http)
    log: schema.Log = Field(default_factory=schema.Log)
    callbacks: schema.Callbacks = Field(default_factory=schema.Callbacks)
    rules: list[schema.Rules] = Field(default_factory=list)
    companies: list[schema.Company] = Field(min_length=1)
    queues: list[schema.Queue] = Field(min_length=1)
    lines: list[schema.Line] = Field(min_length=1)
    agents: list[schema.AgentSection] = Field(default_factory=list)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment before the file; the file's content comes in as the initial values."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


def settings_path(given: Path | None, environ: Mapping[str, str]) -> Path:
    """`--config`, else `$CALLENGINE_CONFIG`, else /etc/callengine/callengine.toml."""
    if given is not None:
        return given
    return Path(environ[PATH_VARIABLE]) if environ.get(PATH_VARIABLE) else DEFAULT_PATH


def load_settings(path: Path) -> Settings:
    """Read and check the settings, secrets included. Raises ConfigError with every mistake."""
    content = _read_toml(path)
    problems: list[Problem] = []
    settings: Settings | None = None
    try:
        settings = Settings(**content)
    except ValidationError as found:
        problems.extend(_problem_of(error) for error in found.errors(include_input=False, include_url=False))
    if settings is not None:
        problems.extend(inconsistencies(settings))
        settings = _with_secrets(settings, path, problems)
    if settings is None or problems:
        raise ConfigError(str(path), problems)
    return settings


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        hint = f"`callengine sample DIR` writes an example; --config or ${PATH_VARIABLE} names another"
        raise ConfigError(str(path), [Problem("file", "does not exist", hint)]) from None
    except OSError as problem:
        raise ConfigError(str(path), [Problem("file", f"cannot be read: {problem.strerror}")]) from None
    except UnicodeDecodeError:
        raise ConfigError(str(path), [Problem("file", "is not UTF-8", "save it as UTF-8")]) from None
    except tomllib.TOMLDecodeError as problem:
        raise ConfigError(str(path), [Problem("file", f"is not TOML: {problem}")]) from None


def _problem_of(error: ErrorDetails) -> Problem:
    place = _place(error["loc"])
    match error["type"]:
        case "extra_forbidden":
            key = str(error["loc"][-1])
            near = difflib.get_close_matches(key, _known_keys(error["loc"][:-1]), n=1)
            known = ", ".join(sorted(_known_keys(error["loc"][:-1])))
            return Problem(
                place, "unknown key", f"did you mean {near[0]!r}?" if near else f"known are: {known}"
            )
        case "missing":
            return Problem(place, "is missing")
        case "string_pattern_mismatch":
            pattern = error.get("ctx", {}).get("pattern", "")
            return Problem(
                place, "has a character or a length that is not allowed", f"it must match {pattern}"
            )
        case _:
            return Problem(place, error["msg"].removeprefix("Value error, "))


def _place(location: tuple[int | str, ...]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _known_keys(location: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] | None = Settings
    for part in location:
        if model is None or isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        model = None if field is None else next(_models_in(field.annotation), None)
    return [] if model is None else list(model.model_fields)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _with_secrets(settings: Settings, path: Path, problems: list[Problem]) -> Settings:
    """Fill secrets from their files; refuse one in a settings file that others can read."""
    secret = _secret(settings.pbx.secret, settings.pbx.secret_file, "pbx.secret_file", path, problems)
    password = _secret(
        settings.database.password, settings.database.password_file, "database.password_file", path, problems
    )
    if not secret.get_secret_value():
        right = "set pbx.secret_file, or CALLENGINE_PBX__SECRET in the environment"
        problems.append(Problem("pbx.secret", "no secret for the AMI user", right))
    written = _read_toml(path)
    holds_secret = written.get("pbx", {}).get("secret") or written.get("database", {}).get("password")
    if holds_secret and path.stat().st_mode & stat.S_IROTH:
        problems.append(Problem("file", "holds a secret and everybody may read it", f"chmod 600 {path.name}"))
    return settings.model_copy(
        update={
            "pbx": settings.pbx.model_copy(update={"secret": secret}),
            "database": settings.database.model_copy(update={"password": password}),
        }
    )


def _secret(
    given: SecretStr, file: Path | None, place: str, path: Path, problems: list[Problem]
) -> SecretStr:
    """From the value, else from the file: beside the settings file, or in systemd's credentials folder."""
    if given.get_secret_value() or file is None:
        return given
    folders = [Path(os.environ["CREDENTIALS_DIRECTORY"])] if os.environ.get("CREDENTIALS_DIRECTORY") else []
    for folder in (*folders, path.parent):
        try:
            return SecretStr((folder / file).read_text(encoding="utf-8").strip())
        except FileNotFoundError:
            continue
        except OSError as problem:
            problems.append(Problem(place, f"{file} cannot be read: {problem.strerror}"))
            return given
    problems.append(Problem(place, f"{file} does not exist"))
    return given
