"""`callengine desk`: the process that serves people's browsers, beside the engine."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from callengine.cli.options import config_option, fail, settings_or_fail
from callengine.desk.process import serve
from callengine.platform.clock import SystemClock
from callengine.platform.logs import configure_logging


@click.command()
@config_option
def desk(config: Path | None) -> None:
    """Run the desk until SIGTERM or Ctrl-C: it follows the engine's calls; no call ever waits for it."""
    settings = settings_or_fail(config, of_desk=True)
    configure_logging(level=settings.log.level, as_json=settings.log.format == "json", now=SystemClock().now)
    try:
        asyncio.run(serve(settings))
    except OSError as problem:
        fail(str(problem))
