"""One TOML file and the environment, read whole: every mistake is told at once, with its place."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError

from config.consistency import inconsistencies
from config.credentials import exposed_secret, with_desk_secrets, with_secrets
from config.error_texts import explain, unknown_sections
from config.errors import ConfigError, Problem
from config.settings import ENV_PREFIX, Settings
from config.toml_lines import line_of, lines_of_places
from config.toml_mistakes import toml_mistake

DEFAULT_PATH = Path("/etc/callengine/callengine.toml")
PATH_VARIABLE = "CALLENGINE_CONFIG"


def settings_path(given: Path | None, environ: Mapping[str, str]) -> Path:
    """`--config`, else `$CALLENGINE_CONFIG`, else /etc/callengine/callengine.toml."""
    if given is not None:
        return given
    return Path(environ[PATH_VARIABLE]) if environ.get(PATH_VARIABLE) else DEFAULT_PATH


def load_settings(path: Path) -> Settings:
    """Read and check the settings, secrets included. Raises ConfigError with every mistake."""
    return _load(path, lambda settings, found: with_secrets(settings, path, os.environ, found))


def load_desk_settings(path: Path) -> Settings:
    """As `load_settings`, with the desk's own passwords only: it never holds the AMI user's. Raises ConfigError."""
    return _load(path, lambda settings, found: with_desk_secrets(settings, path, os.environ, found))


def _load(path: Path, finish: Callable[[Settings, list[Problem]], Settings]) -> Settings:
    text = _read(path)
    content = _parse(text, path)
    found = [*unknown_sections(os.environ, ENV_PREFIX, Settings), *exposed_secret(content, path)]
    settings = _validated(content, found)
    if settings is not None:
        settings = finish(settings, found)
    reported = {problem.place for problem in found}
    whole = content if settings is None else settings.model_dump()
    found.extend(problem for problem in inconsistencies(whole) if problem.place not in reported)
    if settings is None or found:
        places = lines_of_places(text)
        raise ConfigError(
            str(path), [replace(problem, line=line_of(problem.place, places)) for problem in found]
        )
    return settings


def _validated(content: dict[str, Any], found: list[Problem]) -> Settings | None:
    """The settings, or None with the schema's findings added to `found`."""
    try:
        return Settings(**content)
    except ValidationError as invalid:
        errors = invalid.errors(include_input=False, include_url=False)
        found.extend(explain(error, Settings) for error in errors)
    except SettingsError as unreadable:
        # Raised for a whole section in one variable (CALLENGINE_PBX='{…}'); its text names the section only.
        found.append(Problem("environment", str(unreadable), "set single keys: CALLENGINE_PBX__PORT=5038"))
    return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        hint = f"`callengine sample DIR` writes an example; --config or ${PATH_VARIABLE} names another"
        raise ConfigError(str(path), [Problem("file", "does not exist", hint)]) from None
    except PermissionError:
        hint = "run it as root; the service reads a copy that systemd hands over (docs/install.md)"
        raise ConfigError(str(path), [Problem("file", "may not be read", hint)]) from None
    except OSError as problem:
        hint = "it must be a file of settings: --config FILE"
        raise ConfigError(str(path), [Problem("file", f"cannot be read: {problem.strerror}", hint)]) from None
    except UnicodeDecodeError:
        raise ConfigError(str(path), [Problem("file", "is not UTF-8", "save it as UTF-8")]) from None


def _parse(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise ConfigError(str(path), [toml_mistake(text, problem)]) from None
