"""Secrets: from the environment or the settings, else from a file of their own; never shown."""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from config.errors import Problem
from config.settings import Settings

CREDENTIALS_VARIABLE = "CREDENTIALS_DIRECTORY"
"""Where systemd's LoadCredential= puts files (systemd.exec(5))."""
_KEYS = (("pbx", "secret"), ("database", "password"))


def with_secrets(
    settings: Settings, path: Path, environ: Mapping[str, str], found: list[Problem]
) -> Settings:
    """The settings with the secrets of secret_file and password_file in them; what is wrong goes to `found`."""
    pbx, database = settings.pbx, settings.database
    secret = _secret(pbx.secret, pbx.secret_file, "pbx.secret_file", path, environ, found)
    password = _secret(
        database.password, database.password_file, "database.password_file", path, environ, found
    )
    if not secret.get_secret_value():
        right = "set pbx.secret_file, or CALLENGINE_PBX__SECRET in the environment"
        found.append(Problem("pbx.secret", "no secret for the AMI user", right))
    return settings.model_copy(
        update={
            "pbx": pbx.model_copy(update={"secret": secret}),
            "database": database.model_copy(update={"password": password}),
        }
    )


def with_desk_secrets(
    settings: Settings, path: Path, environ: Mapping[str, str], found: list[Problem]
) -> Settings:
    """The settings as the desk's process holds them: its own passwords, none of the engine's secrets.

    A secret of AMI that stands in the settings themselves is a mistake: the desk would have read it.
    """
    desk = settings.desk
    if settings.pbx.secret.get_secret_value():
        right = "keep it in a file of its own, pbx.secret_file, which the desk is not handed"
        found.append(Problem("pbx.secret", "the desk must not hold the AMI user's secret", right))
    password = _secret(
        desk.database_password,
        desk.database_password_file,
        "desk.database_password_file",
        path,
        environ,
        found,
    )
    kept = desk.model_copy(update={"database_password": password})
    return _without_engine_secrets(settings).model_copy(update={"desk": kept})


def _without_engine_secrets(settings: Settings) -> Settings:
    none = {"secret": SecretStr(""), "secret_file": None}
    no_password = {"password": SecretStr(""), "password_file": None}
    return settings.model_copy(
        update={
            "pbx": settings.pbx.model_copy(update=none),
            "database": settings.database.model_copy(update=no_password),
        }
    )


def exposed_secret(content: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    """A secret written into a settings file that everybody may read."""
    tables = [(content.get(section), key) for section, key in _KEYS]
    holds_one = any(isinstance(table, Mapping) and table.get(key) for table, key in tables)
    if holds_one and _everybody_reads(path):
        yield Problem("file", "holds a secret and everybody may read it", f"chmod 600 {path.name}")


def exposed_secret_files(settings: Settings, path: Path, environ: Mapping[str, str]) -> Iterator[Problem]:
    """Files of secrets that everybody may read: a warning, for the engine can work."""
    files = (
        ("pbx.secret_file", settings.pbx.secret_file),
        ("database.password_file", settings.database.password_file),
    )
    for place, file in files:
        for candidate in () if file is None else _candidates(file, path, environ):
            if candidate.is_file():
                if _everybody_reads(candidate):
                    yield Problem(place, "everybody may read this file", f"chmod 600 {candidate.name}")
                break


def _secret(
    given: SecretStr,
    file: Path | None,
    place: str,
    path: Path,
    environ: Mapping[str, str],
    found: list[Problem],
) -> SecretStr:
    if given.get_secret_value() or file is None:
        return given
    for candidate in _candidates(file, path, environ):
        try:
            text = candidate.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            continue
        except OSError as problem:
            found.append(Problem(place, f"{file} cannot be read: {problem.strerror}", _handed_over(file)))
            return given
        except UnicodeDecodeError:
            found.append(Problem(place, f"{file} is not UTF-8", "one line of text and nothing else"))
            return given
        if not text or not text.isprintable():
            # A line end inside would be a second header of the AMI login.
            what = f"{file} is empty or holds more than one line"
            found.append(Problem(place, what, "one line of text and nothing else"))
            return given
        return SecretStr(text)
    looked = " nor in ".join(str(one.parent) for one in _candidates(file, path, environ))
    found.append(Problem(place, f"there is no {file.name} in {looked}", _handed_over(file)))
    return given


def _handed_over(file: Path) -> str:
    """What lets the service read a secret: root keeps it, systemd hands over a copy."""
    source = file if file.is_absolute() else Path("/etc/callengine") / file
    return f"`systemctl edit callengine`: [Service] LoadCredential={file.name}:{source} (docs/install.md)"


def _candidates(file: Path, path: Path, environ: Mapping[str, str]) -> list[Path]:
    """In systemd's credentials folder by its name, else beside the settings file; an absolute path is itself.

    The credentials go first also before an absolute path: that file is root's alone, as it should be, and systemd has
    handed over its copy.
    """
    credentials = environ.get(CREDENTIALS_VARIABLE)
    return [*([Path(credentials) / file.name] if credentials else []), path.parent / file]


def _everybody_reads(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IROTH)
