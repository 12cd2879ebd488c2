"""What the commands share: where the settings are, and how a command that cannot go on says so."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from config.errors import ConfigError
from config.loading import load_desk_settings, load_settings, settings_path
from config.settings import Settings

config_option = click.option(
    "--config",
    "config",
    type=click.Path(path_type=Path),
    help="The settings file; default: $CALLENGINE_CONFIG, else /etc/callengine/callengine.toml.",
)


def settings_or_fail(config: Path | None, *, of_desk: bool = False) -> Settings:
    """The settings, for the desk without secrets; every mistake in them is told, and the command ends."""
    try:
        return (load_desk_settings if of_desk else load_settings)(settings_path(config, os.environ))
    except ConfigError as problem:
        fail(str(problem))


def fail(text: str) -> NoReturn:
    """Say why on standard error; exit code 1."""
    click.echo(text, err=True)
    sys.exit(1)
